//! Talks to every Nix whose C API can be used, found in the running process: the C API host.
//!
//! Each call is given a context of ours, so that no C++ exception comes out of it, and
//! nothing here panics on into Nix.

use std::ffi::{CStr, CString, c_char, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::slice;
use std::sync::OnceLock;

use nix_sccache_core::version::{has_determinate_sound_c_api, has_sound_c_api};

use super::answer::answer;
use super::{prelude, process};

mod functions;

use functions::{
    Functions, NIX_ERROR, OK, Primop, PrimopFunction, RawContext, RawValue, State, TYPE_STRING,
};

/// What was found when the plugin was loaded.
static FUNCTIONS: OnceLock<Functions> = OnceLock::new();

/// Registers `builtins.rust` with this Nix, for every evaluator it makes from now on.
pub(super) fn register(nix: &str) -> Result<(), String> {
    let functions = find(nix)?;
    let api = Api::new(FUNCTIONS.get_or_init(|| functions))?;
    let primop = api.new_primop(
        make_builtins,
        c"__rust",
        &[],
        c"Functions for building Rust, from the nix-sccache plugin.",
    )?;
    // SAFETY: the builtin was made above; Nix moves its contents away.
    let result = unsafe { (api.functions.nix_register_primop)(api.context, primop) };
    let registered = api.checked(result);
    api.release_primop(primop);
    registered
}

/// Finds the functions in the process itself, as the `nix` of 2.35 and later has them, or
/// in the library that was built together with this Nix's own and lies beside it.
fn find(nix: &str) -> Result<Functions, String> {
    if !has_sound_c_api(nix) {
        return Err(
            "whose C API gives plugins a wrong pointer (it is right from Nix 2.34.1 on)".into(),
        );
    }
    if let Some(determinate) = process::determinate_version()
        && !has_determinate_sound_c_api(&determinate)
    {
        return Err(format!(
            "in Determinate Nix {determinate}, whose C API gives plugins a wrong pointer (it is right from 3.19 on)"
        ));
    }
    let missing = match Functions::find(process::symbol) {
        Ok(functions) => return Ok(functions),
        Err(missing) => missing,
    };
    let library =
        beside_nix().map_err(|why| format!("which has no {missing} of its C API in it ({why})"))?;
    Functions::find(|name| library.symbol(name))
        .map_err(|missing| format!("whose libnixexprc.so has no {missing}"))
}

/// Loads `libnixexprc.so` from the directory that `libnixexpr.so` was loaded from, of the very
/// same version: what it needs of Nix is then loaded already.
fn beside_nix() -> Result<process::Library, String> {
    /// How the name of Nix's library begins; the rest of it is its version.
    const EXPR: &str = "libnixexpr.so";

    let symbol = process::symbol(c"_ZN3nix14RegisterPrimOpC1EONS_6PrimOpE")
        .ok_or("nor the C++ symbols of Nix's evaluator")?;
    let expr = process::file_of(symbol).ok_or("nor a file of its evaluator")?;
    let version = expr
        .file_name()
        .and_then(|name| name.to_str()?.strip_prefix(EXPR))
        .ok_or_else(|| format!("its evaluator is in {}", expr.display()))?;
    let file = expr.with_file_name(format!("libnixexprc.so{version}"));
    if !file.exists() {
        return Err(format!("and there is no {}", file.display()));
    }
    let library = process::Library::open(&file)?;
    let copies = process::loaded_files();
    let is_copy = |file: &std::path::PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(EXPR))
    };
    match copies.iter().filter(|file| is_copy(file)).count() {
        1 => Ok(library),
        _ => Err(format!("and {} is of another Nix", file.display())),
    }
}

/// The functions, and a context that their errors end up in.
struct Api {
    functions: &'static Functions,
    context: *mut RawContext,
}

impl Drop for Api {
    fn drop(&mut self) {
        // SAFETY: it was made in `new`, and nobody else has it.
        unsafe { (self.functions.nix_c_context_free)(self.context) };
    }
}

impl Api {
    fn new(functions: &'static Functions) -> Result<Self, String> {
        // SAFETY: takes nothing, gives a context or null.
        let context = unsafe { (functions.nix_c_context_create)() };
        if context.is_null() {
            return Err("Nix has no memory left".into());
        }
        Ok(Self { functions, context })
    }

