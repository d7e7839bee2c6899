fn main() {
    println!("{}", hello::greeting());
}
