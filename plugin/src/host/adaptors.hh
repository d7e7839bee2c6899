// All that differs between the releases of Nix and Lix that the C++ host is written for.
//
// build.rs defines the release that the headers are of, one of NIX_SCCACHE_NIX and
// NIX_SCCACHE_LIX, as 21306 for 2.13.6; the other is 0. It also keeps other releases out:
// what stands here under "until" and "from" was checked against the headers of each.
#pragma once

#if NIX_SCCACHE_NIX >= 22800
#include <nix/expr/eval-inline.hh>
#include <nix/expr/primops.hh>
#elif NIX_SCCACHE_LIX >= 29200
#include <lix/config.h>

#include <lix/libexpr/eval-inline.hh>
#include <lix/libexpr/primops.hh>
#else
// The configuration comes first: without HAVE_BOEHMGC the headers compile, but allocate
// outside of the garbage collector's heap. It has a name of its own where Nix was built by
// Meson, which it is in some 2.24 and 2.25 and from 2.26 on.
#if __has_include(<config-expr.hh>)
#include <config-util.hh>

#include <config-store.hh>

#include <config-expr.hh>
#else
#include <config.h>
#endif

#include <eval-inline.hh>
#include <primops.hh>
#endif

#if NIX_SCCACHE_NIX >= 23200
// The one variable of Nix's that the inline functions used here refer to. As a weak symbol it does not keep a Nix
// that lacks it from loading the plugin, which then says that it is for another Nix. Functions are looked up when they
// are called, and none is called there.
asm(".weak _ZN3nix7Counter7enabledE");
#endif

namespace nix_sccache {

// What a builtin is called with to say where from.
#if NIX_SCCACHE_NIX && NIX_SCCACHE_NIX < 20900
using Position = const nix::Pos &;
#else
using Position = nix::PosIdx;
#endif

// A function of ours, as Nix calls it.
using Function = void (*)(nix::EvalState & state, Position pos, nix::Value ** arguments, nix::Value & result);

// From 2.24 on, `:doc` shows the comment before a function that is written in Nix. Before, and in Lix, it has
// documentation of builtins only.
constexpr bool has_documentation_comments = NIX_SCCACHE_NIX >= 22400;

// A value that is made here, where the garbage collector sees it: its heap, or, in a Lix whose values are one word
// that is copied, the stack.
class Slot
{
#if NIX_SCCACHE_LIX >= 29400
    nix::Value value{nix::NewValueAs::null};

public:
    explicit Slot(nix::EvalState &) {}

    nix::Value & operator*()
    {
        return value;
    }
#else
    nix::Value * value;

public:
    explicit Slot(nix::EvalState & state)
#if NIX_SCCACHE_LIX >= 29200
        : value(state.ctx.mem.allocValue())
#else
        : value(state.allocValue())
#endif
    {}

    nix::Value & operator*()
    {
        return *value;
    }
#endif
};

// A value that stays, wherever it is kept.
class Root
{
    nix::RootValue root;

public:
    Root() = default;

#if NIX_SCCACHE_LIX >= 29400
    explicit Root(nix::Value & value)
        : root(nix::allocRootValue(value))
    {}

    nix::Value & operator*() const
    {
        return *root;
    }
#else
    explicit Root(nix::Value & value)
        : root(nix::allocRootValue(&value))
    {}

