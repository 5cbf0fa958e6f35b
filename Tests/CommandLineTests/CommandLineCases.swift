import Testing

/// One command line that must do the same in `lua5.4` and in Moondrift.
struct CommandLineCase: CustomTestStringConvertible, Sendable {
  var arguments: [String]
  var input = ""
  var files: [String: String] = [:]
  var environment: [String: String?] = [:]
  /// The usage text names Moondrift's own options, so that only the first line is compared.
  var showsUsage = false
  /// The exit code where ours differs on purpose: `lua` 5.4 exits with 0 when a script that it
  /// reads from a pipe without being told to (`-`) fails.
  var status: Int32?

  var testDescription: String {
    let settings = environment.sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value ?? "")" }
    let feed = input.isEmpty ? [] : ["<", input.debugDescription]
    return (settings + ["lua"] + arguments + feed).joined(separator: " ")
  }

  init(
    _ arguments: String..., input: String = "", files: [String: String] = [:],
    environment: [String: String?] = [:], showsUsage: Bool = false,
    status: Int32? = nil
  ) {
    self.arguments = arguments
    self.input = input
    self.files = files
    self.environment = environment
    self.showsUsage = showsUsage
    self.status = status
  }
}

/// Prints the table `arg` with the negative indices, and `...`.
private let printArguments = [
  "a.lua": """
  local low, high = 0, 0
  for i in pairs(arg) do low = math.min(low, i); high = math.max(high, i) end
  for i = low, high do print(i, arg[i]) end
  print(select('#', ...), ...)
  """
]

/// A module that says that it is loaded, with what `require` hands it.
private let modules = [
  "m.lua": "print('loading', ...) return {value = 42}",
  "sub/n.lua": "return 'n'",
  "broken.lua": "local x = = 1",
]

private let usePathHere = ["LUA_PATH": "./?.lua" as String?]

enum CommandLineCases {
  static let all: [CommandLineCase] = code + scripts + libraries + environments + errors + exits

  static let code: [CommandLineCase] = [
    CommandLineCase("-e", "print(1 + 1)"),
    CommandLineCase("-eprint(1 + 1)"),
    CommandLineCase("-e", "x = 1", "-e", "print(x)", "-ex=2", "-e", "print(x)"),
    CommandLineCase("-e", "print(...)", "-e", "print(arg[0], #arg)"),
    CommandLineCase("-e", ""),
    CommandLineCase("-e", "print(#arg, arg[-2], arg[-3])", "a.lua", "p", files: printArguments),
    CommandLineCase("-v"),
    CommandLineCase("-v", "-e", "print(1)"),
    CommandLineCase("-e", "print(1)", "-v"),
    CommandLineCase("-W", "-e", "warn('one ', 'two')"),
    CommandLineCase("-e", "warn('silent')", "-W", "-e", "warn('heard')"),
    CommandLineCase("-e", "warn('@on') warn('heard') warn('@off') warn('silent')"),
    CommandLineCase("-e", "print(_VERSION, math.type(3), 7 // 2, 7 / 2, 1 << 62, 'a' .. 1)"),
    CommandLineCase("-e", "for k in pairs(package.loaded) do assert(type(k) == 'string') end"),
    CommandLineCase("-e", "print(debug.traceback('here'))"),
    CommandLineCase("-e", "print(collectgarbage('generational'))"),
  ]

  static let scripts: [CommandLineCase] = [
    CommandLineCase("a.lua", files: printArguments),
    CommandLineCase("a.lua", "x", "-e", "y z", "", files: printArguments),
    CommandLineCase("-W", "-E", "a.lua", "x", files: printArguments),
    CommandLineCase("-e", "local a = 1", "--", "a.lua", "-v", files: printArguments),
    CommandLineCase("-", "x", "y", input: "print(arg[0], arg[-1], ...)"),
    CommandLineCase("-", input: "print('from standard input')"),
    CommandLineCase(input: "print('no arguments', #arg, arg[0])"),
    CommandLineCase("-e", "x = 3", "-", input: "print(x)"),
    CommandLineCase("--", "-dash.lua", files: ["-dash.lua": "print('dashed', arg[0])"]),
    CommandLineCase("a.lua", files: ["a.lua": "#!/usr/bin/env lua\nprint('after the hash line')"]),
    CommandLineCase("a.lua", files: ["a.lua": "\u{FEFF}print('after a mark')"]),
    CommandLineCase("a.lua", files: ["a.lua": ""]),
    CommandLineCase("a.lua", files: ["a.lua": "arg = nil"]),
    CommandLineCase("-e", "arg = 1", "a.lua", files: printArguments),
    CommandLineCase(
      "a.lua", input: "one\ntwo\n", files: ["a.lua": "print(io.read('l', 'n', 'L'))"]),
    CommandLineCase("a.lua", files: ["a.lua": "io.write('no line end')"]),
    CommandLineCase("a.lua", files: ["a.lua": "io.stderr:write('to stderr\\n') return 1, 2"]),
  ]