    /// Turns a call's error code into the message that the context has.
    fn checked(&self, code: i32) -> Result<(), String> {
        if code == OK {
            Ok(())
        } else {
            Err(self.message())
        }
    }

    /// The same for a call that gives something or null.
    fn found<T>(&self, pointer: *mut T) -> Result<*mut T, String> {
        if pointer.is_null() {
            Err(self.message())
        } else {
            Ok(pointer)
        }
    }

    fn message(&self) -> String {
        // SAFETY: the context is alive; a null one to report errors of this very call to
        // would let it throw, which it does only for a context without an error.
        let message = unsafe {
            if (self.functions.nix_err_code)(self.context) == OK {
                return "an error of Nix's without a message".into();
            }
            (self.functions.nix_err_msg)(ptr::null_mut(), self.context, ptr::null_mut())
        };
        if message.is_null() {
            return "an error of Nix's without a message".into();
        }
        // SAFETY: the context's own C string, alive as long as the context.
        unsafe { CStr::from_ptr(message) }
            .to_string_lossy()
            .into_owned()
    }

    /// Makes a builtin, with one reference of ours to it.
    fn new_primop(
        &self,
        function: PrimopFunction,
        name: &CStr,
        parameters: &[&CStr],
        doc: &CStr,
    ) -> Result<*mut Primop, String> {
        let arity = i32::try_from(parameters.len()).map_err(|error| error.to_string())?;
        let mut names: Vec<_> = parameters.iter().map(|name| name.as_ptr()).collect();
        names.push(ptr::null());
        // SAFETY: all strings are C strings and are copied; the list ends with null.
        self.found(unsafe {
            (self.functions.nix_alloc_primop)(
                self.context,
                function,
                arity,
                name.as_ptr(),
                names.as_ptr(),
                doc.as_ptr(),
                ptr::null_mut(),
            )
        })
    }

    /// Gives up our reference to a builtin.
    fn release_primop(&self, primop: *mut Primop) {
        // SAFETY: an object of Nix's that we have a reference to.
        unsafe { (self.functions.nix_gc_decref)(self.context, primop.cast()) };
    }

    /// Gives up a reference to a value. That Nix does not know of it is no error: it keeps
    /// one to a callback's arguments and result which callbacks have to give up so far
    /// (2.33 and later), and may give it up itself one day.
    fn release(&self, value: *mut RawValue) {
        // SAFETY: a handle of Nix's, which its garbage collector keeps while it is in use.
        unsafe { (self.functions.nix_value_decref)(self.context, value) };
    }

    /// The bytes of a string value, which live as long as the value.
    ///
    /// # Safety
    ///
    /// The evaluator and the value must be alive, and the value stay so as long as the bytes
    /// are used.
    unsafe fn string<'a>(
        &self,
        state: *mut State,
        value: *mut RawValue,
    ) -> Result<&'a [u8], String> {
        unsafe extern "C" fn take(start: *const c_char, length: c_uint, user_data: *mut c_void) {
            // SAFETY: what is handed on is the variable below; the bytes are the value's own.
            unsafe {
                *user_data.cast() = slice::from_raw_parts(start.cast::<u8>(), length as usize);
            };
        }

        let mut bytes: &[u8] = &[];
        // SAFETY: by this function's own conditions; the getter, which ends the process if
        // the value is anything else, is called only for strings.
        unsafe {
            let is_string = || (self.functions.nix_get_type)(self.context, value) == TYPE_STRING;
            // What is a string already is not forced: that is where Determinate Nix waits until
            // all that its evaluator has for the store is written.
            if !is_string() {
                self.checked((self.functions.nix_value_force)(self.context, state, value))?;
                if !is_string() {
                    return Err("the plugin's function takes strings".into());
                }
            }
            let bytes = (&raw mut bytes).cast();
            self.checked((self.functions.nix_get_string)(
                self.context,
                value,
                take,
                bytes,
            ))?;
        }
        Ok(bytes)
    }
}

/// What a callback is given.
struct Callback<'a> {
    api: Api,
    state: *mut State,
    arguments: &'a [*mut RawValue],
    result: *mut RawValue,
}

