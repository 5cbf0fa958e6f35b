// `help`, at the prompt and in scripts: `help()`, `help(x)`, `help "sde.vp"`.
import CLua
import CReadline
import Catalog
import Glibc
import LuaHost
import Reference

package enum HelpFunction {
  /// Puts `help` behind the globals; long texts come by pages where somebody sits at a terminal.
  package static func install(in lua: LuaState, modules: @escaping () -> [Module]) {
    let module = Module(
      "prompt", "",
      entries: [
        .function("help", "Tells of a name or a value.", .rest("x")) { (x: Rest<Topic>) in
          let help = HelpText(modules())
          let width = Int(clamping: creadline_terminal_width())
          Pager.forUser.show(
            x.values.first.map { text(about: $0, name: nil, help, width: width) }
              ?? help.overview(files: StandardLibrary.names, width: width))
          return Nothing()
        }
      ])
    lua.addGlobals(of: module)
  }

  /// - Parameter name: what was typed, where that is known.
  static func text(about topic: Topic, name: String?, _ help: HelpText, width: Int) -> String {
    switch topic {
    case .name(let name):
      help.page(name, width: width) ?? StandardLibrary.help(name)
        ?? help.found(name, more: StandardLibrary.summaries, width: width) ?? help.miss(name)
    case .function(let place): text(ofFunctionAt: place, name: name)
    case .nothing:
      "the value is nil: no variable of that name has a value; help \"name\" looks a name up\n"
    case .other(let text): text + "\n"
    }
  }

  /// Where a function of the user was written, and the comment above it.
  private static func text(ofFunctionAt place: Topic.Place, name: String?) -> String {
    let head = "a Lua function, written at \(place.text)\n"
    let lines =
      place.file.map { path in
        CommentText.lines(ofFile: path).map { Array($0.prefix(place.line)) }
      } ?? PromptSource.lines(upTo: place.line, name: name)
    guard let lines, let comment = CommentText.above(lines) else { return head }
    return "\(head)\n\(comment)\n"
  }
}

/// What `help` was asked about.
enum Topic: Argument {
  struct Place {
    /// As Lua shows it: `stdin:1`.
    let text: String
    /// Nil where it was typed.
    let file: String?
    let line: Int
  }

  /// A page of the reference.
  case name(String)
  /// A function written in Lua.
  case function(Place)
  case nothing
  /// Something else, in words.
  case other(String)

  static var expectation: String { "a value" }
  static var luaType: String { "any" }

  var isNothing: Bool { if case .nothing = self { true } else { false } }

  static func read(_ frame: Frame, _ index: Int32) throws -> Topic {
    if frame.isMissing(at: index) { return .nothing }
    if let text = frame.string(at: index) { return .name(text) }
    if let object = frame.anyObject(at: index) { return .name(type(of: object).typeName) }
    if let name = frame.referenceName(at: index) { return .name(name) }
    if let place = frame.place(ofFunctionAt: index) {
      let line = place.split(separator: ":").last.flatMap { Int($0, radix: 10) } ?? 0
      return .function(Place(text: place, file: frame.file(ofFunctionAt: index), line: line))
    }
    if frame.type(at: index) == LuaType.function {
      return .other("a function of Lua's own: see https://www.lua.org/manual/5.4/")
    }
    if frame.type(at: index) == LuaType.table {
      return .other("a table; type its name to see what it holds")
    }
    return .other(frame.describe(at: index))
  }
}
