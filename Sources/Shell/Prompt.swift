// The interactive prompt: reads a chunk, runs it, prints what it returns.
import CLua
import CReadline
import Catalog
import Glibc
import LuaHost
import Reference

public final class Prompt {
  private let lua: LuaState
  private let modules: [Module]
  private let help: HelpText
  private let reader: any LineReader
  private let isTerminal: Bool
  /// Module names that a global hides, as far as the user was told.
  private var hidden: Set<String> = []

  /// Reads and runs until the end of input.
  public static func run(_ lua: LuaState, modules: [Module]) {
    Prompt(lua, modules: modules).loop()
  }

  private init(_ lua: LuaState, modules: [Module]) {
    self.lua = lua
    self.modules = modules
    help = HelpText(modules)
    isTerminal = isatty(STDIN_FILENO) != 0
    if isTerminal {
      Completion.start(lua, modules: modules)
      reader = TerminalReader(history: History())
    } else {
      reader = StreamReader()
    }
  }

  private func loop() {
    HelpFunction.install(in: lua, help)
    if isTerminal {
      write("help() tells what there is, Tab completes, Ctrl-D leaves.\n", to: stdout)
      runStartupFile()
    }
    noteHiddenModules(tell: false)
    reading: while true {
      switch readChunk() {
      case .chunk: runLoadedChunk()
      case .failed: lua.reportError(nil)
      case .command(let command): if !perform(command) { break reading }
      case .interrupted: continue
      case .end: break reading
      }
      clua_set_top(lua.pointer, 0)
      noteHiddenModules(tell: true)
    }
    clua_set_top(lua.pointer, 0)
    write("\n", to: stdout)
  }

  // MARK: Reading

  private enum Read {
    /// A function stands on the stack.
    case chunk
    /// An error message stands on the stack.
    case failed
    case command(Command)
    case interrupted
    case end
  }

  private enum Command {
    case leave
    case help(String)
  }

  private func readChunk() -> Read {
    clua_forget_press()  // what it was to stop has ended
    switch reader.read(prompt: promptText("_PROMPT", "> ")) {
    case .end: return .end
    case .interrupted: return .interrupted
    case .line(let line):
      if let command = command(in: line) {
        reader.remember(line)
        return .command(command)
      }
      return compile(line)
    }
  }

  /// As an expression if it is one, otherwise as a statement, reading on while it is incomplete.
  private func compile(_ first: String) -> Read {
    var code = first.hasPrefix("=") ? "return " + first.dropFirst() : first
    if lua.load("return \(code);", name: "=stdin") == CLUA_OK {
      reader.remember(first)
      return .chunk
    }
    clua_set_top(lua.pointer, -2)
    while true {
      let status = lua.load(code, name: "=stdin")
      if status == CLUA_OK || !isIncomplete {
        reader.remember(code)
        return status == CLUA_OK ? .chunk : .failed
      }
      Completion.earlierLines = code + "\n"
      defer { Completion.earlierLines = "" }
      switch reader.read(prompt: promptText("_PROMPT2", ">> ")) {
      case .line(let line):
        clua_set_top(lua.pointer, -2)
        code += "\n" + line
      case .interrupted:
        clua_set_top(lua.pointer, 0)
        return .interrupted
      case .end: return .failed
      }
    }
  }

  /// Whether the syntax error on the stack only says that the code ends too early.
  private var isIncomplete: Bool {
    Frame(lua.pointer).string(at: -1)?.hasSuffix("<eof>") ?? false
  }

  private func promptText(_ global: String, _ standard: String) -> String {
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    return lua.interruptible {
      guard clua_get_global(lua.pointer, global) == CLUA_OK,
        clua_type(lua.pointer, -1) != LuaType.nil
      else { return standard }
      return lua.text(at: -1)
    }
  }

  // MARK: Commands

  private func command(in line: String) -> Command? {
    let text = trimmed(line)
    if isTerminal, text == "quit" || text == "exit", !lua.pushGlobalRaw(text) { return .leave }
    clua_set_top(lua.pointer, 0)
    if text.hasPrefix("?") { return .help(trimmed(String(text.dropFirst()))) }
    return nil
  }

  /// False to leave.
  private func perform(_ command: Command) -> Bool {
    switch command {
    case .leave: return false
    case .help(let name):
      if name.isEmpty {
        write(help.overview(width: width), to: stdout)
      } else if let page = help.page(name, width: width) {
        write(page, to: stdout)
      } else if isChain(name), lua.load("return help(\(name))", name: "=stdin") == CLUA_OK,
        pushes(name)
      {
        runLoadedChunk()
      } else {
        write(help.miss(name), to: stdout)
      }
      return true
    }
  }

  /// Whether a name like `fit.model` leads to a value now.
  private func pushes(_ chain: String) -> Bool {
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    return Completion.push(chain, in: lua)
  }

  private func isChain(_ text: String) -> Bool {
    text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
  }

  // MARK: Running

  private func runLoadedChunk() {
    guard lua.callFromTop(arguments: 0, results: CLUA_MULTRET) == CLUA_OK else {
      lua.reportError(nil)
      return
    }
    let count = clua_top(lua.pointer)
    guard count > 0 else { return }
    clua_push_copy(lua.pointer, 1)
    _ = lua.interruptible { clua_set_global(lua.pointer, "_") }
    ResultPrinter(lua: lua, width: width, isTerminal: isTerminal).printAll(count)
  }

  private func runStartupFile() {
    guard let home = environment("HOME") else { return }
    let path = home + "/.moondriftrc.lua"
    guard access(path, R_OK) == 0 else { return }
    let status = clua_load_file(lua.pointer, path)
    if status != CLUA_OK || lua.callFromTop(arguments: 0, results: 0) != CLUA_OK {
      lua.reportError(nil)
    }
    clua_set_top(lua.pointer, 0)
  }

  /// Says once for each module that a global of its name now hides it.
  private func noteHiddenModules(tell: Bool) {
    clua_push_globals(lua.pointer)
    defer { clua_set_top(lua.pointer, -2) }
    for module in modules where !hidden.contains(module.name) {
      let type = clua_get_field(lua.pointer, -1, module.name)
      clua_set_top(lua.pointer, -2)
      guard type != LuaType.nil else { continue }
      hidden.insert(module.name)
      if tell {
        write(
          "note: the variable \(module.name) now hides the module; "
            + "it is still moondrift.\(module.name)\n", to: stderr)
      }
    }
  }

  private var width: Int { Int(creadline_terminal_width()) }
}

func trimmed(_ text: String) -> String {
  var text = Substring(text)
  while text.first?.isWhitespace ?? false { text.removeFirst() }
  while text.last?.isWhitespace ?? false { text.removeLast() }
  return String(text)
}

func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: false
  }
}
