// The whole of Lua that Swift may see.
//
// Lua reports errors by longjmp, which must never pass over a Swift frame. So this header does not
// include lua.h: it declares, over an opaque state, only calls that never raise (or raise only when
// memory is out) and protected forms of those that may. What raises an error does so from C, when
// the last Swift frame has returned.
#ifndef CLUA_H
#define CLUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lua_State lua_State;

#pragma clang assume_nonnull begin

#define CLUA_OK 0
#define CLUA_MULTRET (-1)

// --- What Swift provides --------------------------------------------------------------------------
/// Runs a bound function. Returns the number of results on the stack, or one of `CLUA_RAISE…` with
/// the error on top.
typedef int (*clua_dispatch)(lua_State *L, void *function);
#define CLUA_RAISE (-1)            // a message: the caller's position is put in front
#define CLUA_RAISE_AS_IS (-2)      // any value, raised as itself
#define CLUA_RAISE_INTERRUPT (-3)  // a message about an interrupt, which is thereby over
/// Gives up the retained reference that a userdata held.
typedef void (*clua_release_object)(void *object);
/// Registers the class of an object that no module declared.
typedef void (*clua_describe_class)(lua_State *L, void *object, const void *class_key);

/// Set once, before the first state is made.
void clua_set_callbacks(clua_dispatch dispatch, clua_release_object release,
                        clua_describe_class describe);

// --- Lifetime -------------------------------------------------------------------------------------
/// NULL when memory is out. The collector runs in generational mode.
lua_State *_Nullable clua_new(void);
void clua_close(lua_State *L);
/// Opens Lua's own libraries; a status.
int clua_open_libraries(lua_State *L, bool ignore_environment);
/// The release of Lua (`Lua 5.4.4`) and its copyright line.
const char *clua_release_text(void);
const char *clua_copyright_text(void);

// --- Reading (negative indices count from the top; nothing here runs a metamethod) ------------------
int clua_type(lua_State *L, int index);
double clua_number(lua_State *L, int index);
int64_t clua_integer(lua_State *L, int index, int *is_integer);
int clua_is_integer(lua_State *L, int index);
int clua_boolean(lua_State *L, int index);
/// The bytes of a value whose type is string.
const char *_Nullable clua_string(lua_State *L, int index, ptrdiff_t *length);
const void *_Nullable clua_pointer(lua_State *L, int index);
bool clua_is_c_function(lua_State *L, int index);
/// Pushes where a Lua function was written, `script.lua:12`.
void clua_push_function_place(lua_State *L, int index);
/// Pushes the name of the chunk a Lua function was compiled from, `@script.lua`.
void clua_push_function_source(lua_State *L, int index);
/// The name a user would give the type, a userdata's `__name` first.
const char *clua_type_name(lua_State *L, int index);

// --- The stack ------------------------------------------------------------------------------------
int clua_top(lua_State *L);
void clua_set_top(lua_State *L, int index);
int clua_absolute_index(lua_State *L, int index);
void clua_push_copy(lua_State *L, int index);
int clua_reserve(lua_State *L, int slots);
/// Moves the top value to an index, shifting those above up.
void clua_insert(lua_State *L, int index);
void clua_remove(lua_State *L, int index);

// --- Tables, raw ----------------------------------------------------------------------------------
ptrdiff_t clua_length(lua_State *L, int index);
int clua_get_index(lua_State *L, int table, ptrdiff_t position);
int clua_get_field(lua_State *L, int table, const char *name);
/// Pops a key and pushes its value.
int clua_raw_get(lua_State *L, int table);
int clua_next(lua_State *L, int table);
void clua_set_index(lua_State *L, int table, ptrdiff_t position);
void clua_set_field(lua_State *L, int table, const char *name, ptrdiff_t length);
bool clua_get_metatable(lua_State *L, int index);
void clua_set_metatable(lua_State *L, int index);
void clua_push_globals(lua_State *L);
/// The table `package.loaded`.
void clua_push_loaded(lua_State *L);

// --- Pushing --------------------------------------------------------------------------------------
void clua_push_nil(lua_State *L);
void clua_push_number(lua_State *L, double value);
void clua_push_integer(lua_State *L, int64_t value);
void clua_push_boolean(lua_State *L, int value);
/// Where a long string does not fit in memory, pushes an empty one; the bound function that runs
/// then ends in Lua's "not enough memory".
void clua_push_string(lua_State *L, const char *_Nullable bytes, ptrdiff_t length);
/// False, and nothing pushed, where it does not fit in memory.
int clua_push_table(lua_State *L, int list, int named);
/// Makes the table on top a record: a name that is none of its fields, which `fields` lists in words, is
/// an error that says so.
void clua_fix_fields(lua_State *L, const char *name, const char *fields);
/// The name of the record at `index`; NULL for any other value.
const char *_Nullable clua_record_name(lua_State *L, int index);
/// Pushes nil; the bound function that runs then ends in Lua's "not enough memory".
void clua_fail_memory(lua_State *L);
/// A Lua function that runs `function` through the dispatch.
void clua_push_function(lua_State *L, void *function);
/// What such a Lua function runs; NULL for any other value.
void *_Nullable clua_bound_function(lua_State *L, int index);
/// Whether the bound function that runs was called as a field, `x.sum()`, as far as Lua knows.
bool clua_is_dot_call(lua_State *L);
/// The same for a `__call` metamethod of a table: the table itself is dropped from the arguments.
void clua_push_module_call(lua_State *L, void *function);
/// An `__index` metamethod that runs `function` for keys the table does not have.
void clua_push_module_index(lua_State *L, void *function);

