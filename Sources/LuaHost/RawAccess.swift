// Looking at Lua values without running anything of the script: no metamethod, no error. Completion
// and help use it while a line is being typed.
import CLua
import Catalog

/// What a name leads to, as far as completion cares.
package enum MemberKind { case function, value }

extension LuaState {
  /// Pushes what a global name means: a global, or a module that stands behind the globals.
  package func pushGlobalRaw(_ name: String) -> Bool {
    guard clua_reserve(pointer, 6) != 0 else { return false }
    makeModules()
    clua_push_globals(pointer)
    return replaceTop { self.pushMemberRaw(of: -1, name) }
  }

  /// Pushes a field of a table, also one behind an `__index` table, or a method of an object.
  package func pushMemberRaw(of index: Int32, _ name: String) -> Bool {
    guard clua_reserve(pointer, 6) != 0 else { return false }
    let top = clua_top(pointer)
    clua_push_copy(pointer, index)
    for _ in 0..<8 {  // a chain of __index tables
      if clua_type(pointer, -1) == LuaType.table {
        if clua_get_field(pointer, -1, name) != LuaType.nil { return keepTop(above: top) }
        clua_set_top(pointer, -2)
      }
      if let key = clua_object_class(pointer, -1), clua_push_members(pointer, key, 1) {
        if clua_get_field(pointer, -1, name) != LuaType.nil { return keepTop(above: top) }
        break
      }
      guard clua_get_metatable(pointer, -1) else { break }
      guard clua_get_field(pointer, -1, "__index") == LuaType.table else { break }
    }
    clua_set_top(pointer, top)
    return false
  }

  /// Pushes a property of one of our objects; its getter is Swift, so nothing of the script runs.
  package func pushProperty(of index: Int32, _ name: String) -> Bool {
    let top = clua_top(pointer)
    guard clua_reserve(pointer, 6) != 0, let key = clua_object_class(pointer, index),
      clua_push_members(pointer, key, 2)
    else { return false }
    let isProperty = clua_get_field(pointer, -1, name) != LuaType.nil
    clua_set_top(pointer, top)
    return isProperty && pushByIndex(of: index) { Frame(pointer).push(name) }
  }

  /// Pushes an element of a table by raw access, or of one of our objects.
  package func pushElement(of index: Int32, _ place: Int) -> Bool {
    guard clua_reserve(pointer, 6) != 0 else { return false }
    if clua_type(pointer, index) == LuaType.table {
      if clua_get_index(pointer, index, place) != LuaType.nil { return true }
      clua_set_top(pointer, -2)
      return false
    }
    guard clua_object_class(pointer, index) != nil else { return false }
    return pushByIndex(of: index) { clua_push_integer(pointer, Int64(place)) }
  }

  /// Pushes what the `__index` of an object of ours gives for the key that `pushKey` pushes.
  private func pushByIndex(of index: Int32, _ pushKey: () -> Void) -> Bool {
    let top = clua_top(pointer)
    let index = clua_absolute_index(pointer, index)
    if clua_get_metatable(pointer, index),
      clua_get_field(pointer, -1, "__index") == LuaType.function
    {
      clua_push_copy(pointer, index)
      pushKey()
      if clua_call(pointer, 2, 1) == CLUA_OK, clua_type(pointer, -1) != LuaType.nil {
        return keepTop(above: top)
      }
    }
    clua_set_top(pointer, top)
    return false
  }

  /// The names a value has, its own and those behind it.
  package func memberNames(of index: Int32, methodsOnly: Bool) -> [(name: String, kind: MemberKind)]
  {
    guard clua_reserve(pointer, 8) != 0 else { return [] }
    let top = clua_top(pointer)
    defer { clua_set_top(pointer, top) }
    var found: [(String, MemberKind)] = []
    clua_push_copy(pointer, index)
    for _ in 0..<8 {
      if clua_type(pointer, -1) == LuaType.table { found += names(inTableAt: -1) }
      if let key = clua_object_class(pointer, -1) {
        if clua_push_members(pointer, key, 1) { found += names(inTableAt: -1) }
        if clua_push_members(pointer, key, 2) {
          found += names(inTableAt: -1).map { ($0.0, .value) }
        }
        break
      }
      guard clua_get_metatable(pointer, -1) else { break }
      guard clua_get_field(pointer, -1, "__index") == LuaType.table else { break }
    }
    return methodsOnly ? found.filter { $0.1 == .function } : found
  }

