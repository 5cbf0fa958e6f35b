import TestSupport
import Testing

/// The tools that other tests stand on, tried on programs whose behaviour is known.
@Suite struct TestSupportTests {
  @Test("a command's output, error, exit code and folder come back")
  func commandRuns() throws {
    let folder = try TemporaryFolder()
    try folder.write("sub/file", "from a file\n")
    var command = Command(
      "/bin/sh", ["-c", "cat; cat sub/file; echo \"$NEW\" >&2; exit 9"], input: "typed\n")
    command.folder = folder.path
    command.environment = ["NEW": "set"]
    let result = try command.run()
    #expect(result == CommandResult(out: "typed\nfrom a file\n", err: "set\n", status: 9))
  }

  @Test("a signal counts as a shell counts it")
  func signalIsSeen() throws {
    #expect(try Command("/bin/sh", ["-c", "kill -TERM $$"]).run().status == 143)
  }

  @Test("a megabyte each way does not block")
  func muchDataPasses() throws {
    let text = String(repeating: "0123456789abcdef", count: 1 << 16)
    #expect(try Command("/bin/cat", input: text).run().out == text)
  }

  @Test("a program that does not read its input is no error")
  func unreadInput() throws {
    let text = String(repeating: "x", count: 1 << 20)
    #expect(try Command("/bin/true", input: text).run().status == 0)
  }

  @Test("a program that does not end is killed at the timeout")
  func timeoutKills() throws {
    var command = Command("/bin/sh", ["-c", "echo begun; sleep 60; echo never"])
    command.timeout = 0.3
    let start = ContinuousClock.now
    #expect(throws: CommandError.self) { try command.run() }
    #expect(start.duration(to: .now) < .seconds(10))
  }

  @Test("a pseudo-terminal is a terminal, with a size that can change, and passes Ctrl-C on")
  func terminalWorks() throws {
    let script = """
      test -t 0 && test -t 1 && echo terminal; stty size
      trap 'echo caught; stty size; exit 3' INT
      read line; echo "read $line"
      while :; do sleep 0.05; done
      """
    let terminal = try PseudoTerminal(Command("/bin/bash", ["-c", script]), rows: 31, columns: 77)
    try terminal.expect("terminal")
    try terminal.expect("31 77")
    terminal.sendLine("words")
    try terminal.expect("read words")
    terminal.resize(rows: 20, columns: 50)
    terminal.send(PseudoTerminal.Key.controlC)
    try terminal.expect("caught")
    try terminal.expect("20 50")
    #expect(try terminal.waitForEnd() == 3)
  }

  @Test("text that does not come is an error that shows what came")
  func missingTextIsAnError() throws {
    let terminal = try PseudoTerminal(Command("/bin/cat"))
    terminal.sendLine("echo of this")
    let failure = #expect(throws: PseudoTerminal.Failure.self) {
      try terminal.expect("something else", timeout: 0.3)
    }
    #expect(failure.map { "\($0)".contains("echo of this") } == true)
    terminal.send(PseudoTerminal.Key.controlD)
    #expect(try terminal.waitForEnd() == 0)
  }
}
