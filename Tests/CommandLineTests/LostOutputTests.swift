// Output that goes nowhere must not pass for success.

import TestSupport
import Testing

@Suite("lost output") struct LostOutputTests {
  private func run(_ arguments: String, to target: String = "/dev/full") throws -> CommandResult {
    try Command("/bin/sh", ["-c", "\"$0\" \(arguments) > \(target)", Products.moondrift]).run()
  }

  @Test(
    "a full disk under standard output is told, and the exit code is not 0",
    arguments: [
      "--version", "--help", "-v", "-e 'print(1)'", "-e 'print((\"x\"):rep(1e6))'",
      "-e 'print(1) os.exit(true, true)'", "-e 'print(1) os.exit(0)'",
      "-e 'io.write(1) io.stdout:flush()'",
    ])
  func full(arguments: String) throws {
    let result = try run(arguments)
    #expect(result.status == 1)
    #expect(
      result.err.contains("moondrift: standard output could not be written"), "\(result.err)")
  }

  @Test("an exit code of the script's own stays")
  func ownCode() throws {
    #expect(try run("-e 'print(1) os.exit(7)'").status == 7)
  }

  @Test("nothing is said where nothing was written, or all of it went through")
  func silent() throws {
    #expect(try run("-e 'x = 1'") == CommandResult(out: "", err: "", status: 0))
    #expect(try run("-e 'print(1)'", to: "/dev/null").status == 0)
  }
}
