// scripts/fuzz and scripts/sweep: half a minute of each, and that they see what they look for.
import TestSupport
import Testing

@Suite("trials", .serialized)
struct TrialTests {
  private func run(_ arguments: [String]) throws -> CommandResult {
    var command = Command(Products.root + "/scripts/" + arguments[0], Array(arguments.dropFirst()))
    command.timeout = 300
    return try command.run()
  }

  @Test(
    "find nothing in half a minute", arguments: [["fuzz", "calls"], ["sweep"]])
  func findNothing(script: [String]) throws {
    let result = try run(
      script + ["--seconds", "30", "--seed", "1", "--program", Products.moondrift])
    print(result.out.suffix(300))
    #expect(result.status == 0, "\(result.out)\n\(result.err)")
    #expect(result.out.contains(" 0 faults"))
  }

  /// A child in the place of the real one, which does something in its third case.
  private func trial(_ fault: String, seconds: Int = 20) throws -> CommandResult {
    let folder = try TemporaryFolder()
    let child = try folder.write(
      "child.lua",
      """
      package.path = "\(Products.root)/scripts/support/?.lua;" .. package.path
      local child = require "trial_child"
      child.work(function(case)
        child.note("call " .. case)
        if case == 3 then \(fault) end
      end, 5)
      """)
    let driver = """
      import sys
      sys.path.insert(0, "\(Products.root)/scripts/support")
      sys.dont_write_bytecode = True
      import trials
      run = trials.Trials("\(Products.moondrift)", "\(child)", [], "again {case}", patience=1)
      run.run(\(seconds))
      print("\\n".join(run.faults))
      print(run.summary())
      """
    return try Command("/usr/bin/env", ["python3", "-c", driver]).run()
  }

  @Test("see a crash, say how to see it again, and go on behind it")
  func crash() throws {
    let result = try trial("os.execute('kill -SEGV $PPID')")
    #expect(
      result.out.contains("signal SIGSEGV: call 3\n  replay: again 3"), "\(result.out)\(result.err)"
    )
    #expect(result.out.contains("5 calls") && result.out.contains("1 faults"), "\(result.out)")
  }

  @Test("see a call that does not end, and leave one alone that ends when asked")
  func hang() throws {
    let deaf = try trial(#"os.execute([[trap "" INT; exec sleep 20]])"#)
    #expect(deaf.out.contains("hang: call 3\n  replay: again 3"), "\(deaf.out)\(deaf.err)")
    let slow = try trial("pcall(function() while true do end end)")
    #expect(slow.out.contains("1 interrupted for their length, 0 faults"), "\(slow.out)\(slow.err)")
    #expect(slow.out.contains("5 calls"), "\(slow.out)")
  }
}