  static let libraries: [CommandLineCase] = [
    CommandLineCase("-l", "m", "-e", "print(m.value)", files: modules, environment: usePathHere),
    CommandLineCase("-lm", "-e", "print(m.value)", files: modules, environment: usePathHere),
    CommandLineCase(
      "-l", "g=m", "-e", "print(g.value, m)", files: modules, environment: usePathHere),
    CommandLineCase(
      "-lsub.n", "-e", "print(_G['sub.n'])", files: modules, environment: usePathHere),
    CommandLineCase(
      "-e", "print(1)", "-l", "m", "-e", "print(2)", files: modules, environment: usePathHere),
    CommandLineCase("-lm", "-lm", files: modules, environment: usePathHere),
    CommandLineCase("-lbroken", files: modules, environment: usePathHere),
    CommandLineCase("-l", "absent", environment: ["LUA_PATH": "./?.lua", "LUA_CPATH": "./?.so"]),
  ]

  static let environments: [CommandLineCase] = [
    CommandLineCase("-e", "print(x)", environment: ["LUA_INIT": "x = 10"]),
    CommandLineCase(
      "-e", "print(x)", environment: ["LUA_INIT": "x = 10", "LUA_INIT_5_4": "x = 11"]),
    CommandLineCase("-E", "-e", "print(x)", environment: ["LUA_INIT": "x = 10"]),
    CommandLineCase(
      "-e", "print(x)", files: ["start.lua": "x = 12"], environment: ["LUA_INIT": "@start.lua"]),
    CommandLineCase("-e", "print(1)", environment: ["LUA_INIT": "@absent.lua"]),
    CommandLineCase("-e", "print(1)", environment: ["LUA_INIT": "x = = 1"]),
    CommandLineCase("-e", "print(1)", environment: ["LUA_INIT_5_4": "error('at the start')"]),
    CommandLineCase("-e", "print(package.path)", environment: ["LUA_PATH_5_4": "./only/?.lua"]),
    CommandLineCase("-e", "print(package.cpath)", environment: ["LUA_CPATH": "./only/?.so"]),
    CommandLineCase(
      "-E", "-e", "print(package.path:find('only', 1, true))",
      environment: ["LUA_PATH": "./only/?.lua"]),
  ]

  static let errors: [CommandLineCase] = [
    CommandLineCase("-e", "x = = 1"),
    CommandLineCase("-e", "print(1", "-e", "print(2)"),
    CommandLineCase("-e", "error('a message')"),
    CommandLineCase("-e", "error('no position', 0)"),
    CommandLineCase("-e", "error()"),
    CommandLineCase("-e", "error({})"),
    CommandLineCase("-e", "error(setmetatable({}, {__tostring = function() return 'told' end}))"),
    CommandLineCase("-e", "error(setmetatable({}, {__tostring = function() error('worse') end}))"),
    CommandLineCase("-e", "error(12)"),
    CommandLineCase("-e", "error(true)"),
    CommandLineCase("-e", "local function f() f() end f()"),
    CommandLineCase("-e", "coroutine.wrap(function() error('inside') end)()"),
    CommandLineCase("-e", "local t <close> = setmetatable({}, {__close = error}) error('first')"),
    CommandLineCase("-e", "string.rep('x', -1)() "),
    CommandLineCase("-e", "math.floor('x')"),
    CommandLineCase("-e", "('x'):bad()"),
    CommandLineCase("-e", "setmetatable({}, {__gc = function() error('in gc') end})", "-W"),
    CommandLineCase("-W", "-e", "setmetatable({}, {__gc = function() error('in gc') end})"),
    CommandLineCase("absent.lua"),
    CommandLineCase("absent.lua", "-e", "print(1)"),
    CommandLineCase("a.lua", files: ["a.lua": "local function f()\n  error('deep')\nend\nf()"]),
    CommandLineCase("a.lua", files: ["a.lua": "x = 1\ny = = 2"]),
    CommandLineCase("a.lua", files: ["a.lua": "print(undefined.field)"]),
    CommandLineCase(
      "a.lua", files: ["a.lua": "table.sort({3, 2, 1}, function() error('cmp') end)"]),
    CommandLineCase(input: "error('from standard input')", status: 1),
    CommandLineCase("-h", showsUsage: true),
    CommandLineCase("---", showsUsage: true),
    CommandLineCase("-vv", showsUsage: true),
    CommandLineCase("-Ex", showsUsage: true),
    CommandLineCase("-unknown", showsUsage: true),
    CommandLineCase("--unknown", showsUsage: true),
    CommandLineCase("-e", showsUsage: true),
    CommandLineCase("-l", showsUsage: true),
    CommandLineCase("-e", "print(1)", "-z", showsUsage: true),
  ]

  static let exits: [CommandLineCase] = [
    CommandLineCase("-e", "os.exit(true)"),
    CommandLineCase("-e", "os.exit(false)"),
    CommandLineCase("-e", "os.exit(7)"),
    CommandLineCase("-e", "io.write('flushed') os.exit(0, true)"),
    CommandLineCase(
      "-e",
      "local t <close> = setmetatable({}, {__close = function() print('closed') end}) os.exit(3, true)"
    ),
    CommandLineCase("-e", "setmetatable({}, {__gc = function() print('closed') end})"),
    CommandLineCase(
      "-e", "setmetatable({}, {__gc = function() print('closed') end}) os.exit(true, true)"),
    CommandLineCase("-e", "coroutine.wrap(function() os.exit(5) end)()"),
    CommandLineCase("-e", "os.exit(4)", "-e", "print('never')"),
    CommandLineCase("-e", "error('x')", "absent.lua"),
    CommandLineCase("a.lua", "-e", files: ["a.lua": "os.exit(#arg)"]),
  ]
}
