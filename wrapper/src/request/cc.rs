//! Makes the request of a call of a C or C++ compiler's.

use std::path::Path;

use nix_sccache_cache::places::Places;
use nix_sccache_contract::part::Kind;

use super::fields::{Request, absolute};
use super::variables;
use crate::added_flags;
use crate::invocation::Cc;

/// With these the name of the object is in the object, or in a file beside it, or in what is printed.
const KEEP_THE_NAME: &str = "\
    --coverage -M -fcallgraph-info -fdump- -flto -fopt-info -fprofile -frecord-gcc-switches -fstack-usage \
    -ftest-coverage -gsplit-dwarf -save-temps --save-temps -v -### -Wp,-M -Wa,-a -Wa,-MD -Wa,--MD";

/// With these the random seed that nixpkgs gives compilers is in what gcc makes, or prints (11 to 16); clang (13 to 23) goes
/// by none, and writes it down with some of them.
const KEEP_THE_SEED: &str = "\
    -g --coverage -coverage -flto -fprofile -ftest-coverage -frecord- -fcoverage -fsave-optimization-record \
    -fverbose-asm -fdiagnostics-format -fdiagnostics-add-output -fdiagnostics-set-output -fdump- -save-temps --save-temps \
    -v -### -Q";

pub(super) fn add(request: &mut Request, call: &Cc, directory: &Path) {
    let is_among = |options: &str, option: &str| {
        option != "-g0" && options.split(' ').any(|start| option.starts_with(start))
    };
    let has = |options: &str| {
        let mut given = call.arguments.iter();
        given.any(|argument| is_among(options, &argument.option))
    };
    let parent_of = |path: &str| {
        absolute(Path::new(path), directory)
            .parent()
            .map(Path::to_owned)
    };
    let object = call.arguments.value("-o");
    let written = [object, call.arguments.value("-MF")]
        .into_iter()
        .flatten()
        .filter_map(parent_of);
    request.writable = written.chain([directory.to_owned()]).collect();
    request.has_seed = has(KEEP_THE_SEED)
        || added_flags::any("NIX_CFLAGS_COMPILE", |flag| is_among(KEEP_THE_SEED, flag));
    let is_seed = |flag: &str| variables::is_seed(flag.as_bytes());
    request.forgets_seed = !request.has_seed
        && (call.arguments.iter().any(|it| is_seed(&it.option))
            || added_flags::any("NIX_CFLAGS_COMPILE", is_seed));
    if request.forgets_seed {
        request.add(Kind::Argument, variables::SEED, b"");
    }
    request.is_probe = true;
    // Where the object goes is of no matter to it, if nothing else tells its name.
    let place = object
        .filter(|object| object.starts_with('/') && !has(KEEP_THE_NAME))
        .and_then(parent_of);
    request.places = Places::new(place.into_iter().chain(request.roots.clone()).collect());
    for argument in call.arguments.iter() {
        let value = argument.value.as_deref().unwrap_or_default();
        let option = argument.option.as_str();
        if option == "-o"
            && let (place @ 1.., name) = request.places.name(value.as_bytes())
        {
            let named = [format!("<{place}>/").as_bytes(), name].concat();
            let named = request.without_roots(&named).into_owned();
            request.add(Kind::Argument, option, &named);
        } else if request.has_seed || !is_seed(option) {
            let value = request.without_roots(value.as_bytes());
            let option = request.without_roots(option.as_bytes());
            request.add(Kind::Argument, String::from_utf8_lossy(&option), &value);
        }
    }
}
