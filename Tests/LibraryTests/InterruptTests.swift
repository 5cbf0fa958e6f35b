// Ctrl-C in scripts and in long computations.
import Glibc
import TestSupport
import Testing

@Suite("interrupts", .serialized)
struct InterruptTests {
  /// Runs code on a terminal and presses Ctrl-C so many times; returns what it wrote and its status.
  private func interrupt(_ code: String, times: Int = 1) throws -> (text: String, status: Int32) {
    var command = Command(Products.moondrift, ["-e", "print('started') " + code])
    command.environment = ["LUA_INIT": nil]
    let terminal = try PseudoTerminal(command)
    try terminal.expect("started")
    for _ in 0..<times {
      usleep(200_000)
      terminal.send(PseudoTerminal.Key.controlC)
    }
    let begin = ContinuousClock.now
    let status = try terminal.waitForEnd(timeout: 5)
    #expect(begin.duration(to: .now) < .seconds(1))
    return (terminal.transcript, status)
  }

  @Test(
    "stop Lua code with a traceback",
    arguments: [
      "while true do end", "coroutine.wrap(function() while true do end end)()",
      "local co = coroutine.create(function() while true do end end) assert(coroutine.resume(co))",
      "io.read()",
    ])
  func luaCode(code: String) throws {
    let (text, status) = try interrupt(code)
    if code == "io.read()" { return }  // the read returns, and the script ends by itself
    #expect(status == 1)
    #expect(text.contains("interrupted!"))
    #expect(text.contains("stack traceback:"))
  }

  @Test("can be caught once, the second not")
  func caught() throws {
    let (text, status) = try interrupt(
      "print(pcall(function() while true do end end)) print('after')")
    #expect(status == 0)
    #expect(text.contains("interrupted!") && text.contains("after"))
    let stubborn = try interrupt(
      "while true do pcall(function() while true do end end) end", times: 2)
    #expect(stubborn.status == 1)
    #expect(stubborn.text.contains("interrupted!"))
  }

  @Test("stop a training run")
  func training() throws {
    let (text, status) = try interrupt(
      """
      local m = nn.score_mlp{dimension = 1, width = 16, sde = sde.ve_power{base = 25}}
      train(m, random.stream(1):normal{1000, 1}, {epochs = 1000000, batch = 32})
      """)
    #expect(status == 1)
    #expect(text.contains("interrupted!"), "\(text)")
  }
}
