// Local variables of the prompt that outlive their line: `local q = 3`, and `q` in the next line is 3.
//
// A chunk that declares locals outside all blocks also returns a function that refers to them, which
// keeps the variables themselves, not copies. A later chunk that uses such a name is compiled as
//
//   local q  return function(...) <the chunk> end
//
// and its upvalue is joined with the kept variable. So a function of an earlier line and the line that
// is typed now see one variable, as in one piece of Lua.
import CLua
import Catalog
import LuaHost

final class SessionLocals {
  private let lua: LuaState
  /// Lua functions: keep(names, capture, …), join(chunk), value(name).
  private let keepFunction: UnsafeMutableRawPointer?
  private let joinFunction: UnsafeMutableRawPointer?
  private let valueFunction: UnsafeMutableRawPointer?
  private(set) var names: Set<String> = []

  init(_ lua: LuaState) {
    self.lua = lua
    let top = clua_top(lua.pointer)
    let status = lua.load(Self.helpers, name: "=prompt")
    if status == CLUA_OK, clua_call(lua.pointer, 0, 3) == CLUA_OK {
      keepFunction = clua_keep(lua.pointer, top + 1)
      joinFunction = clua_keep(lua.pointer, top + 2)
      valueFunction = clua_keep(lua.pointer, top + 3)
    } else {
      (keepFunction, joinFunction, valueFunction) = (nil, nil, nil)
    }
    clua_set_top(lua.pointer, top)
  }

  deinit {
    for function in [keepFunction, joinFunction, valueFunction] { clua_release(function) }
  }

  /// Replaces the chunk on top of the stack, compiled from `code`, by one that sees the kept variables
  /// and returns what it declares.
  ///
  /// - Returns: the names it declares; empty where it returns nothing besides its own results.
  func prepare(_ code: String) -> [String] {
    let words = LuaWords(code)
    let declared = words.topLocals
    let used = Set(words.words.filter(\.isName).map { String($0.text) })
      .intersection(names).sorted()
    if declared.isEmpty && used.isEmpty { return [] }
    var text = declared.isEmpty ? code : capturing(declared, words)
    if !used.isEmpty {
      text = "local \(used.joined(separator: ", ")) return function(...) \(text)\nend"
    }
    guard lua.load(text, name: "=stdin") == CLUA_OK else {
      // Beyond a limit of the compiler: then locals end with the line, as in stock Lua.
      clua_set_top(lua.pointer, -2)
      return []
    }
    if !used.isEmpty { join() }
    clua_remove(lua.pointer, -2)
    return declared
  }

  /// The code with a function that refers to its locals in front of its results.
  private func capturing(_ names: [String], _ words: LuaWords) -> String {
    let capture = "function() return \(names.joined(separator: ", ")) end"
    guard let place = words.topReturn else { return words.code + "\nreturn \(capture)" }
    let word = words.words[place]
    let isAlone = place + 1 == words.words.count || words.words[place + 1].text == ";"
    let (before, after) = words.split(at: word.start + word.text.utf8.count)
    return "\(before) \(capture)\(isAlone ? "" : ",")\(after)"
  }

  /// Calls the function on top, which makes a chunk, and joins the chunk's variables.
  private func join() {
    guard clua_call(lua.pointer, 0, 1) == CLUA_OK else { return }
    clua_push_kept(lua.pointer, joinFunction)
    clua_push_copy(lua.pointer, -2)
    if clua_call(lua.pointer, 1, 0) != CLUA_OK { clua_set_top(lua.pointer, -2) }
  }

  /// Takes the capturing function, the first result of a chunk, from place 1 of the stack.
  func keep(_ declared: [String]) {
    guard !declared.isEmpty, clua_reserve(lua.pointer, Int32(declared.count) + 8) != 0 else {
      return
    }
    let frame = Frame(lua.pointer)
    clua_push_kept(lua.pointer, keepFunction)
    clua_push_copy(lua.pointer, 1)
    for name in declared { frame.push(name) }
    if clua_call(lua.pointer, Int32(declared.count) + 1, 0) == CLUA_OK {
      names.formUnion(declared)
    } else {
      clua_set_top(lua.pointer, -2)
    }
    clua_remove(lua.pointer, 1)
  }

  /// Pushes the value of a kept variable; false where there is none of this name.
  func push(_ name: String) -> Bool {
    guard names.contains(name), clua_reserve(lua.pointer, 4) != 0 else { return false }
    clua_push_kept(lua.pointer, valueFunction)
    Frame(lua.pointer).push(name)
    if clua_call(lua.pointer, 1, 1) == CLUA_OK { return true }
    clua_set_top(lua.pointer, -2)
    return false
  }

  private static let helpers = """
    local getupvalue, upvaluejoin, pack = debug.getupvalue, debug.upvaluejoin, table.pack
    local cells = {}

    local function keep(capture, ...)
      local names, values = pack(...), pack(capture())
      for position = 1, names.n do
        local name, number = names[position], 1
        local found = getupvalue(capture, number)
        while found and found ~= name do
          number = number + 1
          found = getupvalue(capture, number)
        end
        if found then
          cells[name] = {capture, number}
        else  -- a constant, which the compiler has put in place
          local value = values[position]
          cells[name] = {function() return value end, 1}
        end
      end
    end

    local function join(chunk)
      local number = 1
      local name = getupvalue(chunk, number)
      while name do
        local cell = cells[name]
        if cell then upvaluejoin(chunk, number, cell[1], cell[2]) end
        number = number + 1
        name = getupvalue(chunk, number)
      end
    end

    local function value(name)
      local _, held = getupvalue(cells[name][1], cells[name][2])
      return held
    end

    return keep, join, value
    """
}
