//! Prints what its library says, with a number of a library in C.

fn main() {
    let mut buffer = itoa::Buffer::new();
    match greeting::greeting("nobody") {
        Ok(words) => println!("{words} {}", buffer.format(greeting::number())),
        Err(error) => println!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn answers() {
        assert_eq!(greeting::number(), 42);
    }
}
