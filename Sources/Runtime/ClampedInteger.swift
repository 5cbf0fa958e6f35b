extension Int {
  /// The whole part of a number; the nearest integer there is for one beyond them, and 0 for NaN.
  /// `Int(value)` would end the process in these cases, so no other file may use it.
  @inlinable
  public init(clamping value: Double) {
    if value >= 0x1p63 {
      self = .max
    } else if value > -0x1p63 {
      self = Int(value)
    } else {
      self = value.isNaN ? 0 : .min
    }
  }
}
