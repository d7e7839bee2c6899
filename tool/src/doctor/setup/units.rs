//! The files, out of `units.toml` and the settings.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// What both this and the NixOS module read.
const UNITS: &str = include_str!("units.toml");

/// What a set-up is told, checked.
pub struct Settings {
    /// The gateway's program.
    pub gateway: String,
    /// What it is linked with.
    pub gateway_libraries: BTreeSet<String>,
    /// The real sccache.
    pub sccache: String,
    /// What that is linked with.
    pub sccache_libraries: BTreeSet<String>,
    /// The group that alone may connect; nothing where everybody may.
    pub group: Option<String>,
    /// Whether builds only read.
    pub read_only: bool,
    /// The daemon's folder.
    pub directory: String,
    /// The cache's levels.
    pub levels: Vec<Level>,
    /// Whether one of them is beyond this machine.
    pub is_far: bool,
    /// A file that the daemon gets a copy of.
    pub s3_credentials: Option<String>,
    /// A file with further variables of the daemon's.
    pub environment_file: Option<String>,
    /// The plugin.
    pub plugin: Option<String>,
}

/// A level of the cache, with its settings.
pub struct Level {
    name: &'static str,
    settings: Vec<(&'static str, String)>,
}

impl Level {
    /// Without a setting, and so not there.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            settings: Vec::new(),
        }
    }

    /// With this setting, if it has a value.
    pub fn with(mut self, setting: &'static str, value: Option<String>) -> Self {
        self.settings.extend(value.map(|value| (setting, value)));
        self
    }

    fn get(&self, setting: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(name, _)| *name == setting);
        found.map(|(_, value)| value.as_str())
    }
}

/// The files, each with its path and its text.
pub fn files(settings: &Settings) -> Result<Vec<(&'static str, String)>, toml::de::Error> {
    let read: Table = UNITS.parse()?;
    Ok(vec![
        (
            "/etc/systemd/system/nix-sccache.socket",
            unit(&socket(&read, settings)),
        ),
        (
            "/etc/systemd/system/nix-sccache.service",
            unit(&gateway(&read, settings)),
        ),
        (
            "/etc/systemd/system/nix-sccache-daemon.service",
            unit(&daemon(&read, settings)),
        ),
        ("/etc/sysusers.d/nix-sccache.conf", users(&read)),
        (
            "/etc/tmpfiles.d/nix-sccache.conf",
            folders(&read, &settings.directory),
        ),
        (
            "/etc/nix/nix-sccache.conf",
            nix_conf(&read, settings.plugin.as_deref()),
        ),
    ])
}

fn socket(read: &Table, settings: &Settings) -> Table {
    let mut unit = table(read, "socket");
    let mut own = table(&unit, "Socket");
    let mode = if settings.group.is_some() {
        "0660"
    } else {
        "0666"
    };
    put(&mut own, "SocketMode", mode);
    if let Some(group) = &settings.group {
        put(&mut own, "SocketGroup", group.as_str());
    }
    put(&mut unit, "Socket", own);
    unit
}

fn gateway(read: &Table, settings: &Settings) -> Table {
    let mut unit = table(read, "gateway");
    let mut own = table(read, "confinement");
    own.extend(table(&unit, "Service"));
    let variables = table(&table(read, "daemon"), "Environment");
    let mut start = format!(
        "{} gateway --daemon {}",
        settings.gateway,
        text(&variables, "SCCACHE_SERVER_UDS")
    );
    if settings.read_only {
        start += " --read-only";
    }
    put(&mut own, "ExecStart", start);
    let paths = exec_paths(&settings.gateway, &settings.gateway_libraries);
    put(&mut own, "ExecPaths", paths);
    put(
        &mut own,
        "Environment",
        assignments(&table(&unit, "Environment")),
    );
    put(&mut unit, "Service", own);
    unit
}

