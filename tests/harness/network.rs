//! Makes a network of several machines on this one: network namespaces, which root can make.

use std::ffi::OsStr;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::commands::stdout_of;
use crate::wait::until;

/// A machine in the middle, and others that each have a wire to it and to nobody else. It is gone
/// when the value is, and so is whatever network is left of it.
#[derive(Debug)]
pub struct Network {
    middle: Machine,
    others: Vec<Machine>,
}

/// A machine, as far as the network is concerned: processes in it see the files of all.
#[derive(Debug)]
pub struct Machine {
    /// A process that does nothing but to be there.
    holder: Child,
    server: String,
}

impl Network {
    /// Makes one with this many machines around the one in the middle.
    pub fn new(machines: u8) -> Self {
        let middle = Machine::new("127.0.0.1".to_owned());
        let others = (0..machines)
            .map(|number| {
                let server = format!("10.77.{number}.1");
                let machine = Machine::new(server.clone());
                let wire = format!("wire-{number}");
                let holder = machine.holder.id().to_string();
                let make = ["link", "add", "name", &wire, "type", "veth"];
                let peer = ["peer", "name", "uplink", "netns", &holder];
                middle.ip(&[&make[..], &peer].concat());
                middle.ip(&["address", "add", &format!("{server}/24"), "dev", &wire]);
                middle.ip(&["link", "set", &wire, "up"]);
                let own = format!("10.77.{number}.2/24");
                machine.ip(&["address", "add", &own, "dev", "uplink"]);
                machine.ip(&["link", "set", "uplink", "up"]);
                machine
            })
            .collect();
        Self { middle, others }
    }

    /// The machine in the middle, which the others reach.
    pub fn middle(&self) -> &Machine {
        &self.middle
    }

    /// The others.
    pub fn machines(&self) -> &[Machine] {
        &self.others
    }
}

impl Machine {
    fn new(server: String) -> Self {
        let mut command = Command::new("unshare");
        command
            // It is not to outlive a test that is killed.
            .args([
                "--net",
                "setpriv",
                "--pdeathsig",
                "KILL",
                "sleep",
                "infinity",
            ])
            .stdin(Stdio::null());
        let holder = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut machine = Self { holder, server };
        let own = fs::read_link("/proc/self/ns/net").unwrap();
        while fs::read_link(machine.namespace()).is_ok_and(|namespace| namespace == own) {
            sleep(Duration::from_millis(5));
        }
        assert!(
            matches!(machine.holder.try_wait(), Ok(None)),
            "no network namespace: run the tests as root"
        );
        machine.ip(&["link", "set", "lo", "up"]);
        machine
    }

    /// By which address it reaches the one in the middle.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A program that is to run there.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net={}", self.namespace()))
            .arg("--")
            .arg(program);
        command
    }

    /// Waits until something listens at a port there.
    pub fn wait_for(&self, port: u16) {
        let table = format!("/proc/{}/net/tcp", self.holder.id());
        // Any address, the port, anybody, any port, and the state of a socket that listens.
        let entry = format!(":{port:04X} 00000000:0000 0A ");
        until(
            || fs::read_to_string(&table).is_ok_and(|table| table.contains(&entry)),
            || format!("nobody listens at {port}"),
        );
    }

    fn namespace(&self) -> String {
        format!("/proc/{}/ns/net", self.holder.id())
    }

    fn ip(&self, arguments: &[&str]) {
        stdout_of(self.command("ip").args(arguments));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}
