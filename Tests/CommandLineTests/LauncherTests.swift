import Glibc
import TestSupport
import Testing

/// `scripts/moondrift` in a checkout of its own with a compiler that only pretends: it notes each
/// build and "compiles" Sources/program.sh into the binary.
@Suite struct LauncherTests {
  private let checkout: TemporaryFolder
  private let launcher: String

  init() throws {
    checkout = try TemporaryFolder()
    launcher = checkout.path + "/scripts/moondrift"
    try checkout.write("Package.swift", "")
    try checkout.write(
      "Sources/program.sh", "#!/bin/bash\necho \"$PWD:$*\"; cat; exit ${EXIT:-0}\n")
    try checkout.write(
      "bin/swift",
      """
      #!/bin/bash
      echo "$*" >> '\(checkout.path)/builds'
      echo 'a line of the build log'
      if grep -q MISTAKE Sources/program.sh; then exit 1; fi
      sleep 0.3
      mkdir -p .build/release
      cp Sources/program.sh .build/release/moondrift
      chmod +x .build/release/moondrift

      """)
    let copy =
      "cp -R '\(Products.root)/scripts' '\(checkout.path)'; chmod +x '\(checkout.path)/bin/swift'"
    _ = try Command("/bin/sh", ["-c", copy]).run()
  }

  private func command(_ arguments: String..., input: String = "") -> Command {
    var command = Command(launcher, arguments, input: input)
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    command.environment = ["PATH": checkout.path + "/bin:" + path]
    return command
  }

  private func builds() throws -> Int {
    try Command("/bin/sh", ["-c", "cat '\(checkout.path)/builds' | wc -l"]).run().out
      .split(separator: "\n").first.flatMap { Int($0) } ?? 0
  }

  @Test("builds once, says so in a line, and passes arguments, folder, input and exit code on")
  func buildsOnceAndRuns() throws {
    var run = command("a b", "--c", input: "typed")
    run.folder = "/"
    run.environment["EXIT"] = "7"
    let first = try run.run()
    #expect(first.out == "/:a b --c\ntyped")
    #expect(first.err == "moondrift: building (some minutes the first time)\n")
    #expect(first.status == 7)
    let second = try run.run()
    #expect(second == CommandResult(out: "/:a b --c\ntyped", err: "", status: 7))
    #expect(try builds() == 1)
  }

  @Test("builds again when a source is newer, and when one is removed")
  func buildsAgain() throws {
    try checkout.write("Sources/other.swift", "")
    _ = try command().run()
    usleep(20_000)
    try checkout.write("Sources/program.sh", "#!/bin/bash\necho changed\n")
    #expect(try command().run().out == "changed\n")
    usleep(20_000)
    unlink(checkout.path + "/Sources/other.swift")
    _ = try command().run()
    #expect(try builds() == 3)
  }

  @Test("a build that fails shows its log, runs nothing, and is tried again")
  func failedBuild() throws {
    _ = try command().run()
    usleep(20_000)
    try checkout.write("Sources/program.sh", "MISTAKE")
    for _ in 1...2 {
      let result = try command().run()
      #expect(result.out == "")
      #expect(result.err.contains("a line of the build log\nmoondrift: the build failed\n"))
      #expect(result.status == 1)
    }
    #expect(try builds() == 3)
  }

  @Test("works through a link")
  func worksThroughALink() throws {
    let link = checkout.path + "/linked"
    #expect(symlink(launcher, link) == 0)
    var linked = command("x")
    linked.program = link
    linked.folder = "/"
    #expect(try linked.run().out == "/:x\n")
  }

  @Test("of two launches at once one builds and the other waits for it")
  func launchesTogether() throws {
    var both = Command("/bin/sh", ["-c", "'\(launcher)' 1 & '\(launcher)' 2 & wait"])
    both.environment = command().environment
    both.folder = "/"
    let result = try both.run()
    #expect(result.out.split(separator: "\n").sorted() == ["/:1", "/:2"])
    #expect(try builds() == 1)
  }

  @Test("a missing compiler is named")
  func missingCompiler() throws {
    unlink(checkout.path + "/bin/swift")
    var run = Command("/bin/bash", [launcher])
    for tool in ["bash", "find", "mkdir", "touch", "dirname", "readlink", "flock", "mktemp"] {
      let link = "ln -s \"$(command -v \(tool))\" '\(checkout.path)/bin/\(tool)'"
      _ = try Command("/bin/sh", ["-c", link]).run()
    }
    run.environment = ["PATH": checkout.path + "/bin"]
    let result = try run.run()
    #expect(result.err.contains("setup: there is no swift on the PATH"))
    #expect(result.status == 1)
  }
}