fn daemon(read: &Table, settings: &Settings) -> Table {
    let mut unit = table(read, "daemon");
    let mut own = table(read, "confinement");
    own.extend(table(&unit, "Service"));
    if settings.is_far {
        let network = table(read, "network");
        own.extend(table(&network, "Service"));
        let mut description = table(&unit, "Unit");
        description.extend(table(&network, "Unit"));
        put(&mut unit, "Unit", description);
    }
    let mut description = table(&unit, "Unit");
    put(
        &mut description,
        "RequiresMountsFor",
        settings.directory.as_str(),
    );
    put(&mut unit, "Unit", description);
    put(&mut own, "ExecStart", settings.sccache.as_str());
    let paths = exec_paths(&settings.sccache, &settings.sccache_libraries);
    put(&mut own, "ExecPaths", paths);
    put(&mut own, "ReadWritePaths", settings.directory.as_str());

    let mut variables = table(&unit, "Environment");
    variables.extend(environment(read, &settings.levels));
    if let Some(file) = &settings.s3_credentials {
        put(&mut own, "LoadCredential", format!("s3:{file}"));
        put(&mut variables, "AWS_SHARED_CREDENTIALS_FILE", "%d/s3");
    }
    if let Some(file) = &settings.environment_file {
        put(&mut own, "EnvironmentFile", file.as_str());
    }
    put(&mut own, "Environment", assignments(&variables));
    put(&mut unit, "Service", own);
    unit
}

/// Variables as a unit has them: within quotes, as JSON has them.
fn assignments(variables: &Table) -> Vec<Value> {
    variables
        .iter()
        .map(|(name, value)| {
            let variable = format!("{name}={}", value.as_str().unwrap_or_default());
            Value::from(serde_json::Value::from(variable).to_string())
        })
        .collect()
}

/// The variables that tell the daemon of the levels that are there.
fn environment(read: &Table, levels: &[Level]) -> Table {
    let mut variables = Table::new();
    let mut chain = Vec::new();
    for known in read
        .get("levels")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
    {
        let name = text(known, "name");
        let settings: Vec<(&str, &str)> = known
            .get("settings")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_table)
            .map(|setting| (text(setting, "name"), text(setting, "variable")))
            .collect();
        let level = levels.iter().find(|level| level.name == name);
        let first = settings.first().map_or("", |(setting, _)| setting);
        let Some(level) = level.filter(|level| level.get(first).is_some()) else {
            continue;
        };
        chain.push(name);
        for (setting, variable) in settings {
            if let Some(value) = level.get(setting) {
                put(&mut variables, variable, value.replace('%', "%%"));
            }
        }
    }
    put(&mut variables, text(read, "chain"), chain.join(","));
    variables
}

/// The program, and what is mapped as code with it.
fn exec_paths(program: &str, libraries: &BTreeSet<String>) -> Vec<String> {
    let mut paths = vec![program.to_owned()];
    paths.extend(libraries.iter().cloned());
    paths
}

fn users(read: &Table) -> String {
    let group = text(read, "group");
    let users = table(read, "users");
    let lines = users.iter().map(|(name, description)| {
        // A value as TOML has it is quoted, as this is.
        format!("u {name} -:{group} {description}\n")
    });
    [format!("g {group} -\n")]
        .into_iter()
        .chain(lines)
        .collect()
}

fn folders(read: &Table, directory: &str) -> String {
    format!(
        "d {} 0755 root root -\nd {directory} 0700 sccache {} -\n",
        text(read, "socket_folder"),
        text(read, "group"),
    )
}

fn nix_conf(read: &Table, plugin: Option<&str>) -> String {
    let plugin = match plugin {
        Some(plugin) => format!("plugin-files = {plugin}"),
        None => "# plugin-files = …/libnix_sccache.so".to_owned(),
    };
    format!(
        "extra-sandbox-paths = {}\n{plugin}\n",
        text(read, "sandbox_path")
    )
}

/// A unit as systemd reads it.
fn unit(sections: &Table) -> String {
    let sections: Vec<_> = ["Unit", "Socket", "Service", "Install"]
        .iter()
        .map(|name| (name, table(sections, name)))
        .filter(|(_, section)| !section.is_empty())
        .map(|(name, section)| format!("[{name}]\n{}", lines(&section)))
        .collect();
    sections.join("\n")
}

