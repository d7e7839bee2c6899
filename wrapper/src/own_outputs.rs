//! Takes the paths of the derivation's own outputs out of what it links, and puts those of another derivation in.
//!
//! nixpkgs' stdenv has everything linked with `-rpath $out/lib`, by a variable that linkers read. With outputs of the same
//! lengths, another derivation's linker makes the same file but for these bytes: a run path is a string among those of the dynamic
//! section, of which linkers make nothing else. Not so where there is a build id, which is a digest of the file.

use std::os::unix::ffi::OsStrExt;

use memchr::memmem;

use crate::rust_program::Linked;
use crate::stable_paths::replaced_text;
use crate::store;

/// The byte of which the marks are made that stand in the place of outputs.
const MARK: u8 = 0x1f;

/// What stands in the place of an output, as long as that is.
fn mark(number: usize, length: usize) -> Vec<u8> {
    let mut mark = vec![MARK; length];
    if let (Some(byte), Ok(number)) = (mark.get_mut(1), u8::try_from(number)) {
        *byte = b'0'.wrapping_add(number);
    }
    mark
}

/// The outputs, each with its mark.
fn marked() -> Vec<(Vec<u8>, Vec<u8>)> {
    let outputs = store::outputs().into_iter().enumerate();
    let outputs = outputs.map(|(number, path)| {
        let path = path.as_bytes().to_vec();
        let mark = mark(number, path.len());
        (path, mark)
    });
    outputs.collect()
}

/// A text with marks in the place of outputs.
pub fn hidden(text: &[u8]) -> Vec<u8> {
    let replace =
        |text: Vec<u8>, (path, mark): (Vec<u8>, Vec<u8>)| replaced_text(&text, &path, &mark);
    marked().into_iter().fold(text.to_vec(), replace)
}

/// A text with outputs in the place of their marks.
pub fn shown(text: &[u8]) -> Vec<u8> {
    let replace =
        |text: Vec<u8>, (path, mark): (Vec<u8>, Vec<u8>)| replaced_text(&text, &mark, &path);
    marked().into_iter().fold(text.to_vec(), replace)
}

/// Whether an output is in a text.
pub fn are_in(text: &[u8]) -> bool {
    let mut outputs = marked().into_iter();
    outputs.any(|(path, _)| memmem::find(text, &path).is_some())
}

/// Whether what is linked is the same in another derivation with outputs as long as this one's, but for these, where
/// [`hidden`] finds them.
pub fn are_of_no_matter_to(file: &[u8]) -> bool {
    let Some(linked) = Linked::read(file) else {
        return false;
    };
    // Of that length are random ones, too.
    if linked.build_ids.iter().any(|id| id.len() == 16) {
        return false;
    }
    if !are_in(file) {
        return true;
    }
    let outputs = marked();
    let count = |text: &[u8]| {
        let outputs = outputs.iter();
        let found = outputs.map(|(path, _)| memmem::find_iter(text, path).count());
        found.sum::<usize>()
    };
    let [path] = linked.run_paths.as_slice() else {
        return false;
    };
    let ends = outputs
        .iter()
        .filter_map(|(output, _)| Some(memmem::rfind(path, output)? + output.len()));
    let behind = ends
        .max()
        .and_then(|end| path.get(end..))
        .unwrap_or_default();
    // Linkers keep one string for two of which one is the end of the other, and one of them sorts them by their ends.
    let is_alone = behind.contains(&b'/')
        && linked
            .strings
            .iter()
            .filter(|it| it.ends_with(behind))
            .eq([path]);
    let has_mark = outputs
        .iter()
        .any(|(_, mark)| memmem::find(file, mark).is_some());
    let are_marks = outputs.iter().all(|(path, _)| path.len() > 2);
    linked.build_ids.is_empty() && is_alone && count(file) == count(path) && are_marks && !has_mark
}
