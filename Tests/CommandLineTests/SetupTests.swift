// `scripts/setup` beside another that installs: an apt-get that only pretends, whose lock is held at first.

import Glibc
import TestSupport
import Testing

@Suite("setup") struct SetupTests {
  private let checkout: TemporaryFolder

  init() throws {
    checkout = try TemporaryFolder()
    let bin = checkout.path + "/bin"
    try checkout.write("bin/swift", "#!/bin/bash\n")
    try checkout.write("bin/sleep", "#!/bin/bash\necho \"sleep $*\" >> '\(checkout.path)/calls'\n")
    try checkout.write(
      "bin/apt-get",
      """
      #!/bin/bash
      echo "apt-get $*" >> '\(checkout.path)/calls'
      if [[ $(grep -c apt-get '\(checkout.path)/calls') -lt 3 ]]; then
        echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)' >&2
        exit 100
      fi
      if [[ -e '\(checkout.path)/broken' ]]; then echo 'E: no such package' >&2; exit 100; fi
      printf '#!/bin/bash\\n' > '\(bin)/moondrift-test-tool'
      chmod +x '\(bin)/moondrift-test-tool'

      """)
    let copy = """
      cp -R '\(Products.root)/scripts' '\(checkout.path)'
      chmod +x '\(bin)'/*
      sed -i '/^system_packages=(/a "moondrift-test-package tests bin/moondrift-test-tool"' \
        '\(checkout.path)/scripts/support/packages.sh'
      """
    _ = try Command("/bin/sh", ["-c", copy]).run()
  }

  private func run() throws -> CommandResult {
    var command = Command(checkout.path + "/scripts/setup")
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    command.environment = ["PATH": checkout.path + "/bin:" + path]
    return try command.run()
  }

  private func calls() -> String { contents(of: checkout.path + "/calls") }

  private func contents(of path: String) -> String {
    (try? Command("/bin/cat", [path]).run().out) ?? ""
  }

  @Test("waits while another holds the lock, then installs", .enabled(if: getuid() == 0))
  func waits() throws {
    let result = try run()
    #expect(result.status == 0, "\(result.err)")
    #expect(result.err.contains("setup: waiting for another apt-get"))
    let install = "apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "
    #expect(calls().hasPrefix(install), "\(calls())")
    #expect(calls().contains("\nsleep 5\n"))
    // Nothing is missing now.
    let before = calls()
    #expect(try run() == CommandResult(out: "", err: "", status: 0))
    #expect(calls() == before)
  }

  @Test("an error of another kind is shown and not tried again", .enabled(if: getuid() == 0))
  func otherErrors() throws {
    try checkout.write("broken", "")
    let result = try run()
    #expect(result.status == 1)
    #expect(result.err.contains("E: no such package"))
    #expect(result.err.contains("setup: apt-get could not install"))
  }
}