    nix::Value & operator*() const
    {
        return **root;
    }
#endif
};

// The bytes of a string value; throws where it is none.
inline std::string_view string(nix::EvalState & state, nix::Value & value, Position pos)
{
// 2.13.0 had the text that errors are given as their context; 2.13.1 took it back, for 2.14 to bring it again.
#if NIX_SCCACHE_NIX && NIX_SCCACHE_NIX < 21400 && NIX_SCCACHE_NIX != 21300
    return state.forceString(value, pos);
#else
    return state.forceString(value, pos, "while evaluating an argument of the nix-sccache plugin's function");
#endif
}

inline void make_string([[maybe_unused]] nix::EvalState & state, nix::Value & result, std::string_view text)
{
#if NIX_SCCACHE_NIX >= 23300
    result.mkString(text, state.mem);
#elif NIX_SCCACHE_LIX >= 29500
    result = {nix::NewValueAs::string, text};
#else
    result.mkString(text);
#endif
}

// Evaluates Nix code, which sees nothing but Nix's builtins.
inline void evaluate(nix::EvalState & state, std::string code, nix::Value & result)
{
#if NIX_SCCACHE_LIX >= 29500
    result = state.eval(state.ctx.parseExprFromString(std::move(code), nix::CanonPath("/")));
#elif NIX_SCCACHE_LIX >= 29200
    state.eval(state.ctx.parseExprFromString(std::move(code), nix::CanonPath("/")), result);
#elif NIX_SCCACHE_NIX && NIX_SCCACHE_NIX < 21600
    state.eval(state.parseExprFromString(std::move(code), "/"), result);
#else
    state.eval(state.parseExprFromString(std::move(code), state.rootPath(nix::CanonPath("/"))), result);
#endif
}

inline void call(nix::EvalState & state, nix::Value & function, nix::Value & argument, nix::Value & result, Position pos)
{
#if NIX_SCCACHE_LIX >= 29500
    result = state.callFunction(function, argument, pos);
#else
    state.callFunction(function, argument, result, pos);
#endif
}

// The same function with the parameters that Nix gives its own.
#if NIX_SCCACHE_LIX >= 29300
template<Function function>
void adapted(nix::EvalState & state, nix::Value ** arguments, nix::Value & result)
{
    function(state, nix::noPos, arguments, result);
}
#else
template<Function function>
constexpr Function adapted = function;
#endif

#if NIX_SCCACHE_LIX >= 29400
using Primop = nix::PrimOpDetails;
#else
using Primop = nix::PrimOp;
#endif

// A builtin of a function of ours, which is a constant, so that where Nix wants functions of another type there can be
// one of that for each.
template<Function function>
Primop primop(
    [[maybe_unused]] nix::EvalState & state, const char * name, std::vector<std::string> parameters, const char * doc)
{
    const auto arity = parameters.size();
#if NIX_SCCACHE_NIX && NIX_SCCACHE_NIX < 20900
    return {adapted<function>, arity, state.symbols.create(name), std::move(parameters), doc};
#elif NIX_SCCACHE_NIX && NIX_SCCACHE_NIX < 21700
    return {adapted<function>, arity, name, std::move(parameters), doc};
#elif NIX_SCCACHE_NIX >= 23400
    return {.name = name, .args = std::move(parameters), .arity = arity, .doc = doc, .impl = adapted<function>};
#else
    return {.name = name, .args = std::move(parameters), .arity = arity, .doc = doc, .fun = adapted<function>};
#endif
}

// Makes a builtin a value. Like Nix's own it lives as long as the process.
inline void make_function(nix::Value & result, Primop primop)
{
#if NIX_SCCACHE_LIX >= 29400
    result = {nix::NewValueAs::primop, *new nix::Value::PrimOp(std::move(primop))};
#else
    result.mkPrimOp(new nix::PrimOp(std::move(primop)));
#endif
}

// Makes the value of `name` for every evaluator from now on, when somebody first looks at it.
//
// Lix from 2.94 on adds it a second time, as a function (EvalBuiltins::addPrimOp goes on where it should return). The
// two are sorted by name, and the first is what is found: in 2.95.3 the value, with all the features that add builtins
// and without.
template<Function function>
void register_constant(const char * name, const char * doc)
{
#if NIX_SCCACHE_LIX >= 29500
    nix::PluginPrimOps::add({.name = name, .args = {}, .arity = 0, .doc = doc, .fun = adapted<function>});
#elif NIX_SCCACHE_NIX >= 23400
    static nix::RegisterPrimOp constant({.name = name, .args = {}, .arity = 0, .doc = doc, .impl = adapted<function>});
#else
    static nix::RegisterPrimOp constant({.name = name, .args = {}, .arity = 0, .doc = doc, .fun = adapted<function>});
#endif
}

}
