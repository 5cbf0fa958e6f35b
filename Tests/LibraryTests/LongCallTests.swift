// Ctrl-C in the middle of long calls: the prompt is back soon, the session and the operands are whole.
import Glibc
import TestSupport
import Testing

/// A call that lasts for seconds.
struct LongCall {
  let name: String
  /// Makes the operands, the first of which is `x` where there is a tensor to compare.
  let setup: String
  let code: String
}

@Suite("long calls", .serialized)
struct LongCallTests {
  /// All calls take minutes: the tests take every fourth, `MOONDRIFT_LONG_CALLS=all` all of them.
  private static let takesAll = getenv("MOONDRIFT_LONG_CALLS") != nil

  /// A prompt that is to come back; generous, for machines that do other things as well.
  private static let bound = 1.5

  @Test("stop within a moment after Ctrl-C, their operands stay as they were")
  func stop() throws {
    let prompt = try LongCallPrompt()
    var table: [(name: String, seconds: Double)] = []
    for (place, call) in LongCall.all.enumerated() where Self.takesAll || place % 4 == 0 {
      let outcome = try prompt.interrupt(call)
      if let seconds = outcome.seconds { table.append((call.name, seconds)) }
      #expect(
        (outcome.seconds ?? .infinity) < Self.bound,
        "\(call.name): \(outcome.seconds.map { "\($0) s" } ?? "did not stop")")
      #expect(outcome.isUnchanged, "\(call.name) changed its operand")
    }
    table.sort { $0.seconds > $1.seconds }
    let median = table.isEmpty ? 0 : table[table.count / 2].seconds
    print("prompt back after Ctrl-C: \(table.count) calls, median \(Int(median * 1000)) ms")
    for (name, seconds) in table.prefix(20) { print("  \(Int(seconds * 1000)) ms  \(name)") }
  }

  @Test("a call that does not look is seen")
  func planted() throws {
    let prompt = try LongCallPrompt()
    let deaf = LongCall(
      name: "string.find", setup: "text = ('a'):rep(2^16)",
      code: "text:find(('a*'):rep(4) .. 'b')")
    #expect(try prompt.interrupt(deaf, timeout: 2).seconds == nil)
  }
}

/// A prompt in which calls are interrupted.
final class LongCallPrompt {
  private let terminal: PseudoTerminal
  private let home: TemporaryFolder

  init() throws {
    home = try TemporaryFolder()
    var command = Command(Products.moondrift, ["--memory", "3G"])
    command.environment = [
      "HOME": home.path, "XDG_STATE_HOME": nil, "TERM": "dumb", "INPUTRC": "/dev/null",
      "LUA_INIT": nil,
    ]
    command.folder = home.path
    terminal = try PseudoTerminal(command, columns: 400)
    terminal.timeout = 60
    try terminal.expect("\n> ")
    // Nothing of an earlier call stays, and an unchanged operand gives the same line.
    _ = try line(
      "function look() return x and ('%.17g'):format(x:to('float64'):sum():item()) or 'none' end")
  }

  @discardableResult
  private func line(_ text: String) throws -> String {
    terminal.sendLine(text)
    try terminal.expect(text)
    return try terminal.expect("\n> ")
  }

  struct Outcome {
    /// From the key to the prompt; nil where it did not come back.
    let seconds: Double?
    let isUnchanged: Bool
  }

  /// Repeats a call until it is interrupted, so that a fast machine does not end it first.
  func interrupt(_ call: LongCall, timeout: Double = 20) throws -> Outcome {
    try line("x, y = nil; collectgarbage()")
    try line("s = random.stream(1) " + call.setup)
    let before = try line("look()")
    let code = "while true do y = nil; y = \(call.code) end"
    terminal.sendLine(code)
    try terminal.expect(code)
    usleep(300_000)
    let pressed = ContinuousClock.now
    terminal.send(PseudoTerminal.Key.controlC)
    do { try terminal.expect("interrupted!", timeout: timeout) } catch {
      return Outcome(seconds: nil, isUnchanged: true)
    }
    try terminal.expect("\n> ")
    let seconds = pressed.duration(to: .now).seconds
    return Outcome(seconds: seconds, isUnchanged: try line("look()") == before)
  }
}
