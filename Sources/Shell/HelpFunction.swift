// `help`, a function of the prompt: `help()`, `help(x)`, `help "sde.vp"`.
import CLua
import CReadline
import Catalog
import Glibc
import LuaHost
import Reference

enum HelpFunction {
  static func install(in lua: LuaState, _ help: HelpText) {
    let module = Module(
      "prompt", "",
      entries: [
        .function("help", "Tells of a name or a value.", .rest("x")) {
          [unowned lua] (x: Rest<Topic>) in
          let width = Int(creadline_terminal_width())
          let text =
            x.values.first.map { self.text(about: $0, help, lua, width: width) }
            ?? help.overview(width: width)
          write(text, to: stdout)
          return Nothing()
        }
      ])
    lua.addGlobals(of: module)
  }

  private static func text(
    about topic: Topic, _ help: HelpText, _ lua: LuaState, width: Int
  ) -> String {
    switch topic {
    case .name(let name): help.page(name, width: width) ?? help.miss(name)
    case .other(let text): text + "\n"
    }
  }
}

/// What `help` was asked about.
enum Topic: Argument {
  /// A page of the reference.
  case name(String)
  /// Something else, in words.
  case other(String)

  static var expectation: String { "a value" }
  static var luaType: String { "any" }

  static func read(_ frame: Frame, _ index: Int32) throws -> Topic {
    if let text = frame.string(at: index) { return .name(text) }
    if let object = frame.anyObject(at: index) { return .name(type(of: object).typeName) }
    if let name = frame.referenceName(at: index) { return .name(name) }
    if let place = frame.place(ofFunctionAt: index) {
      return .other("a Lua function, written at \(place)")
    }
    if frame.type(at: index) == LuaType.function {
      return .other("a function of Lua's own: see https://www.lua.org/manual/5.4/")
    }
    return .other(frame.describe(at: index))
  }
}
