// The interactive prompt: reads a chunk, runs it, prints what it returns.
import CLua
import CReadline
import Catalog
import Glibc
import LuaHost
import Reference

package final class Prompt {
  private let lua: LuaState
  private let catalog: PromptCatalog
  private let reader: any LineReader
  private let isTerminal: Bool
  private let locals: SessionLocals
  private let compiler: ChunkCompiler
  /// The local variables that the chunk on the stack returns.
  private var declared: [String] = []
  /// Names of globals that hide a module, as far as the user knows.
  private var hidden: Set<String> = []

  /// Reads and runs until the end of input.
  ///
  /// - Parameter modules: asked for when the catalog is first needed.
  package static func run(_ lua: LuaState, modules: @escaping () -> [Module]) {
    Prompt(lua, PromptCatalog(modules)).loop()
  }

  private init(_ lua: LuaState, _ catalog: PromptCatalog) {
    self.lua = lua
    self.catalog = catalog
    locals = SessionLocals(lua)
    compiler = ChunkCompiler(lua: lua)
    isTerminal = isatty(STDIN_FILENO) != 0
    if isTerminal {
      Completion.start(lua, catalog, locals: locals)
      reader = TerminalReader(history: History())
    } else {
      reader = StreamReader()
    }
  }

  private func loop() {
    if isTerminal {
      write("help() tells what there is, Tab completes, Ctrl-D leaves.\n", to: stdout)
      runStartupFile()
    }
    // A module that a script hid before is not told of, and `moondrift` is a variable itself.
    hidden = Set(lua.variableNames() + ["moondrift"])
    reading: while true {
      switch readChunk() {
      case .chunk: runLoadedChunk()
      case .failed: lua.reportError(nil)
      case .command(let command): if !perform(command) { break reading }
      case .interrupted: continue
      case .end: break reading
      }
      clua_set_top(lua.pointer, 0)
      noteHiddenModules()
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

  /// Reads on while what is there is incomplete.
  private func compile(_ first: String) -> Read {
    var code = first
    while true {
      switch compiler.compile(code) {
      case .chunk(let text):
        reader.remember(code)
        PromptSource.add(code)
        declared = locals.prepare(text)
        return .chunk
      case .failed:
        reader.remember(code)
        return .failed
      case .incomplete: break
      }
      Completion.earlierLines = code + "\n"
      defer { Completion.earlierLines = "" }
      switch reader.read(prompt: promptText("_PROMPT2", ">> ")) {
      case .line(let line): code += "\n" + line
      case .interrupted: return .interrupted
      case .end:
        // The message that the code ends too early.
        _ = lua.load(code, name: "=stdin")
        return .failed
      }
    }
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
      Pager.forUser.show(helpText(name))
      return true
    }
  }

  /// By name where the reference has it, otherwise of the value that the name leads to now.
  private func helpText(_ name: String) -> String {
    if name.isEmpty { return catalog.help.overview(width: width) }
    if let page = catalog.help.page(name, width: width) { return page }
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    if isChain(name), NameLookup(lua: lua, locals: locals).push(name),
      let topic = try? Topic.read(Frame(lua.pointer), clua_top(lua.pointer)), !topic.isNothing
    {
      return HelpFunction.text(about: topic, name: name, catalog.help, width: width)
    }
    return HelpFunction.text(about: .name(name), name: nil, catalog.help, width: width)
  }

  private func isChain(_ text: String) -> Bool {
    text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
  }

  // MARK: Running

  private func runLoadedChunk() {
    let declared = declared
    self.declared = []
    guard lua.callTyped(results: CLUA_MULTRET) == CLUA_OK else {
      lua.reportError(nil)
      return
    }
    locals.keep(declared)
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
  private func noteHiddenModules() {
    clua_push_globals(lua.pointer)
    defer { clua_set_top(lua.pointer, -2) }
    for module in catalog.modules where !hidden.contains(module.name) {
      let type = clua_get_field(lua.pointer, -1, module.name)
      clua_set_top(lua.pointer, -2)
      guard type != LuaType.nil || locals.names.contains(module.name) else { continue }
      hidden.insert(module.name)
      write(
        "note: the variable \(module.name) now hides the module; "
          + "it is still moondrift.\(module.name)\n", to: stderr)
    }
  }

  private var width: Int { Int(clamping: creadline_terminal_width()) }
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
