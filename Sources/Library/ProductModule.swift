import Catalog
import Glibc
import Runtime
import Tensors

/// What the table `moondrift` itself holds beside the modules.
package enum ProductModule {
  package static let module = Module(
    "moondrift", "The product itself.",
    types: [TypeDescription(ChildProcess.self, "a process that runs one function")],
    entries: [
      .function(
        "version_info",
        "Versions of the parts and what they run on, as `--version` prints and every run records.",
        returns: "a table: version, blas, cpu (instruction set in use), threads",
        example: "return moondrift.version_info().threads"
      ) { () in
        Value.named(facts)
      },
      .function(
        "seconds", "Seconds that have passed, for telling how long something took.",
        returns: "seconds since an arbitrary moment", example: "return moondrift.seconds()"
      ) { () -> Double in
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
      },
    ] + ChildProcess.entries)

  /// Versions and machine, as `version_info` returns them.
  package static var facts: [(key: String, value: Value)] {
    [
      ("version", .string(moondriftVersion)), ("blas", .string(blasDescription())),
      ("cpu", .string(cpuLevel.instructionSet)),
      ("threads", .integer(WorkerPool.shared.threadCount)),
    ]
  }
}
