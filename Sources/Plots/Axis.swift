// An axis as the user describes it, and the same axis with its limits decided from the data.

import Catalog
import Glibc

public enum Scale: String, CaseIterable, Sendable {
  case linear, log

  /// Into the space where the axis is even; nil where the scale has no place for the value.
  /// Beyond 1e300 differences overflow, so such values count as infinite.
  func forward(_ value: Double) -> Double? {
    guard value.isFinite, abs(value) <= 1e300 else { return nil }
    switch self {
    case .linear: return value
    case .log: return value > 0 ? log10(value) : nil
    }
  }

  func backward(_ place: Double) -> Double {
    switch self {
    case .linear: place
    case .log: pow(10, place)
    }
  }
}

public struct Axis: Sendable {
  public var label: String?
  public var scale: Scale = .linear
  public var low: Double?
  public var high: Double?
  public init() {}
}

/// An axis ready to draw: `low` and `high` are in the space of the scale.
package struct ResolvedAxis {
  package let scale: Scale
  package let low: Double
  package let high: Double
  let hasData: Bool

  /// An axis from one value to another.
  package init(_ scale: Scale, from first: Double, to last: Double) throws {
    var axis = Axis()
    (axis.scale, axis.low, axis.high) = (scale, first, last)
    try self.init(axis, name: "x", extent: Extent(scale), tightLow: true, tightHigh: true)
  }

  /// 0 at the low end, 1 at the high end, nil where the value has no place.
  func fraction(_ value: Double) -> Double? {
    scale.forward(value).map { ($0 - low) / (high - low) }
  }

  /// The same, with what lies below a log scale moved far below the axis: for edges of areas.
  func areaFraction(_ value: Double) -> Double? {
    if scale == .log, value <= 0, !value.isNaN { return -1 }
    if value == .infinity { return 2 }
    if value == -.infinity { return -1 }
    return fraction(value)
  }

  /// Limits: the user's, else the extent of the data with a margin of 4 % (none at a side in
  /// `tight`); constant or absent data get a unit around them.
  init(_ axis: Axis, name: String, extent: Extent, tightLow: Bool, tightHigh: Bool) throws {
    scale = axis.scale
    for limit in [axis.low, axis.high] {
      if let limit, axis.scale.forward(limit) == nil {
        throw UserError(
          "limits of \(name) must be \(axis.scale == .log ? "positive on a log scale" : "finite"),"
            + " got \(NumberText.general(limit, digits: 6))")
      }
    }
    let userLow = axis.low.flatMap(axis.scale.forward)
    let userHigh = axis.high.flatMap(axis.scale.forward)
    if let userLow, let userHigh, !(userLow < userHigh) {
      throw UserError(
        "limits of \(name) must increase, got \(NumberText.general(axis.low ?? 0, digits: 6))"
          + " to \(NumberText.general(axis.high ?? 0, digits: 6))")
    }
    hasData = extent.low <= extent.high
    var low = extent.low
    var high = extent.high
    if !hasData { (low, high) = axis.scale == .log ? (-1, 1) : (0, 1) }
    let size = max(abs(low), abs(high))
    if high - low <= 1e-12 * size || high == low {
      let spread = axis.scale == .log ? 0.5 : (size > 0 ? 0.1 * size : 1)
      if axis.scale == .log || !(tightLow && low == 0) { low -= spread }
      high += spread
    } else if hasData {
      let margin = 0.04 * (high - low)
      if !tightLow { low -= margin }
      if !tightHigh { high += margin }
    }
    let step = max(high - low, 1e-12 * max(size, 1e-280))
    if let userLow {
      low = userLow
      if userHigh == nil, high <= low { high = low + step }
    }
    if let userHigh {
      high = userHigh
      if userLow == nil, low >= high { low = high - step }
    }
    self.low = low
    self.high = high > low ? high : low + max(1, abs(low))
  }
}

/// Smallest and largest of the values a scale can show, in the space of the scale.
struct Extent {
  let scale: Scale
  var low = Double.infinity
  var high = -Double.infinity

  init(_ scale: Scale) { self.scale = scale }

  mutating func add(_ value: Double) {
    if let place = scale.forward(value) {
      low = min(low, place)
      high = max(high, place)
    }
  }

  mutating func add(_ values: [Double]) { for value in values { add(value) } }
}
