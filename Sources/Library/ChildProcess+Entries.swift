// A function in a process of its own, as Lua sees it: what `moondrift.sweep` runs its rows in.

import Catalog
import Glibc
import Runtime
import Tensors

extension ChildProcess: Object {
  package static var typeName: String { "child_process" }

  package func describe() -> String { "child_process \(id), \(endingText ?? "running")" }

  /// Words for how it ended; nil while it runs.
  fileprivate var endingText: String? {
    switch ending {
    case nil: nil
    case .finished: "finished"
    case .failed: "failed"
    case .interrupted: "interrupted"
    case .exited(let code): "exited with code \(code)"
    case .killed(let signal):
      "killed by signal \(signal) (\(String(cString: strsignal(Int32(clamping: signal)))))"
    }
  }

  static let entries: [Entry] = [
    .function(
      "start", "Runs a function in a process of its own, a copy of this one, and goes on at once.",
      .arg("f", "called without arguments; returns a string"),
      .option(
        "threads", default: nil, "that it uses; as many as this process where absent",
        in: Domain<Int>.within(1...256).orAbsent()),
      .option(
        "seed", default: 0, "where its random streams start, as --seed",
        in: .within(0...Int.max)),
      returns: "a child_process, in this process alone",
      details:
        "It sees every variable as it is now, and changes its own copies. What it prints goes where"
        + " this process prints; of what it computes only the string comes back. It ends with this process,"
        + " whatever ends that, and where its object is collected.",
      example: """
        c = moondrift.start(function() return "4" end)
        moondrift.wait({c}, 60)
        return c.output
        """
    ) { (f: Callback, threads: Int?, seed: Int) in
      try ChildProcess.start(threads: threads ?? WorkerPool.shared.threadCount) {
        SessionSeed.start(seed)
        return try f.call(returning: ByteString.self, name: "f").bytes
      }
    },
    .function(
      "wait", "Waits until one of some processes has ended.", .arg("children"),
      .arg("seconds", "at most so long", in: .nonNegative),
      returns: "the place of one that has ended, nil where there is none after this time",
      example: """
        c = moondrift.start(function() return "4" end)
        return moondrift.wait({c}, 60)
        """
    ) { (children: [ChildProcess], seconds: Double) in
      try ChildProcess.wait(children, seconds: seconds).map { $0 + 1 }
    },
    .function(
      "progress", "Writes a line on stderr over the one before, where that is a terminal.",
      .arg("text", "one line; the empty string takes the line away"),
      example: "moondrift.progress(\"\")"
    ) { (text: String) in
      guard isatty(2) != 0 else { return Nothing() }
      var line = "\r\u{1B}[K" + text.prefix { !$0.isNewline }
      line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
      return Nothing()
    },
    .property(
      ChildProcess.self, "ending",
      "How it ended: 'finished', 'failed', 'interrupted', 'exited with code …' or 'killed by signal …'; nil while"
        + " it runs, as far as `moondrift.wait` has seen."
    ) { (child: ChildProcess) in child.endingText },
    .property(
      ChildProcess.self, "output",
      "What its function returned; the message where it failed. Whole when it has ended."
    ) { (child: ChildProcess) in ByteString(child.output) },
    .property(
      ChildProcess.self, "peak_bytes",
      "The most memory it held at a time, what it shares with this process included; 0 while it runs."
    ) { (child: ChildProcess) in child.peakBytes },
    .method(ChildProcess.self, "stop", "Ends it by force, where it runs.") {
      (child: ChildProcess) in
      child.stop()
      return Nothing()
    },
  ]
}
