import TestSupport
import Testing

/// The digits script on few digits and a small network, which still copies what it has.
@Suite struct DigitsTests {
  static let path = "scripts/quickstart/digits.lua"

  private func results(_ settings: [String]) throws -> (StrictJSON, names: [String]) {
    let folder = try TemporaryFolder()
    let ended = try ScriptFiles.run(Self.path, ["--out=run"] + settings, in: folder, timeout: 120)
    #expect(ended.status == 0, "\(ended.err)")
    let record = try StrictJSON(ScriptFiles.read(folder.path + "/run/result.json"))
    return (record, try ScriptFiles.names(in: folder))
  }

  @Test("trained on four digits it copies them; a Gaussian of many digits copies none")
  func copies() throws {
    let (record, names) = try results([
      "--digits=256", "--control=4", "--steps=5", "--control_steps=500", "--width=32",
      "--batch=32", "--samples=64", "--sampling_steps=20", "--reader_steps=300",
    ])
    let arms = record["results"]?.items ?? []
    #expect(arms.compactMap { $0["training_digits"]?.number } == [256, 4])
    #expect((arms.first?["f_mem"]?.number ?? 1) == 0)
    #expect((arms.last?["f_mem"]?.number ?? 0) > 0.7)
    for arm in arms {
      let ratios = arm["ratios"]?.items.compactMap(\.number) ?? []
      #expect(ratios.count == 64 && ratios.allSatisfy { (0...1).contains($0) })
      let count = arm["training_digits"]?.number ?? 0
      #expect((arm["nearest"]?.items ?? []).allSatisfy { (1...count).contains($0.number ?? 0) })
      #expect(
        arm["f_mem"]?.number == Double(ratios.filter { $0 < 1.0 / 3 }.count) / 64)
    }
    // Five updates draw nothing that can be read; the reader reads some of what is real, and nothing shuffled.
    let readable = arms.first?["readable"]
    #expect((readable?["samples"]?.number ?? 1) < 0.2)
    #expect((readable?["held_out"]?.number ?? 0) > 0.3)
    #expect((readable?["shuffled"]?.number ?? 1) < 0.05)
    for picture in ["digits", "control", "loss"] {
      #expect(names.contains("./run/\(picture).png") && names.contains("./run/\(picture).svg"))
    }
  }

  @Test("settings that cannot be right end it with one line and leave nothing")
  func badValues() throws {
    let folder = try TemporaryFolder()
    for (word, message) in [
      ("--batch=0", "--batch must be a positive integer, got 0"),
      ("--digits=4001", "--digits must be at most 4000, got 4001"),
      ("--control=1", "--control must be from 2 to --digits, got 1"),
      ("--width=30", "--width must be a multiple of 4, got 30"),
    ] {
      let result = try ScriptFiles.run(Self.path, [word], in: folder)
      #expect(result.status == 1)
      #expect(result.err == "\(Products.moondrift): digits.lua: \(message)\n")
    }
    #expect(try ScriptFiles.names(in: folder) == [])
  }
}
