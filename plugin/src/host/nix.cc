// The C++ host for Nix 2.8: everything that needs Nix's headers.
//
// config.h comes first: without HAVE_BOEHMGC the headers compile, but allocate outside
// of the garbage collector's heap.
#include <config.h>

#include <eval-inline.hh>
#include <globals.hh>
#include <primops.hh>

#include "nix-sccache-plugin/src/host/cxx.rs.h"
#include "nix-sccache-plugin/src/host/nix.hh"

namespace nix_sccache {

namespace {

rust::Slice<const uint8_t> bytes(std::string_view text)
{
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// builtin -> request -> text -> answer, what the prelude is given.
void call(nix::EvalState & state, const nix::Pos & pos, nix::Value ** args, nix::Value & v)
{
    auto builtin = state.forceString(*args[0], pos);
    auto request = state.forceString(*args[1], pos);
    auto text = state.forceString(*args[2], pos);
    auto answered = answer(bytes(builtin), bytes(request), bytes(text));
    v.mkString(std::string_view(answered.data(), answered.size()));
}

// builtins.rust: what the prelude makes of that function. Nix keeps it as a thunk, so
// this runs when somebody first looks at builtins.rust.
void make_builtins(nix::EvalState & state, const nix::Pos & pos, nix::Value **, nix::Value & v)
{
    auto text = prelude();
    auto * function = state.allocValue();
    auto * makes = state.allocValue();
    // Like Nix's own primops this lives as long as the process.
    function->mkPrimOp(new nix::PrimOp{call, 3, state.symbols.create("rust"), {"builtin", "request", "text"}});
    state.eval(state.parseExprFromString(std::string(text.data(), text.size()), "/"), *makes);
    state.callFunction(*makes, *function, v, pos);
}

}

rust::String nix_version()
{
    return nix::nixVersion;
}

void register_builtin()
{
    static nix::RegisterPrimOp builtin({
        .name = "__rust",
        .args = {},
        .arity = 0,
        .doc = "Functions for building Rust, from the nix-sccache plugin.",
        .fun = make_builtins,
        .experimentalFeature = {},
    });
}

}