  /// The names that a script can use, modules among them.
  package func globalNames() -> [(name: String, kind: MemberKind)] {
    makeModules()
    clua_push_globals(pointer)
    defer { clua_set_top(pointer, -2) }
    return memberNames(of: -1, methodsOnly: false)
  }

  /// The names of the variables that scripts made, and of Lua's own.
  package func variableNames() -> [String] {
    guard clua_reserve(pointer, 4) != 0 else { return [] }
    clua_push_globals(pointer)
    defer { clua_set_top(pointer, -2) }
    return names(inTableAt: -1).map(\.0)
  }

  private func names(inTableAt index: Int32) -> [(String, MemberKind)] {
    let table = clua_absolute_index(pointer, index)
    var found: [(String, MemberKind)] = []
    clua_push_nil(pointer)
    while clua_next(pointer, table) != 0 {
      if let name = Frame(pointer).string(at: -2) {
        let isFunction = clua_type(pointer, -1) == LuaType.function
        found.append((name, isFunction ? .function : .value))
      }
      clua_set_top(pointer, -2)
    }
    return found
  }

  /// Leaves the top value alone in place of all above `top`.
  private func keepTop(above top: Int32) -> Bool {
    if clua_top(pointer) > top + 1 {
      clua_insert(pointer, top + 1)
      clua_set_top(pointer, top + 1)
    }
    return true
  }

  /// Runs `push` and drops the value that was on top before; when nothing came, drops it too.
  private func replaceTop(_ push: () -> Bool) -> Bool {
    let top = clua_top(pointer)
    guard push() else {
      clua_set_top(pointer, top - 1)
      return false
    }
    clua_remove(pointer, top)
    return true
  }
}

extension Frame {
  /// The name under which help knows a function or module: `sample.euler_maruyama`, `sample`.
  package func referenceName(at index: Int32) -> String? {
    if let raw = clua_bound_function(state, index) {
      return Unmanaged<BoundFunction>.fromOpaque(raw).takeUnretainedValue().name
    }
    return moduleName(at: index)
  }

  private func moduleName(at index: Int32) -> String? {
    guard clua_type(state, index) == LuaType.table, clua_reserve(state, 4) != 0 else { return nil }
    let target = clua_pointer(state, index)
    let top = clua_top(state)
    defer { clua_set_top(state, top) }
    clua_push_loaded(state)
    guard clua_get_field(state, -1, "moondrift") == LuaType.table else { return nil }
    let modules = clua_top(state)
    clua_push_nil(state)
    while clua_next(state, modules) != 0 {
      if clua_pointer(state, -1) == target { return string(at: -2) }
      clua_set_top(state, -2)
    }
    return nil
  }

  /// Where a Lua function was written: `stdin:1`; nil for one of C.
  package func place(ofFunctionAt index: Int32) -> String? {
    guard clua_type(state, index) == LuaType.function, !clua_is_c_function(state, index),
      clua_reserve(state, 3) != 0
    else { return nil }
    clua_push_function_place(state, index)
    defer { pop() }
    return string(at: -1)
  }

  /// The file in which a Lua function was written; nil for one that was typed or made by `load`.
  package func file(ofFunctionAt index: Int32) -> String? {
    guard clua_type(state, index) == LuaType.function, !clua_is_c_function(state, index),
      clua_reserve(state, 3) != 0
    else { return nil }
    clua_push_function_source(state, index)
    defer { pop() }
    guard let source = string(at: -1), source.hasPrefix("@") else { return nil }
    return String(source.dropFirst())
  }
}
