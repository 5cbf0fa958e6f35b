// Where an axis has its marks and what they say.
// Linear: steps of 1, 2, 2.5 or 5 times a power of ten, after Heckbert, "Nice Numbers for Graph
// Labels", Graphics Gems, 1990; of these the one whose count is nearest to the wish.
// Log: powers of ten, with marks between at 2…9; where the axis holds less than two powers, marks
// at 1, 2, 5 are labelled too, and below half a decade the linear rule takes over.

import Glibc

package struct Ticks {
  package struct Mark: Equatable {
    /// In the axis's own space.
    package let place: Double
    package let value: Double
    package let label: String
  }
  package private(set) var major: [Mark] = []
  package private(set) var minor: [Double] = []
  /// Labels are to be read times ten to this power; 0 where they are as they stand.
  package private(set) var exponent = 0

  package init(_ axis: ResolvedAxis, wish: Int) {
    if let values = axis.ticks {
      place(values, on: axis)
      return
    }
    switch axis.scale {
    case .linear: placeLinear(axis, axis.low, axis.high, wish: max(wish, 1))
    case .log: placeLog(axis, wish: max(wish, 1))
    }
  }

  /// At these values, each labelled by itself; what lies off the axis is left out.
  private mutating func place(_ values: [Double], on axis: ResolvedAxis) {
    for value in values.sorted() {
      guard let place = axis.place(value), (-1e-9...1 + 1e-9).contains(axis.share(place)) else {
        continue
      }
      major.append(Mark(place: place, value: value, label: NumberText.label(value)))
    }
  }

  // MARK: Linear

  static func niceStep(_ range: Double, wish: Int) -> Double {
    let raw = range / Double(wish)
    let power = pow(10, floor(log10(raw)))
    let candidates = [1, 2, 2.5, 5, 10].map { $0 * power }
    func miss(_ step: Double) -> Double { abs(log((range / step) / Double(wish))) }
    return candidates.min { miss($0) < miss($1) } ?? raw
  }

  /// Marks between two numbers: those of the axis, or on a log axis the values at its ends.
  private mutating func placeLinear(
    _ axis: ResolvedAxis, _ low: Double, _ high: Double, wish: Int
  ) {
    let slack = 1e-9 * (high - low)
    var wish = wish
    var (step, first, last) = (0.0, 0.0, 0.0)
    repeat {
      step = Self.niceStep(high - low, wish: wish)
      guard step.isFinite, step > 0 else { return }
      first = ceil((low - slack) / step)
      last = floor((high + slack) / step)
      wish += 1
    } while last - first < 1 && wish < 8  // one mark alone says little of a scale
    guard last - first < 1000, abs(first) < 9e15, abs(last) < 9e15 else { return }
    let numbers = stride(from: first, through: last, by: 1).map { $0 * step }
    let own = Self.commonExponent(numbers, mustShow: axis.exponent != 0)
    exponent = own + axis.exponent
    let unit = pow(10, Double(own))
    let decimals = Self.decimals(ofStep: step / unit)
    major = numbers.compactMap {
      let value = axis.scale == .log ? $0 : axis.value(at: $0)
      let place = axis.scale == .log ? log10($0) : $0
      guard value.isFinite, place.isFinite else { return nil }
      return Mark(
        place: place, value: value, label: NumberText.fixed($0 / unit, decimals: decimals))
    }
    let parts =
      (step / pow(10, floor(log10(step) + 1e-9))).rounded(.toNearestOrEven) == 2 ? 4.0 : 5.0
    let small = step / parts
    minor = stride(from: ceil((low - slack) / small), through: floor((high + slack) / small), by: 1)
      .filter { $0.truncatingRemainder(dividingBy: parts) != 0 }.map { $0 * small }
  }

  /// From 1e5 on a power of 1000, below 1e-3 a power of ten.
  private static func commonExponent(_ values: [Double], mustShow: Bool) -> Int {
    let size = values.map(abs).max() ?? 0
    guard size > 0 else { return 0 }
    let power = Int(clamping: floor(log10(size) + 1e-9))
    if mustShow { return power }
    if power >= 5 { return 3 * (power / 3) }
    return power < -3 ? power : 0
  }

  private static func decimals(ofStep step: Double) -> Int {
    var decimals = max(0, Int(clamping: -floor(log10(step) + 1e-9)))
    let scaled = step * pow(10, Double(decimals))
    if abs(scaled - scaled.rounded()) > 1e-6 { decimals += 1 }
    return min(decimals, 15)
  }

  // MARK: Log

  private mutating func placeLog(_ axis: ResolvedAxis, wish: Int) {
    let (low, high) = (axis.low, axis.high)
    let slack = 1e-9 * (high - low)
    let first = Int(clamping: ceil(low - slack))
    let last = Int(clamping: floor(high + slack))
    if high - low < 0.5 {
      placeLinear(axis, pow(10, low), pow(10, high), wish: wish)
      return
    }
    let digits = high - low <= 2 ? [1, 2, 5] : [1]
    let plain = digits.count > 1 && low >= -3 && high < 5
    var skip = 1
    while first <= last, (last - first) / skip + 1 > max(wish, 2) { skip += 1 }
    for power in (first - 1)...(last + 1) {
      for digit in 1...9 {
        let place = Double(power) + log10(Double(digit))
        guard place >= low - slack, place <= high + slack else { continue }
        let value = Double("\(digit)e\(power)") ?? pow(10, place)
        let onStep = (power % skip + skip) % skip == 0
        if digits.contains(digit), digit != 1 || onStep {
          major.append(
            Mark(place: place, value: value, label: Self.logLabel(digit, power, plain: plain)))
        } else if skip == 1 || digit == 1 {
          minor.append(value)
        }
      }
    }
  }

  private static func logLabel(_ digit: Int, _ power: Int, plain: Bool) -> String {
    if plain {
      return NumberText.fixed(Double("\(digit)e\(power)") ?? 0, decimals: max(0, -power))
    }
    return digit == 1 ? "10^{\(power)}" : "\(digit)×10^{\(power)}"
  }

  /// The axis label with the common power of ten: "step (×10³)".
  func axisLabel(_ label: String?) -> String? {
    guard exponent != 0 else { return label }
    let factor = "×10^{\(exponent)}"
    return label.map { "\($0) (\(factor))" } ?? factor
  }

  /// The most marks up to `wish` whose labels stay apart: `fits` looks at one attempt.
  static func fitting(_ axis: ResolvedAxis, wish: Int, fits: (Ticks) -> Bool) -> Ticks {
    var count = axis.ticks == nil ? max(wish, 1) : 1
    while true {
      let ticks = Ticks(axis, wish: count)
      if count == 1 || fits(ticks) { return ticks }
      count -= 1
    }
  }
}
