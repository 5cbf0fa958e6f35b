// An axis as the user describes it, and the same axis with its limits decided from the data.

import Catalog
import Glibc

package enum Scale: String, CaseIterable, Sendable {
  case linear, log

  /// Into the space where the axis is even; nil where the scale has no place for the value.
  func forward(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
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

package struct Axis: Sendable {
  package var label: String?
  package var scale: Scale = .linear
  package var low: Double?
  package var high: Double?
  /// Where the marks stand; nil: at round numbers.
  package var ticks: [Double]?
  package init() {}
}

/// An axis ready to draw. A value has a place on it: in the space of the scale and, on a linear one,
/// in units of 10^exponent. The unit is 1 but for values so large that their differences would
/// overflow, or so small that their steps would vanish.
package struct ResolvedAxis {
  package let scale: Scale
  /// The places of the ends.
  package private(set) var low: Double
  package private(set) var high: Double
  let exponent: Int
  let hasData: Bool
  let ticks: [Double]?

  /// An axis from one value to another.
  package init(_ scale: Scale, from first: Double, to last: Double) throws {
    var axis = Axis()
    (axis.scale, axis.low, axis.high) = (scale, first, last)
    try self.init(axis, name: "x", extent: Extent(scale), tightLow: true, tightHigh: true)
  }

  func place(_ value: Double) -> Double? {
    guard let place = scale.forward(value) else { return nil }
    return exponent == 0 ? place : place * Self.power(-exponent)
  }

  /// The value at a place; infinite where it is beyond the largest number.
  func value(at place: Double) -> Double {
    exponent == 0 ? scale.backward(place) : place * Self.power(exponent)
  }

  /// 0 at the low end, 1 at the high end.
  func share(_ place: Double) -> Double { (place - low) / (high - low) }

  /// 0 at the low end, 1 at the high end, nil where the value has no place.
  func fraction(_ value: Double) -> Double? { place(value).map(share) }

  private static func power(_ exponent: Int) -> Double {
    exponent == 0 ? 1 : exponent > 0 ? 1e300 : 1e-300
  }

  /// Moves both ends apart, so that the axis covers `range` times as much around its middle.
  mutating func widen(_ range: Double) {
    let (middle, half) = ((low + high) / 2, (high - low) / 2 * range)
    (low, high) = (middle - half, middle + half)
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
    ticks = axis.ticks
    for limit in [axis.low, axis.high] {
      if let limit, axis.scale.forward(limit) == nil {
        throw UserError(
          "limits of \(name) must be \(axis.scale == .log ? "positive on a log scale" : "finite"),"
            + " got \(NumberText.general(limit, digits: 6))")
      }
    }
    if let low = axis.low, let high = axis.high, !(low < high) {
      throw UserError(
        "limits of \(name) must increase, got \(NumberText.general(low, digits: 6))"
          + " to \(NumberText.general(high, digits: 6))")
    }
    hasData = extent.low <= extent.high
    exponent = Self.exponent(axis, extent)
    let unit = Self.power(-exponent)
    let userLow = axis.low.flatMap(axis.scale.forward).map { $0 * unit }
    let userHigh = axis.high.flatMap(axis.scale.forward).map { $0 * unit }
    var low = extent.low * unit
    var high = extent.high * unit
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

  /// The unit that keeps the differences of all values, and a thousandth of them, among the normal
  /// numbers.
  private static func exponent(_ axis: Axis, _ extent: Extent) -> Int {
    guard axis.scale == .linear else { return 0 }
    var size = [axis.low, axis.high].compactMap { $0 }.reduce(0) { max($0, abs($1)) }
    if extent.low <= extent.high { size = max(size, abs(extent.low), abs(extent.high)) }
    return size > 1e290 ? 300 : size > 0 && size < 1e-290 ? -300 : 0
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
