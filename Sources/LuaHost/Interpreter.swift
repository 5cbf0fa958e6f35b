// The program `moondrift`: does what `lua` does with a command line, and a little more.
#if canImport(Glibc)
  import Glibc
#endif
import CLua
import Catalog
import Runtime

/// What the executable supplies to its interpreter.
package struct Product {
  package let modules: () -> [Module]
  /// The lines of `--version`.
  package let versionText: () -> String
  /// Puts threads, seed and memory limit into effect.
  package let apply: (SessionSettings) -> Void
  /// The folder of Lua files that belong to the product.
  package let library: () -> String?
  /// Puts what is the executable's own behind the globals.
  package let addGlobals: (LuaState) -> Void
  /// Reads and runs lines until the user leaves.
  package let prompt: (LuaState) -> Void

  package init(
    modules: @escaping () -> [Module], versionText: @escaping () -> String,
    apply: @escaping (SessionSettings) -> Void, library: @escaping () -> String?,
    addGlobals: @escaping (LuaState) -> Void, prompt: @escaping (LuaState) -> Void
  ) {
    self.modules = modules
    self.versionText = versionText
    self.apply = apply
    self.library = library
    self.addGlobals = addGlobals
    self.prompt = prompt
  }
}

package final class Interpreter {
  typealias Argument = UnsafePointer<CChar>

  private let product: Product
  private let arguments: [Argument]
  private let programName: String
  private var options: CommandLineOptions
  private let lua: LuaState
  private var succeeded = false

  /// Runs a command line and returns the exit code.
  package static func main(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ product: Product
  ) -> Int32 {
    reportLostOutput()
    var list: [Argument] = []
    while let argument = arguments[list.count] { list.append(Argument(argument)) }
    let name = list.first.map { String(cString: $0) } ?? ""
    let programName = name.isEmpty ? "moondrift" : name
    let options: CommandLineOptions
    do { options = try CommandLineOptions(list) } catch {
      let message = (error as? CommandLineOptions.Failure)?.message ?? "\(error)"
      write("\(programName): \(message)\n\(usage(programName))", to: stderr)
      return EXIT_FAILURE
    }
    if options.showsHelp || options.showsProductVersion {
      write(options.showsHelp ? usage(programName) : product.versionText(), to: stdout)
      return EXIT_SUCCESS
    }
    product.apply(options.settings)
    guard
      let lua = LuaState(
        modules: product.modules(), ignoringEnvironment: options.ignoresEnvironment)
    else {
      write("\(programName): cannot create state: not enough memory\n", to: stderr)
      return EXIT_FAILURE
    }
    let interpreter = Interpreter(list, programName, options, lua, product)
    return withExtendedLifetime(interpreter) { interpreter.run() }
  }

  /// Where standard output cannot take what was written (a full disk), the program says so at its end
  /// and does not exit with 0, whichever way it ends.
  private static func reportLostOutput() {
    on_exit(
      { status, _ in
        let wasLost = ferror(stdout) != 0
        guard fflush(stdout) != 0 || wasLost else { return }
        let reason = errno == 0 ? "" : ": " + String(cString: strerror(errno))
        fflush(nil)
        write("moondrift: standard output could not be written\(reason)\n", to: stderr)
        if status == EXIT_SUCCESS { _exit(EXIT_FAILURE) }
      }, nil)
  }

  private init(
    _ arguments: [Argument], _ programName: String, _ options: CommandLineOptions, _ lua: LuaState,
    _ product: Product
  ) {
    self.arguments = arguments
    self.programName = programName
    self.options = options
    self.lua = lua
    self.product = product
  }

  private func run() -> Int32 {
    clua_keep_session(options.isInteractive || startsPrompt)
    // All of it runs inside one call, as in `lua`: a traceback ends in that call.
    let status = clua_run(
      lua.pointer,
      { _, context in
        guard let context else { return }
        Unmanaged<Interpreter>.fromOpaque(context)._withUnsafeGuaranteedRef {
          $0.succeeded = $0.runAll()
        }
      }, Unmanaged.passUnretained(self).toOpaque())
    if status != CLUA_OK { lua.reportError(programName) }
    return succeeded && status == CLUA_OK ? EXIT_SUCCESS : EXIT_FAILURE
  }

  /// Everything the command line asks for, in order; false after the first failure.
  private func runAll() -> Bool {
    if options.printsVersion { printVersionLine() }
    pushArgumentTable()
    if let folder = product.library() { lua.addLibrary(in: folder) }
    product.addGlobals(lua)
    if let seed = options.settings.seed { seedMathRandom(seed) }
    if !options.ignoresEnvironment, !runInitialisation() { return false }
    for action in options.actions where !run(action) { return false }
    if options.script < arguments.count, !runScript() { return false }
    if startsPrompt { printVersionLine() }
    if options.isInteractive || startsPrompt {
      product.prompt(lua)
      clua_keep_session(false)  // what runs at the end may be ended
    } else if hasNothingToDo {
      return run(file: nil, arguments: 0)
    }
    return true
  }

  private var hasNothingToDo: Bool {
    options.script == arguments.count && !options.hasCode && !options.printsVersion
  }

  /// Whether there is a prompt without being asked for.
  private var startsPrompt: Bool {
    !options.isInteractive && hasNothingToDo && isatty(STDIN_FILENO) != 0
  }

  private func printVersionLine() {
    let lines = String(cString: clua_copyright_text())
    write("Moondrift \(moondriftVersion)  \(lines)\n", to: stdout)
  }

  // MARK: Before the script

  /// `arg`: the script at 0, its arguments after it, what stands before it at negative indices.
  private func pushArgumentTable() {
    let script = options.script == arguments.count ? 0 : options.script
    clua_push_table(
      lua.pointer, Int32(clamping: arguments.count - script), Int32(clamping: script + 1))
    for (index, argument) in arguments.enumerated() {
      clua_push_string(lua.pointer, argument, strlen(argument))
      clua_set_index(lua.pointer, -2, index - script)
    }
    _ = clua_set_global(lua.pointer, "arg")
  }

  private func seedMathRandom(_ seed: Int) {
    let top = clua_top(lua.pointer)
    defer { clua_set_top(lua.pointer, top) }
    clua_push_loaded(lua.pointer)
    guard clua_get_field(lua.pointer, -1, "math") == LuaType.table,
      clua_get_field(lua.pointer, -1, "randomseed") == LuaType.function
    else { return }
    clua_push_integer(lua.pointer, Int64(seed))
    _ = clua_call(lua.pointer, 1, 0)
  }

  /// `LUA_INIT_5_4` or `LUA_INIT`: code, or `@` and a file.
  private func runInitialisation() -> Bool {
    for name in ["LUA_INIT_5_4", "LUA_INIT"] {
      guard let value = getenv(name) else { continue }
      if value[0] == CChar(UInt8(ascii: "@")) { return run(file: value + 1, arguments: 0) }
      return run(code: value, name: "=\(name)")
    }
    return true
  }

  private func run(_ action: CommandLineOptions.Action) -> Bool {
    switch action {
    case .warnings:
      clua_warn(lua.pointer, "@on")
      return true
    case .code(let code): return run(code: code, name: "=(command line)")
    case .library(let name): return require(name)
    }
  }

  /// `-l name` and `-l global=name`.
  private func require(_ argument: Argument) -> Bool {
    let text = String(cString: argument)
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let global = parts.count == 2 ? String(parts[0]) : text
    let module = parts.count == 2 ? String(parts[1]) : text
    _ = clua_get_global(lua.pointer, "require")
    Frame(lua.pointer).push(module)
    guard lua.callFromTop(arguments: 1, results: 1) == CLUA_OK else {
      lua.reportError(programName)
      return false
    }
    _ = clua_set_global(lua.pointer, global)
    return true
  }

  // MARK: Chunks

  private func run(code: Argument, name: String) -> Bool {
    finish(loading: clua_load(lua.pointer, code, strlen(code), name), arguments: 0)
  }

  /// - Parameter file: nil is standard input.
  private func run(file: Argument?, arguments: Int32) -> Bool {
    finish(loading: clua_load_file(lua.pointer, file), arguments: arguments)
  }

  private func runScript() -> Bool {
    let name = arguments[options.script]
    let isInput =
      String(cString: name) == "-" && String(cString: arguments[options.script - 1]) != "--"
    guard clua_load_file(lua.pointer, isInput ? nil : name) == CLUA_OK else {
      lua.reportError(programName)
      return false
    }
    return finish(loading: CLUA_OK, arguments: pushScriptArguments())
  }

  /// What the global `arg` holds now becomes the script's `...`.
  private func pushScriptArguments() -> Int32? {
    let frame = Frame(lua.pointer)
    guard clua_get_global(lua.pointer, "arg") == CLUA_OK, frame.type(at: -1) == LuaType.table else {
      frame.push("'arg' is not a table")
      return nil
    }
    let table = frame.count
    let count = clua_length(lua.pointer, table)
    guard count < 1_000_000, clua_reserve(lua.pointer, Int32(count) + 3) != 0 else {
      frame.push("too many arguments to script")
      return nil
    }
    for index in stride(from: 1, through: count, by: 1) {
      _ = clua_get_index(lua.pointer, table, index)
    }
    clua_remove(lua.pointer, table)
    return Int32(count)
  }

  private func finish(loading status: Int32, arguments: Int32?) -> Bool {
    guard status == CLUA_OK, let arguments,
      lua.callFromTop(arguments: arguments, results: CLUA_MULTRET) == CLUA_OK
    else {
      lua.reportError(programName)
      return false
    }
    return true
  }
}

private func usage(_ name: String) -> String {
  """
  usage: \(name) [options] [script [args]]
  Runs a Lua script, or the prompt when there is none.
    -e code        run the code
    -l name        require the library into the global of its name
    -l g=name      require the library into the global g
    -i             go to the prompt after the script
    -v             print the version of Lua
    -E             ignore environment variables
    -W             turn warnings on
    --             stop reading options
    -              run what standard input holds
    --threads N    use N threads (otherwise all the machine has)
    --seed N       start all random streams, math.random among them, from N (otherwise 0)
    --memory SIZE  let tensors, arrays and Lua take at most so much: 8G, 512M
    --version      print the versions of the parts
    --help         print this

  """
}
