import TestSupport
import Testing

@Suite(.serialized) struct ExperimentTests {
  @Test(
    "says what it asks, where it is from, how to run it, how long, what to see",
    arguments: ScriptFiles.experiments)
  func head(_ path: String) {
    let lines = ScriptFiles.read(Products.root + "/" + path).split(separator: "\n")
    var wanted = ["question:", "source:", "run:", "time:", "expect:"][...]
    for line in lines.prefix(while: { $0.hasPrefix("--") }) {
      if let key = wanted.first, line.hasPrefix("-- " + key) { wanted.removeFirst() }
    }
    #expect(wanted.isEmpty, "\(path) does not say \(wanted.joined(separator: " "))")
    #expect(lines.contains { $0.hasPrefix("-- run:") && $0.contains("scripts/moondrift \(path)") })
  }

  @Test(
    "a smoke run ends in seconds, with whole files of strict JSON",
    arguments: ScriptFiles.experiments)
  func smoke(_ path: String) throws {
    let folder = try TemporaryFolder()
    let result = try ScriptFiles.run(path, ["--smoke", "--out=run"], in: folder)
    #expect(result.status == 0, "\(result.err)")
    #expect(result.err == "")
    #expect(result.seconds < 10)
    let names = try ScriptFiles.names(in: folder)
    #expect(names.contains("./run/result.json"))
    #expect(!names.contains { $0.contains(".tmp") || $0.contains("/.") })
    for name in names where name.hasSuffix(".json") {
      #expect(throws: Never.self, "\(name)") {
        _ = try StrictJSON(ScriptFiles.read(folder.path + "/" + name))
      }
    }
    let record = try StrictJSON(ScriptFiles.read(folder.path + "/run/result.json"))
    for key in ["settings", "seed", "revision", "seconds", "host", "results"] {
      #expect(record[key] != nil, "result.json has no \(key)")
    }
    for key in ["threads", "blas", "cpu", "lua", "version"] {
      #expect(record["host"]?[key] != nil, "result.json has no host.\(key)")
    }
    if names.contains("./run/claims.json") {
      try checkClaims(ScriptFiles.read(folder.path + "/run/claims.json"), table: result.out)
    }
  }

  private func checkClaims(_ text: String, table: String) throws {
    let claims = try StrictJSON(text).items
    #expect(!claims.isEmpty)
    for claim in claims {
      for key in ["id", "claim", "source", "verdict"] {
        let value = try #require(claim[key]?.text, "a claim has no \(key)")
        #expect(table.contains(value) || key == "source")
      }
      #expect(claim["expected"] != nil && claim["tolerance"] != nil)
      #expect(claim["verdict"]?.text == "not tested")
    }
  }

  @Test(
    "help shows the head and the settings, and runs nothing",
    arguments: ScriptFiles.experiments)
  func help(_ path: String) throws {
    let folder = try TemporaryFolder()
    let result = try ScriptFiles.run(path, ["--help"], in: folder)
    #expect(result.status == 0)
    for part in ["question:", "expect:", "--out=DIR", "--smoke", "--seed="] {
      #expect(result.out.contains(part), "\(part)")
    }
    #expect(try ScriptFiles.names(in: folder) == [])
  }

  @Test(
    "a bad setting is one line on stderr and exit code 1, before anything is made",
    arguments: ScriptFiles.experiments)
  func badSettings(_ path: String) throws {
    let folder = try TemporaryFolder()
    let file = path.split(separator: "/").last ?? ""
    for (word, message) in [
      ("--sede=1", "unknown setting --sede (did you mean --seed?)"),
      ("--seed=1.5", "--seed must be an integer, got '1.5'"),
      ("--smoke=2", "--smoke must be true or false, got '2'"),
      ("seed=1", "unexpected argument 'seed=1' (settings are written --name=value)"),
    ] {
      let result = try ScriptFiles.run(path, [word], in: folder)
      #expect(result.status == 1)
      #expect(result.out == "")
      #expect(result.err == "\(Products.moondrift): \(file): \(message)\n")
    }
    #expect(try ScriptFiles.names(in: folder) == [])
  }

  @Test(
    "a folder that holds something or cannot be written is told before anything is computed",
    arguments: ScriptFiles.experiments)
  func badFolders(_ path: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("full/a.txt", "a")
    let file = path.split(separator: "/").last ?? ""
    for (out, message) in [
      ("full", "--out=full is not empty (it holds a.txt); give a new folder"),
      ("full/a.txt", "--out=full/a.txt is not a folder"),
      (
        "/proc/moondrift",
        "--out=/proc/moondrift: cannot make /proc/moondrift: No such file or directory"
      ),
      ("/proc", "--out=/proc is not empty (it holds 1); give a new folder"),
    ] {
      // Without --smoke: computing first would take long.
      let result = try ScriptFiles.run(path, ["--out=\(out)"], in: folder, timeout: 10)
      #expect(result.status == 1)
      #expect(result.out == "")
      #expect(result.err == "\(Products.moondrift): \(file): \(message)\n")
    }
    #expect(try ScriptFiles.names(in: folder) == ["./full", "./full/a.txt"])
  }

  @Test(
    "Ctrl-C leaves no half-written file, but the rows of a sweep, and says so",
    arguments: ScriptFiles.experiments)
  func interrupted(_ path: String) throws {
    let folder = try TemporaryFolder()
    // Some are done sooner than that in their default size.
    let isLong = ScriptFiles.read(Products.root + "/" + path).contains("  long = {")
    // In the foreground timeout presses once; else a second press may stop what the first one closes.
    var command = Command(
      "/usr/bin/timeout",
      [
        "--foreground", "--preserve-status", "-s", "INT", "1.5", Products.moondrift,
        Products.root + "/" + path,
      ] + (isLong ? ["--long"] : []))
    command.folder = folder.path
    let result = try command.run()
    #expect(result.status == 1)
    let names = try ScriptFiles.names(in: folder)
    if result.err.contains("runs are there, --out=") {
      let rows = try #require(names.first { $0.hasSuffix(".jsonl") })
      #expect(names.allSatisfy { rows.hasPrefix($0) })
    } else {
      #expect(result.err.contains("stopped before its end; nothing was written"), "\(result.err)")
      #expect(names == ["./runs"])
    }
    #expect(result.err.contains("interrupted!"))
    #expect(result.seconds < 4)
  }
}
