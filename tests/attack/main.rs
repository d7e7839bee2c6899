//! Attacks on a socket, for a build to try from inside its sandbox:
//!
//! ```text
//! attack SOCKET NAME [ARGUMENT]    says what came of one
//! attack SOCKET hold SECONDS       takes what there is, again and again for so long
//! attack SOCKET exchange           stores an entry and gets it, as every build may
//! attack SOCKET tell WHAT          tells lies at the socket of builds' logs
//! ```

use std::env;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix_sccache_tests::attack::{attack, exchange, hold, tell};

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let argument = |at: usize| arguments.get(at).map(String::as_str).unwrap_or_default();
    let socket = Path::new(argument(0));
    match argument(1) {
        "hold" => {
            let until = Instant::now() + Duration::from_secs(argument(2).parse().unwrap_or(10));
            let held = hold(socket);
            println!("hold: {} connections", held.len());
            // What was ended it takes again.
            while Instant::now() < until {
                let _again = hold(socket);
                sleep(Duration::from_secs(1));
            }
        }
        "tell" => println!("tell {}: {}", argument(2), tell(socket, argument(2))),
        "exchange" => println!("exchange: {}", exchange(socket)),
        name => println!("{name}: {}", attack(socket, name, argument(2))),
    }
}