/// Runs a callback: its error becomes Nix's, and Nix's references to the values are given
/// up.
///
/// # Safety
///
/// The pointers must be those that Nix gave, for a builtin of so many arguments.
unsafe fn run(
    context: *mut RawContext,
    state: *mut State,
    arguments: *mut *mut RawValue,
    count: usize,
    result: *mut RawValue,
    callback: fn(&Callback<'_>) -> Result<(), String>,
) {
    let Some(functions) = FUNCTIONS.get() else {
        return;
    };
    let arguments = if count == 0 {
        &[]
    } else {
        // SAFETY: Nix gives as many as the builtin was made with.
        unsafe { slice::from_raw_parts(arguments, count) }
    };
    let outcome = Api::new(functions).and_then(|api| {
        let given = Callback {
            api,
            state,
            arguments,
            result,
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| callback(&given)));
        for &value in arguments {
            given.api.release(value);
        }
        given.api.release(result);
        outcome.unwrap_or_else(|_| Err("a fault in nix-sccache, please report it".into()))
    });
    if let Err(message) = outcome {
        let message = CString::new(message).unwrap_or_default();
        // SAFETY: the callback's own context, and a C string, which is copied.
        unsafe { (functions.nix_set_err_msg)(context, NIX_ERROR, message.as_ptr()) };
    }
}

/// `builtins.rust`: what the prelude makes of [`ask`]. Nix keeps it as a thunk, so this runs
/// when somebody first looks at `builtins.rust`.
unsafe extern "C" fn make_builtins(
    _user_data: *mut c_void,
    context: *mut RawContext,
    state: *mut State,
    arguments: *mut *mut RawValue,
    result: *mut RawValue,
) {
    // SAFETY: Nix's own pointers, for a builtin without arguments.
    unsafe { run(context, state, arguments, 0, result, try_make_builtins) };
}

/// builtin -> request -> text -> answer, what the prelude is given.
unsafe extern "C" fn ask(
    _user_data: *mut c_void,
    context: *mut RawContext,
    state: *mut State,
    arguments: *mut *mut RawValue,
    result: *mut RawValue,
) {
    // SAFETY: Nix's own pointers, for a builtin of three arguments.
    unsafe {
        run(context, state, arguments, 3, result, try_ask);
    };
}

fn try_make_builtins(call: &Callback<'_>) -> Result<(), String> {
    let Api { functions, context } = call.api;
    let code =
        CString::new(prelude::documented_by_comments()).map_err(|error| error.to_string())?;
    let asking = new_value(call)?;
    let prelude = new_value(call)?;
    let primop = call.api.new_primop(
        ask,
        c"rust",
        &[c"builtin", c"request", c"text"],
        c"Asks the plugin.",
    )?;
    // SAFETY: the evaluator and the result are Nix's own, the rest was made above.
    let outcome = unsafe {
        call.api
            .checked((functions.nix_init_primop)(context, asking, primop))
            .and_then(|()| {
                let (code, path) = (code.as_ptr(), c"/".as_ptr());
                let evaluate = functions.nix_expr_eval_from_string;
                call.api
                    .checked(evaluate(context, call.state, code, path, prelude))
            })
            .and_then(|()| {
                let apply = functions.nix_value_call;
                call.api
                    .checked(apply(context, call.state, prelude, asking, call.result))
            })
    };
    call.api.release_primop(primop);
    call.api.release(asking);
    call.api.release(prelude);
    outcome
}

fn try_ask(call: &Callback<'_>) -> Result<(), String> {
    // SAFETY: Nix's own pointers, which live as long as this callback runs.
    let string = |value| unsafe { call.api.string(call.state, value) };
    let [builtin, request, text] = call.arguments else {
        return Err("the plugin's function takes three strings".into());
    };
    let answer = answer("c", string(*builtin)?, string(*request)?, string(*text)?);
    let answer = CString::new(answer).map_err(|error| error.to_string())?;
    let Api { functions, context } = call.api;
    // SAFETY: the callback's own result, and a C string, which is copied.
    call.api
        .checked(unsafe { (functions.nix_init_string)(context, call.result, answer.as_ptr()) })
}

fn new_value(call: &Callback<'_>) -> Result<*mut RawValue, String> {
    // SAFETY: the callback's own evaluator.
    let value = unsafe { (call.api.functions.nix_alloc_value)(call.api.context, call.state) };
    call.api.found(value)
}
