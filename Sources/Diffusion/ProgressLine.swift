import Catalog
import Glibc
import Runtime
import Tensors

extension Duration {
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// One line on stderr, `train 12000/64032  19 %  310k steps/s  0:12 left`, rewritten in place.
package struct ProgressLine {
  private let name: String
  private let total: Int
  private let first: Int
  private let isShown: Bool
  private var lastShown = ContinuousClock.now
  private var hasShown = false

  package init(_ name: String, total: Int, from first: Int = 0, isShown: Bool?) {
    self.name = name
    self.total = total
    self.first = first
    // The lines of children would write over each other.
    self.isShown = isShown ?? (isatty(2) != 0 && !ChildProcess.isChild)
  }

  /// Whether the line is to be written again; four times a second.
  private mutating func isDue() -> Bool {
    guard isShown, (ContinuousClock.now - lastShown).seconds > 0.25 else { return false }
    (lastShown, hasShown) = (ContinuousClock.now, true)
    return true
  }

  package mutating func show(step: Int, since start: ContinuousClock.Instant) {
    guard isDue() else { return }
    let elapsed = (ContinuousClock.now - start).seconds
    let speed = Double(step - first) / elapsed
    let left = Int(clamping: (Double(total - step) / speed).rounded())
    let clock = "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60)"
    write(
      "\r\u{1B}[K\(name) \(step)/\(total)  \(100 * step / total) %  \(shortNumber(speed)) steps/s  "
        + "\(clock) left")
  }

  /// The share that is done, where steps do not tell.
  package mutating func show(share: Double) {
    guard isDue() else { return }
    write("\r\u{1B}[K\(name) \(Int(clamping: (100 * share).rounded(.down))) %")
  }

  /// The step and the noise level, where it is not known how many steps there will be.
  package mutating func show(step: Int, level: Double) {
    guard isDue() else { return }
    write("\r\u{1B}[K\(name) \(step)  noise level \(shortNumber(level))")
  }

  package func clear() { if hasShown { write("\r\u{1B}[K") } }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