/// A line for each directive, or for each of its values.
fn lines(section: &Table) -> String {
    let values = section.iter().flat_map(|(name, value)| {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        values.iter().map(move |value| (name, value))
    });
    values
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}\n"),
            other => format!("{name}={other}\n"),
        })
        .collect::<Vec<_>>()
        .concat()
}

fn table(of: &Table, name: &str) -> Table {
    let found = of.get(name).and_then(Value::as_table);
    found.cloned().unwrap_or_default()
}

fn text<'a>(of: &'a Table, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn put(into: &mut Table, name: &str, value: impl Into<Value>) {
    into.insert(name.to_owned(), value.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(levels: Vec<Level>) -> Settings {
        Settings {
            gateway: "/bin/nix-sccache".to_owned(),
            gateway_libraries: ["/lib/libc.so".to_owned()].into(),
            sccache: "/bin/sccache".to_owned(),
            sccache_libraries: BTreeSet::new(),
            group: None,
            read_only: false,
            directory: "/cache".to_owned(),
            levels,
            is_far: false,
            s3_credentials: None,
            environment_file: None,
            plugin: None,
        }
    }

    fn file(settings: &Settings, end: &str) -> String {
        let files = files(settings).unwrap();
        let found = files.iter().find(|(path, _)| path.ends_with(end));
        found.unwrap().1.clone()
    }

    #[track_caller]
    fn check(text: &str, lines: &[&str]) {
        for line in lines {
            assert!(
                text.lines().any(|other| other == *line),
                "{line} in\n{text}"
            );
        }
    }

    #[test]
    fn both_may_execute_themselves_alone() {
        let settings = settings(vec![
            Level::new("disk").with("directory", Some("/cache".into())),
        ]);
        check(
            &file(&settings, "nix-sccache.service"),
            &[
                "NoExecPaths=/",
                "ExecPaths=/bin/nix-sccache",
                "ExecPaths=/lib/libc.so",
                "ExecStart=/bin/nix-sccache gateway --daemon /run/nix-sccache-daemon/sccache.sock",
                "User=nix-sccache",
            ],
        );
        check(
            &file(&settings, "daemon.service"),
            &[
                "ExecPaths=/bin/sccache",
                "ReadWritePaths=/cache",
                "RequiresMountsFor=/cache",
                "User=sccache",
                "PrivateNetwork=true",
                "Environment=\"SCCACHE_MULTILEVEL_CHAIN=disk\"",
                "Environment=\"SCCACHE_DIR=/cache\"",
                "Environment=\"SCCACHE_DIRECT=false\"",
            ],
        );
    }

    #[test]
    fn levels_are_in_their_order() {
        let mut settings = settings(vec![
            Level::new("s3").with("bucket", Some("b%c".into())),
            Level::new("redis").with("prefix", Some("no endpoint".into())),
            Level::new("disk").with("directory", Some("/cache".into())),
        ]);
        settings.is_far = true;
        settings.s3_credentials = Some("/etc/s3".into());
        let daemon = file(&settings, "daemon.service");
        check(
            &daemon,
            &[
                "Environment=\"SCCACHE_MULTILEVEL_CHAIN=disk,s3\"",
                "Environment=\"SCCACHE_BUCKET=b%%c\"",
                "Environment=\"AWS_SHARED_CREDENTIALS_FILE=%d/s3\"",
                "LoadCredential=s3:/etc/s3",
                "PrivateNetwork=false",
                "Wants=network-online.target",
            ],
        );
        assert!(!daemon.contains("no endpoint"), "{daemon}");
    }

    #[test]
    fn who_may_connect() {
        let mut settings = settings(Vec::new());
        check(&file(&settings, ".socket"), &["SocketMode=0666"]);
        settings.group = Some("nixbld".into());
        check(
            &file(&settings, ".socket"),
            &["SocketMode=0660", "SocketGroup=nixbld"],
        );
        check(
            &file(&settings, "sysusers.d/nix-sccache.conf"),
            &[
                "g nix-sccache -",
                "u sccache -:nix-sccache \"Daemon of nix-sccache\"",
            ],
        );
    }
}
