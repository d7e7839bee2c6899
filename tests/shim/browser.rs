//! A real browser that looks at a page.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::stdout_of;

/// What the reader has set their screen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// A colour.
pub type Colour = [u8; 3];

/// What is seen of a page.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pixels: Vec<Colour>,
}

impl Picture {
    /// The rows, from above.
    pub fn rows(&self) -> impl Iterator<Item = &[Colour]> {
        self.pixels.chunks(self.width)
    }
}

/// The page in a window of that size.
pub fn picture_of(page: &Path, scheme: Scheme, (width, height): (usize, usize)) -> Picture {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("picture.png");
    // By the order in Blink's `PreferredColorScheme`.
    let scheme = match scheme {
        Scheme::Dark => 0,
        Scheme::Light => 1,
    };
    stdout_of(
        chromium(directory.path())
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .arg(format!("--window-size={width},{height}"))
            .args(["--hide-scrollbars", "--force-device-scale-factor=1"])
            .arg(format!("--screenshot={}", file.display()))
            .arg(url(page)),
    );
    decoded(&file)
}

/// The page's elements, after its script has run.
pub fn elements_of(page: &Path) -> String {
    let directory = tempfile::tempdir().unwrap();
    stdout_of(chromium(directory.path()).arg("--dump-dom").arg(url(page)))
}

fn url(page: &Path) -> String {
    format!("file://{}", page.display())
}

/// Debian's chromium, with nothing of any other, and without a wish for the network.
fn chromium(profile: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["120", "chromium", "--headless"]).args([
        // Root has none.
        "--no-sandbox",
        "--disable-gpu",
        // Where /dev/shm is small.
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]);
    command.arg(format!(
        "--user-data-dir={}",
        profile.join("profile").display()
    ));
    command
}

fn decoded(file: &Path) -> Picture {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(file).unwrap()));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let samples = info.color_type.samples();
    assert!(samples >= 3, "{info:?}");
    let pixels = bytes[..info.buffer_size()]
        .chunks(samples)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    Picture {
        width: info.width as usize,
        height: info.height as usize,
        pixels,
    }
}
