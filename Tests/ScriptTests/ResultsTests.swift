import TestSupport
import Testing

/// The page of results, the claims that it is made of, and the list of experiments agree.
@Suite struct ResultsTests {
  private func results(_ words: [String], in root: String) throws -> CommandResult {
    try Command(root + "/scripts/results", words).run()
  }

  @Test("docs/results.md is what the kept claims make")
  func page() throws {
    let result = try results(["--check"], in: Products.root)
    #expect(result.status == 0, "\(result.err)")
  }

  @Test("each experiment of the list has its claims kept, where it makes any")
  func kept() {
    let page = ScriptFiles.read(Products.root + "/docs/results.md")
    for script in ScriptFiles.experiments {
      let text = ScriptFiles.read(Products.root + "/" + script)
      guard text.contains("\"moondrift.claims\"") else { continue }
      #expect(page.contains("`scripts/moondrift \(script)"), "\(script) is not in docs/results.md")
    }
  }

  /// A checkout with one experiment and a run of it.
  private func checkout(size: String = "default", claim id: String = "7a") throws -> TemporaryFolder
  {
    let folder = try TemporaryFolder()
    for part in ["scripts/support", "scripts/flow", "docs", "runs/flow-20260101-000000"] {
      _ = try Command("/bin/mkdir", ["-p", folder.path + "/" + part]).run()
    }
    for file in ["scripts/results", "scripts/support/claims.tsv"] {
      _ = try Command("/bin/cp", [Products.root + "/" + file, folder.path + "/" + file]).run()
    }
    _ = try folder.write("scripts/README.md", "| [flow/flow.lua](flow/flow.lua) | ? |\n")
    _ = try folder.write(
      "runs/flow-20260101-000000/result.json",
      """
      {"size": "\(size)", "started": "2026-01-01T00:00:00Z", "seconds": 61.52, "revision": "abc",
       "host": {"cpu": "x86-64-v3"}, "settings": {}}
      """)
    _ = try folder.write(
      "runs/flow-20260101-000000/claims.json",
      """
      [{"id": "\(id)", "claim": "depth | width", "source": "published", "expected": 2, "tolerance": "at most",
        "measured": 1.23456, "interval": [1, 1.5], "seeds": 5, "diverged": 1, "verdict": "reproduced",
        "note": "said"}]
      """)
    return folder
  }

  @Test("a run becomes rows with verdict, command, time and machine; untested claims say so")
  func rows() throws {
    let folder = try checkout()
    #expect(try results(["--check"], in: folder.path).status == 1)
    let made = try results([], in: folder.path)
    #expect(made.status == 0, "\(made.err)")
    let page = ScriptFiles.read(folder.path + "/docs/results.md")
    #expect(
      page.contains(
        "| 7a | depth \\| width | published | ≤ 2 | 1.235 [1, 1.5] | 5, 1 diverged | reproduced | ")
    )
    #expect(
      page.contains("`scripts/moondrift scripts/flow/flow.lua`: 61.5 s, size default, x86-64-v3"))
    #expect(page.contains("- 7a: said"))
    #expect(page.contains("1 of 48 claims are tested, in 1 parts: 1 reproduced,"))
    #expect(page.split(separator: "\n").count { $0.hasSuffix("| not tested yet | – |") } == 47)
    // What was kept stays when the run is gone.
    _ = try Command("/bin/rm", ["-r", folder.path + "/runs"]).run()
    #expect(try results([], in: folder.path).status == 0)
    #expect(ScriptFiles.read(folder.path + "/docs/results.md") == page)
  }

  @Test("a long run has rows of its own beside those of the default size")
  func sizes() throws {
    let folder = try checkout()
    let run = folder.path + "/runs/flow-20260101-000000"
    let long = folder.path + "/runs/flow-20260102-000000"
    _ = try Command("/bin/cp", ["-r", run, long]).run()
    let record = ScriptFiles.read(run + "/result.json")
    _ = try folder.write(
      "runs/flow-20260102-000000/result.json",
      record.replacing("default", with: "long").replacing("2026-01-01", with: "2026-01-02"))
    #expect(try results([], in: folder.path).status == 0)
    let page = ScriptFiles.read(folder.path + "/docs/results.md")
    #expect(page.contains("reproduced | [flow/flow](#flowflowlua), default |"))
    #expect(page.contains("reproduced | [flow/flow](#flowflowlua-long), long |"))
    #expect(page.contains("\n## flow/flow.lua, long\n"))
    #expect(page.contains("`scripts/moondrift scripts/flow/flow.lua --long`"))
  }

  @Test(
    "smoke runs and runs at settings of one's own are not results", arguments: ["smoke", "own"])
  func small(_ size: String) throws {
    let folder = try checkout(size: size)
    #expect(try results([], in: folder.path).status == 0)
    #expect(!ScriptFiles.read(folder.path + "/docs/results.md").contains("7a"))
  }

  @Test("a claim of no row, an edited page and an unknown experiment are seen")
  func planted() throws {
    let folder = try checkout(claim: "99")
    let result = try results([], in: folder.path)
    #expect(result.status == 1 && result.err.contains("claim '99' is of no row of the list"))
    let sound = try checkout()
    _ = try results([], in: sound.path)
    _ = try sound.write("docs/results.md", "edited\n")
    #expect(try results(["--check"], in: sound.path).err.contains("is not what docs/results holds"))
    #expect(
      try results(["--run", "flow/other"], in: sound.path).err.contains("no experiment flow/other"))
  }
}
