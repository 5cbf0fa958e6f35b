// Ctrl-C at random moments around the end of a line, by the thousand, must end nothing.
import Glibc
import TestSupport
import Testing

/// How many presses; `MOONDRIFT_PRESSES=10000` asks for more than the tests' usual few.
private let pressCount = getenv("MOONDRIFT_PRESSES").flatMap { Int(String(cString: $0)) } ?? 400

@Suite("interrupt storm", .serialized)
struct InterruptStormTests {
  /// Every way for a press to come near the end of a line.
  private enum Press: CaseIterable {
    /// A key, so long after Enter.
    case key
    /// The signal alone, from another process.
    case signal
    /// Typed ahead of the Enter that follows at once.
    case beforeEnter
    /// In the middle of what is pasted.
    case pasted
  }

  @Test("presses around the end of a line end nothing, and the session stays")
  func storm() throws {
    let seed = getenv("MOONDRIFT_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
    var generator = SplitMix(state: seed)
    let session = try Session()
    let terminal = session.terminal
    _ = try session.reply("kept = tensor{1, 2, 39}")
    var rounds = 0
    for press in 1...pressCount {
      // Some lines end before the press comes, some after it.
      let length = Int.random(in: 0...200_000, using: &generator)
      let line = "for i = 1, \(length) do end"
      let wait = UInt32.random(in: 0...6000, using: &generator)
      switch Press.allCases.randomElement(using: &generator) ?? .key {
      case .key:
        terminal.sendLine(line)
        usleep(wait)
        terminal.send(PseudoTerminal.Key.controlC)
      case .signal:
        terminal.sendLine(line)
        usleep(wait)
        terminal.sendSignal(SIGINT)
      case .beforeEnter:
        terminal.send(line)
        usleep(wait / 4)
        terminal.send(PseudoTerminal.Key.controlC + PseudoTerminal.Key.enter)
      case .pasted:
        terminal.send("print(1) x = 2\u{3}\rlocal y = 3\r\u{3}" + line + "\r")
      }
      if press % 20 == 0 || press == pressCount {
        rounds += 1
        try look(terminal, rounds)
      }
    }
    #expect(try session.leave() == 0)
  }
}

extension InterruptStormTests {
  /// Sees that the session has what it had. A press takes what stands in the terminal's line with it, so
  /// the question may have to be asked again.
  private func look(_ terminal: PseudoTerminal, _ round: Int) throws {
    for attempt in 1...10 {
      usleep(20_000)
      terminal.send(PseudoTerminal.Key.controlC)
      usleep(20_000)
      terminal.sendLine("print('still ' .. kept:sum():item(), \(round))")
      do {
        try terminal.expect("still 42.0\t\(round)", timeout: attempt < 10 ? 1 : 10)
        return
      } catch PseudoTerminal.Failure.notSeen where attempt < 10 { continue }
    }
  }
}

/// Numbers that a seed repeats.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
