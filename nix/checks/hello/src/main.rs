//! Says what the library says.

fn main() {
    println!("{}", hello::greeting());
}
