// Arrays whose size comes from data, files or options. Swift ends the process where an array does not
// fit, so the memory is asked for first.

import CSupport

extension Memory {
  /// Throws `OutOfMemory` where an array of so many elements would not fit.
  public static func request<Element>(_ count: Int, of type: Element.Type) throws {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    try requestArray(overflows ? .max : max(bytes, 0))
  }
}

extension Memory {
  /// Whether so many bytes more fit, which are counted as taken.
  @inline(__always)
  public static func takes(_ bytes: Int) -> Bool {
    csupport_ask_few_bytes(Int64(bytes)) || (try? requestArray(bytes)) != nil
  }
}

/// An array of so many equal elements, asked for first.
public func checkedArray<Element>(repeating value: Element, count: Int) throws -> [Element] {
  try Memory.request(count, of: Element.self)
  return Array(repeating: value, count: count)
}

extension Array {
  /// An array that `fill` writes, as `init(unsafeUninitializedCapacity:)` does, asked for first.
  public init(
    checkedCapacity count: Int,
    initializingWith fill: (inout UnsafeMutableBufferPointer<Element>, inout Int) throws -> Void
  ) throws {
    try Memory.request(count, of: Element.self)
    try self.init(unsafeUninitializedCapacity: count, initializingWith: fill)
  }

  /// Makes room for so many elements more, asked for first.
  public mutating func reserveChecked(_ more: Int) throws {
    let (wanted, overflows) = count.addingReportingOverflow(more)
    if !overflows, wanted <= capacity { return }
    try Memory.request(overflows ? .max : wanted, of: Element.self)
    reserveCapacity(wanted)
  }
}

/// For what grows piece by piece (text, nested tables): asks each time that a megabyte more has come.
public struct MemoryMeter {
  private var unasked = 0

  public init() {}

  /// - Parameter bytes: what the next piece takes, its share of growing arrays included.
  public mutating func take(_ bytes: Int) throws {
    unasked += bytes
    if unasked < 1 << 20 { return }
    let asked = unasked
    unasked = 0
    try Memory.requestArray(asked)
  }
}
