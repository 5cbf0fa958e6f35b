// The prompt as a user meets it, over a real terminal.
import TestSupport
import Testing

private typealias Key = PseudoTerminal.Key

@Suite("prompt", .serialized)
struct PromptTests {
  @Test("prints values without return, several of them, and keeps the last in _")
  func values() throws {
    let session = try Session()
    #expect(try session.reply("1 + 1") == "2")
    #expect(try session.reply("_ * 21") == "42")
    #expect(try session.reply("1, 'a', nil") == "1\na\nnil")
    #expect(
      try session.reply("tensor{{1, 2}}, 3") == "tensor 1×2 float32 [mean 1.5, std 0.5]\n  1  2\n3")
    #expect(
      try session.reply("print(tensor{{1, 2}}, 3, 4)")
        == "tensor 1×2 float32 [mean 1.5, std 0.5]\n  1  2\n3\t4")
    #expect(try session.reply("=7") == "7")
    #expect(try session.reply("x = 3") == "")
    #expect(try session.reply("tensor{1, 2}:sum():item()") == "3.0")
    #expect(try session.leave() == 0)
  }

  @Test("reads on while the input is incomplete")
  func continuation() throws {
    let session = try Session()
    session.terminal.sendLine("for i = 1, 2 do")
    try session.terminal.expect("\n>> ")
    session.terminal.sendLine("print('line', i)")
    try session.terminal.expect("\n>> ")
    #expect(try session.reply("end") == "line\t1\nline\t2")
    #expect(try session.reply("_PROMPT = 'md: '", prompt: "\nmd: ") == "")
    #expect(try session.reply("1", prompt: "\nmd: ") == "1")
  }

  @Test("a mistake in the line itself takes one line, one in a function that it calls a traceback")
  func errors() throws {
    let session = try Session()
    #expect(try session.reply("error('wrong')") == "stdin:1: wrong")
    #expect(try session.reply("nothing.x = 1").hasPrefix("stdin:1: attempt to index a nil value"))
    #expect(!(try session.reply("nothing.x = 1").contains("\n")))
    #expect(
      try session.reply("tensor.zeros('x')")
        == "stdin:1: tensor.zeros: shape must be a length or a list of lengths, got 'x'")
    _ = try session.reply("function deep() error('deeper') end")
    // So does one in a function that is written in the line itself.
    for line in [
      "(function() error('inner') end)()", "x = (function() local y = nothing.x end)()",
      "table.sort({1, 2}, function(a, b) return a.x < b.x end)",
      "for i = 1, 2 do (function(k) (function() error(k) end)() end)(i) end",
    ] {
      #expect(!(try session.reply(line).contains("\n")), "\(line)")
    }
    _ = try session.reply("local kept = {}")
    #expect(
      try session.reply("(function() return kept.a.b end)()")
        == "stdin:1: attempt to index a nil value (field 'a')")
    #expect(
      try session.reply("(function() deep() end)()").contains("stdin:1: in function 'deep'\n"))
    for line in ["deep()", "x = deep()", "pcall(print) deep()"] {
      #expect(
        try session.reply(line).hasPrefix(
          "stdin:1: deeper\nstack traceback:\n\t[C]: in function 'error'"), "\(line)")
    }
    #expect(
      try session.reply("np.zeros(3)")
        == "stdin:1: attempt to index a nil value (global 'np'); arrays are in the module tensor")
  }

  @Test("an expression behind statements is shown, one that is not complete is said")
  func lastExpression() throws {
    let session = try Session()
    #expect(try session.reply("y = 3; y") == "3")
    #expect(try session.reply("x = tensor{1, 2}; x").hasSuffix("\n  1  2"))
    for (line, word) in [("y = 3 4", "4"), ("y = 4 y", "y"), ("f = 1 \"a\"", "\"a\"")] {
      #expect(
        try session.reply(line)
          == "stdin:1: syntax error near '\(word)'; write ';' before it to see its value")
    }
    #expect(try session.reply("y = 4; y") == "4")
    #expect(try session.reply("if true then y = 5 end y + 1") == "6")
    #expect(try session.reply("local z = 2; z * y") == "10")
    #expect(try session.reply("x:sum") == "stdin:1: x:sum is a method: call it, x:sum()")
    #expect(try session.reply("y = 3; x:sum") == "stdin:1: x:sum is a method: call it, x:sum()")
    // What more lines could complete still waits for them.
    for first in ["y =", "y = 1 +", "f(1,", "t = {", "while false do", "function g() y"] {
      session.terminal.sendLine(first)
      try session.terminal.expect("\n>> ")
      session.terminal.send(Key.controlC)
      try session.terminal.expect("\n> ")
    }
  }

  @Test("Ctrl-C drops the line, stops Lua code and coroutines; the state stays")
  func interrupts() throws {
    let session = try Session()
    let terminal = session.terminal
    _ = try session.reply("x = 42")
    terminal.send("garbage(")
    try terminal.expect("garbage(")
    terminal.send(Key.controlC)
    try terminal.expect("\n> ")
    terminal.sendLine("while true do")
    try terminal.expect(">> ")
    terminal.send(Key.controlC)
    try terminal.expect("\n> ")
    for loop in [
      "while true do end", "coroutine.wrap(function() while true do end end)()",
      "table.sort({3, 1, 2}, function() while true do end end)",
      "pcall(function() while true do end end) while true do end",
    ] {
      terminal.sendLine(loop)
      try terminal.expect(loop)
      for _ in 0..<2 {
        usleepMilliseconds(150)
        terminal.send(Key.controlC)
        if !loop.hasPrefix("pcall") { break }
      }
      let text = try terminal.expect("\n> ", timeout: 3)
      #expect(text.contains("interrupted!"), "\(loop)")
    }
    #expect(try session.reply("x") == "42")
  }

  @Test("a second Ctrl-C is not caught by pcall")
  func stickyInterrupt() throws {
    let session = try Session()
    let loop = "while true do pcall(function() while true do end end) end"
    session.terminal.sendLine(loop)
    try session.terminal.expect(loop)
    usleepMilliseconds(150)
    session.terminal.send(Key.controlC)
    usleepMilliseconds(150)
    session.terminal.send(Key.controlC)
    #expect(try session.terminal.expect("\n> ", timeout: 3).contains("interrupted!"))
    #expect(try session.reply("1") == "1")
  }

  @Test("Ctrl-C at an idle prompt drops the line and ends nothing, however often")
  func idle() throws {
    let session = try Session()
    for _ in 0..<5 {
      session.terminal.send(Key.controlC)
      try session.terminal.expect("\n> ")
    }
    #expect(try session.reply("1") == "1")
  }

  @Test("in a call that cannot stop the second press tells which, a late third tells again")
  func insisting() throws {
    let session = try Session()
    let terminal = session.terminal
    _ = try session.reply("text = ('a'):rep(2^22)")
    let line = "text:find(('a*'):rep(4) .. 'b')"
    terminal.sendLine(line)
    try terminal.expect(line)
    usleepMilliseconds(300)
    terminal.send(Key.controlC)
    usleepMilliseconds(300)
    terminal.send(Key.controlC)
    let warning =
      "still in a call that cannot stop; press again within 2 s to end Moondrift and lose its state"
    try terminal.expect(warning)
    usleepMilliseconds(2500)
    terminal.send(Key.controlC)
    try terminal.expect(warning)
    // A held key repeats faster than anybody reads.
    for _ in 0..<5 {
      usleepMilliseconds(30)
      terminal.send(Key.controlC)
    }
    usleepMilliseconds(300)
    terminal.send(Key.controlC)
    try terminal.expect("ended by Ctrl-C")
    #expect(try terminal.waitForEnd() == 128 + 2)
  }

  @Test("the function that cannot stop is named")
  func insistingByName() throws {
    let session = try Session()
    let terminal = session.terminal
    _ = try session.reply("x = random.stream(1):normal({1200, 1200}, {dtype = 'float64'})")
    terminal.sendLine("y = linalg.eigvals(x)")
    usleepMilliseconds(300)
    terminal.send(Key.controlC)
    usleepMilliseconds(300)
    terminal.send(Key.controlC)
    try terminal.expect(
      "still in eigvals; press again within 2 s to end Moondrift and lose its state")
    try terminal.expect("interrupted!", timeout: 60)
    try terminal.expect("> ")
    #expect(try session.reply("x.shape[1], y") == "1200\nnil")
  }

  @Test("the prompt of a pipe goes on after an interrupt")
  func pipe() throws {
    var command = Command(
      "/bin/sh",
      [
        "-c",
        "(echo 'x = 42'; sleep 1; echo 'print(x)'; sleep 0.2) | { exec 3<&0; \"$0\" -i <&3 & sleep 0.5; kill -INT $!; wait $!; }",
        Products.moondrift,
      ])
    command.environment = ["LUA_INIT": nil]
    let result = try command.run()
    #expect(result.out.contains("42"), "\(result)")
  }

  @Test("Tab completes globals, members, options, keywords and files")
  func completion() throws {
    let session = try Session()
    let terminal = session.terminal
    _ = try session.reply(
      "values = tensor{1, 2, 3} list = {values} odd = {['x-y'] = 1, ['end'] = 2}")
    _ = try session.reply("process = target.empirical(tensor{{1}}):model(sde.vp())")
    _ = try session.reply("named = {plain = 1, ['x-y'] = values} local kept_local = 1")
    _ = try session.reply(
      "small = nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}")
    _ = try session.reply("fit = train(small, tensor.ones{4, 1}, {steps = 2, progress = false})")
    for (typed, completed) in [
      ("string.for", "string.format("), ("valu", "values"), ("values:resh", "values:reshape("),
      ("values.dty", "values.dtype"), ("tensor.ze", "tensor.zeros("),
      ("collectg", "collectgarbage("),
      ("repea", "repeat"), ("tensor.zeros({2}, {dt", "tensor.zeros({2}, {dtype = "),
      ("sde.vp{beta_mi", "sde.vp{beta_min = "), ("io.open(\"/et", "io.open(\"/etc/"),
      ("moondrift.sd", "moondrift.sde"), ("process.sde:gri", "process.sde:grid("),
      ("print(process.sd", "print(process.sde"), ("list[1]:resh", "list[1]:reshape("),
      ("values[1]:resh", "values[1]:reshape("), ("named[\"x-y\"]:resh", "named[\"x-y\"]:reshape("),
      ("named[\"x", "named[\"x-y"), ("fit.log.ep", "fit.log.epoch"),
      ("fit.log.loss:media", "fit.log.loss:median("),
      ("help \"sde.ed", "help \"sde.edm"), ("help(\"sde.ed", "help(\"sde.edm"),
      ("?across", "?across_runs"), ("require \"moondrift.ac", "require \"moondrift.across_runs"),
      ("odd.x", "[\"x-y\"]"), ("odd.e", "[\"end\"]"), ("kept_lo", "kept_local"),
    ] {
      terminal.send(typed + Key.tab)
      try terminal.expect(completed, timeout: 3)
      terminal.send(Key.controlC)
      try terminal.expect("\n> ")
    }
    terminal.send("values:re" + Key.tab + Key.tab)
    try terminal.expect("values:relu")
    terminal.send(Key.controlC)
    try terminal.expect("\n> ")
  }

  @Test("completion runs nothing of the script")
  func completionIsRaw() throws {
    let session = try Session()
    _ = try session.reply(
      "trap = setmetatable({}, {__index = function() print('ran') end})")
    session.terminal.send("trap.a" + Key.tab + Key.tab)
    #expect(!session.terminal.readUntilSilent().contains("ran"))
  }

  @Test("says once that a variable hides a module")
  func hidden() throws {
    let session = try Session()
    #expect(
      try session.reply("sde = 3")
        == "note: the variable sde now hides the module; it is still moondrift.sde")
    #expect(try session.reply("sde = 4") == "")
    #expect(try session.reply("moondrift.sde.vp() ~= nil") == "true")
  }

  @Test("Ctrl-D, quit and exit leave")
  func leaving() throws {
    #expect(try Session().leave() == 0)
    for word in ["quit", "exit"] {
      let session = try Session()
      session.terminal.sendLine(word)
      #expect(try session.terminal.waitForEnd() == 0)
    }
  }

  @Test("the start-up file of the home is run, one in the current folder is not")
  func startupFile() throws {
    let home = try TemporaryFolder()
    try home.write(".moondriftrc.lua", "greeting = 'hello'")
    let session = try Session(home: home)
    #expect(try session.reply("greeting") == "hello")
  }
}