// --- Objects --------------------------------------------------------------------------------------
/// Declares a class of objects and pushes its metatable, the table of its methods and the table of
/// its properties, which stay the class's own. `missing` runs for a member it does not have, `index`
/// (may be NULL) for keys that are not names, and for those too where `index_takes_names`; `assign`
/// for assignments to members; `show` for tostring. Objects that hold references have a finalizer.
void clua_declare_class(lua_State *L, const void *class_key, const char *name, void *missing,
                        void *_Nullable index, bool index_takes_names, void *assign, void *show,
                        bool holds_references);
/// Pops nothing; notes a property in the properties table on top.
void clua_add_property(lua_State *L, int properties, const char *name, void *getter);
/// A new userdata that owns the retained object.
void clua_push_object(lua_State *L, void *object, const void *class_key);
/// The same for an object that holds references: from now on the userdata keep their values alive, so
/// that a value that refers to the object is collected with it.
void clua_push_holder(lua_State *L, void *object, const void *class_key,
                      void *_Nullable const *_Nonnull references, int count);
void *_Nullable clua_object(lua_State *L, int index);
const void *_Nullable clua_object_class(lua_State *L, int index);
/// The object of exactly this class, or NULL.
void *_Nullable clua_object_of_class(lua_State *L, int index, const void *class_key);
/// Pushes what a class declared: its methods (1), its properties (2). False where it is unknown.
bool clua_push_members(lua_State *L, const void *class_key, int which);

// --- References -----------------------------------------------------------------------------------
/// A value kept alive for Swift. It may be released on any thread, also when the state is closed.
void *_Nullable clua_keep(lua_State *L, int index);
void clua_push_kept(lua_State *L, void *_Nullable reference);
void clua_release(void *_Nullable reference);
/// The coroutine that runs now in the reference's universe; NULL when that is closed, or when
/// another thread asks.
lua_State *_Nullable clua_state_of(void *_Nullable reference);
/// The coroutine that runs now in the universe of a state.
lua_State *clua_running(lua_State *L);
/// The universe that runs on this thread, and its hand-over to another one that goes on in its place.
void *_Nullable clua_universe_here(void);
void clua_go_on_here(void *_Nullable universe);

// --- Protected calls (0 on success, otherwise the error value is on top) ----------------------------
int clua_call(lua_State *L, int arguments, int results);
/// As `clua_call`, with the interpreter's message handler: a string with a traceback.
int clua_call_traced(lua_State *L, int arguments, int results);
/// As `clua_call_traced`, but an error raised by the called function itself, and not in a function
/// that it called, comes without a traceback.
int clua_call_typed(lua_State *L, int arguments, int results);
/// NULL reads standard input.
int clua_load_file(lua_State *L, const char *_Nullable path);
int clua_load(lua_State *L, const char *code, ptrdiff_t length, const char *name);
/// Pushes the string a value is shown as (`tostring`), which may run a metamethod.
int clua_to_string(lua_State *L, int index);
/// Reads and writes a global, metamethods included.
int clua_get_global(lua_State *L, const char *name);
int clua_set_global(lua_State *L, const char *name);
/// Runs Swift code inside a Lua call, as the interpreter's main function.
int clua_run(lua_State *L, void (*body)(lua_State *L, void *_Nullable context), void *_Nullable context);

// --- Collector ------------------------------------------------------------------------------------
/// To be called before so many bytes outside Lua are taken: collects garbage where it is time.
void clua_make_room(int64_t bytes);
/// A full collection in the universe that runs on this thread, if any.
void clua_collect_here(void);
void clua_collect(lua_State *L);
/// Bytes that Lua holds in the universe that runs on this thread; 0 where none does.
int64_t clua_bytes_here(void);
/// Bytes that Lua itself holds.
int64_t clua_lua_bytes(lua_State *L);
void clua_warn(lua_State *L, const char *message);

// --- Interrupts -----------------------------------------------------------------------------------
/// From here to the end, SIGINT stops what runs in this universe: Lua code by a hook, Swift loops by
/// the request to cancel. The second one is not caught by pcall. Where the first one finds a call that
/// cannot stop, the next tells which, and a third within two seconds ends the process.
void clua_begin_interruptible(lua_State *L);
void clua_end_interruptible(lua_State *L);
/// Whether the process has a session to lose: then SIGINT while nothing runs never ends it, but stops
/// what begins next.
void clua_keep_session(bool keeps);
/// Whether something is asked to stop and has not told Lua yet.
bool clua_is_interrupted(void);
/// Drops a SIGINT that came while nothing ran.
void clua_forget_press(void);
/// The name of the bound function that this thread runs, for the handler to tell; NULL for none.
extern _Thread_local const char *_Nullable clua_running_function;
static inline const char *_Nullable clua_exchange_running_function(const char *_Nullable name) {
  const char *outer = clua_running_function;
  clua_running_function = name;
  return outer;
}
/// What the signal handler does; for tests.
void clua_interrupt(lua_State *L);

#pragma clang assume_nonnull end

#endif
