// The C++ host: what it does with Nix, in the words of adaptors.hh, which has all that
// depends on the release.
#include "nix-sccache-plugin/src/host/adaptors.hh"

#include <array>
#include <map>
#include <utility>

#include "nix-sccache-plugin/src/host/cxx.rs.h"
#include "nix-sccache-plugin/src/host/nix.hh"

namespace nix_sccache {

namespace {

rust::Slice<const uint8_t> bytes(std::string_view text)
{
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// builtin -> request -> text -> answer, what the prelude is given.
void ask(nix::EvalState & state, Position pos, nix::Value ** arguments, nix::Value & result)
{
    auto builtin = string(state, *arguments[0], pos);
    auto request = string(state, *arguments[1], pos);
    auto text = string(state, *arguments[2], pos);
    // With a NUL behind it, as std::string has: Nix 2.8 copies by libgc's GC_strndup, which reads on until it finds one.
    const auto answered = std::string(answer(bytes(builtin), bytes(request), bytes(text)));
    make_string(state, result, answered);
}

// Where only Nix's own kind of function can have documentation, each builtin is one, and calls what the prelude
// made. Such a function has no state, so there is one for each slot, and each evaluator has what it calls. All of it
// lives as long as the process, as Nix's own do.
constexpr size_t slots = 16;

using Implementations = std::array<Root, slots>;

Implementations & implementations(nix::EvalState & state)
{
    static auto & all = *new std::map<nix::EvalState *, Implementations>;
    return all[&state];
}

template<size_t slot>
void documented(nix::EvalState & state, Position pos, nix::Value ** arguments, nix::Value & result)
{
    call(state, *implementations(state)[slot], *arguments[0], result, pos);
}

using MakePrimop =
    Primop (*)(nix::EvalState &, const char * name, std::vector<std::string> parameters, const char * doc);

template<size_t... slot>
constexpr std::array<MakePrimop, slots> primops_of(std::index_sequence<slot...>)
{
    return {primop<documented<slot>>...};
}

// name -> function -> function: the same function, with the documentation that the prelude has for it.
[[maybe_unused]] void document(nix::EvalState & state, Position pos, nix::Value ** arguments, nix::Value & result)
{
    static constexpr auto primops = primops_of(std::make_index_sequence<slots>());
    auto name = string(state, *arguments[0], pos);
    auto found = documentation(bytes(name));
    implementations(state).at(found.slot) = Root(*arguments[1]);
    auto & full_name = *new std::string("rust." + std::string(name));
    auto & text = *new std::string(found.text);
    auto make = primops.at(found.slot);
    make_function(result, make(state, full_name.c_str(), {std::string(found.parameter)}, text.c_str()));
}

// builtins.rust: what the prelude makes of `ask`. Nix keeps it as a thunk, so this runs when somebody first looks at
// builtins.rust.
void make_builtins(nix::EvalState & state, Position pos, nix::Value **, nix::Value & result)
{
    Slot prelude(state), asking(state);
    evaluate(state, std::string(prelude_for(has_documentation_comments)), *prelude);
    make_function(*asking, primop<ask>(state, "rust", {"builtin", "request", "text"}, "Asks the plugin."));
    if constexpr (has_documentation_comments) {
        call(state, *prelude, *asking, result, pos);
    } else {
        Slot rest(state), documenting(state);
        call(state, *prelude, *asking, *rest, pos);
        make_function(*documenting, primop<document>(state, "rust", {"name", "function"}, "Documents a function."));
        call(state, *rest, *documenting, result, pos);
    }
}

}

void register_builtin()
{
    register_constant<make_builtins>("__rust", "Functions for building Rust, from the nix-sccache plugin.");
}

}
