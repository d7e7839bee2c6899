// What the Rust side calls of Nix. Nix's own headers stay out of here: cxx includes
// this file in the code that it generates.
#pragma once

#include "rust/cxx.h"

namespace nix_sccache {

void register_builtin();

}
