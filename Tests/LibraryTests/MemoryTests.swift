// Memory under loops over tensors, and requests that do not fit.
import TestSupport
import Testing

@Suite("memory", .serialized)
struct MemoryTests {
  private func run(_ code: String, _ options: [String] = []) throws -> CommandResult {
    try Command(Products.moondrift, options + ["-e", code]).run()
  }

  /// The most memory a process took in running the code, in kilobytes.
  private func peak(_ code: String) throws -> Int {
    let report =
      " for line in io.lines('/proc/self/status') do "
      + "local peak = line:match('VmHWM:%s*(%d+)') if peak then print(peak) end end"
    let result = try run(code + report)
    return try #require(Int(result.out.filter(\.isNumber)), "\(result.err)")
  }

  @Test("a loop of 8 MB tensors and a ring of 20 stay within 300 MB beyond what is alive")
  func loops() throws {
    let empty = try peak("tensor.zeros{2}")
    let loop = try peak("for i = 1, 2000 do local x = tensor.zeros{2000000} end")
    #expect(loop - empty < 300_000)
    let ring = try peak(
      "local ring = {} for i = 1, 2000 do ring[i % 20] = tensor.zeros{2000000} end")
    #expect(ring - empty - 160_000 < 300_000)
    let mixed = try peak(
      "for i = 1, 1500 do local x = tensor.zeros{math.random(2000000)} + 1 end")
    #expect(mixed - empty < 400_000)
  }

  @Test("a tensor that does not fit is an error with both figures")
  func tooLarge() throws {
    let result = try run("print(pcall(tensor.zeros, {1000000, 1000000}))")
    #expect(result.status == 0)
    #expect(
      result.out.hasPrefix("false\ttensor.zeros: not enough memory: 4 TB requested, "),
      "\(result.out)")
    let limited = try run("print(pcall(tensor.zeros, {1000, 100000}))", ["--memory", "100M"])
    #expect(
      limited.out
        == "false\ttensor.zeros: not enough memory: 400 MB requested, 105 MB available\n")
  }

  @Test("under a limit garbage is collected before a request is refused")
  func collectsFirst() throws {
    let result = try run(
      "for i = 1, 100 do x = tensor.zeros{10000000} end print('done')", ["--memory", "100M"])
    #expect(result.out == "done\n", "\(result.err)")
  }
}
