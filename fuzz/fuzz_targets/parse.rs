//! What reads a request, on any bytes: what it takes is a value that comes back the same when
//! it is sent again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_core::request::parse;
use nix_sccache_fuzz::request;

fuzz_target!(|bytes: &[u8]| {
    match parse(bytes) {
        Ok(value) => {
            assert!(std::str::from_utf8(bytes).is_ok(), "{value:?}");
            let again = parse(request(&value).as_bytes());
            // As text: a NaN is like another, and the zeros have signs.
            assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, ()>(value)));
        }
        Err(error) => {
            let error = error.to_string();
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }
});
