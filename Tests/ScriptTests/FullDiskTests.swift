// A run on a disk that is full, or becomes so: it is told before anything is computed, and what was
// computed is written before what can be drawn again.

import Glibc
import TestSupport
import Testing

@Suite("runs on a full disk") struct FullDiskTests {
  private static let script = """
    local run = require "moondrift.run"
    local claims = require "moondrift.claims"
    local record <close> = run.open{}
    print(record.folder)
    local list = claims.new()
    list:add{id = "1", claim = "c", source = "derived", expected = 1, tolerance = 0, measured = 1}
    local x = random.stream(1):normal(20000)
    record:save_figure(plot.scatter(x, x), "large")
    record:save_figure(plot.line({1, 2}, {1, 2}), "small")
    file.write_text(record:path "own.txt", "mine")
    record:finish{results = {answer = 42}, claims = list}
    """

  /// With so many blocks of 1024 bytes a file at most.
  private func run(blocks: Int, in folder: TemporaryFolder) throws -> CommandResult {
    let script = try folder.write("script.lua", Self.script)
    var command = Command(
      "/bin/bash",
      ["-c", "trap '' XFSZ; ulimit -f \(blocks); exec \"$0\" \"$1\"", Products.moondrift, script])
    command.folder = folder.path
    return try command.run()
  }

  @Test("a disk that takes no byte is told before anything is computed, and no folder is left")
  func refused() throws {
    let folder = try TemporaryFolder()
    let result = try run(blocks: 0, in: folder)
    #expect(result.status == 1)
    #expect(result.out == "")
    #expect(result.err.contains("script.lua: cannot write to runs/script-"), "\(result.err)")
    #expect(result.err.hasSuffix(": File too large\n"), "\(result.err)")
    #expect(try ScriptFiles.names(in: folder) == ["./runs", "./script.lua"])
  }

  @Test("a figure that does not fit is named at the end; results, claims and the others are there")
  func figure() throws {
    let folder = try TemporaryFolder()
    let result = try run(blocks: 100, in: folder)
    #expect(result.status == 1)
    let run = result.out.split(separator: "\n").first.map(String.init) ?? ""
    #expect(
      result.out.contains("wrote \(run)/: claims.json, result.json, small.svg, small.png, own.txt")
        || result.out.contains(
          "wrote \(run)/: claims.json, result.json, large.png, small.svg, small.png, own.txt"),
      "\(result.out)")
    #expect(result.err.contains("script: not written: large.svg: cannot write"), "\(result.err)")
    #expect(result.err.contains("large.svg: File too large"))
    #expect(!result.err.contains("traceback"))
    let names = try ScriptFiles.names(in: folder)
    #expect(names.contains("./\(run)/claims.json") && names.contains("./\(run)/result.json"))
    #expect(!names.contains { $0.contains(".tmp") || $0.contains("check") })
  }

  @Test("on a small disk that fills, results and claims are whole, whatever else is lost")
  func smallDisk() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("script.lua", Self.script)
    mkdir(folder.path + "/disk", 0o700)
    // A mount of its own name space, which goes with the process; not everybody may make one.
    let commands = """
      mount -t tmpfs -o size=132k none "$2" || exit 77
      cd "$2" && "$0" "$1"; status=$?
      for name in runs/*/*.json; do [ -s "$name" ] && echo "whole: ${name##*/}"; done
      exit $status
      """
    let result = try Command(
      "/usr/bin/unshare",
      ["-m", "/bin/sh", "-c", commands, Products.moondrift, script, folder.path + "/disk"]
    ).run()
    guard result.status != 77, !result.err.contains("unshare") else { return }
    #expect(result.status == 1)
    #expect(
      result.out.contains("whole: claims.json\nwhole: result.json\n"), "\(result.out)\(result.err)")
    #expect(result.err.contains("No space left on device"), "\(result.err)")
  }
}
