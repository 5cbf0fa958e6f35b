/// Keys for random streams: a seed and a purpose mixed into 64 well-spread bits.
///
/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014), applied to the seed and then to the
/// result offset by the purpose, so that neighbouring seeds and purposes give unrelated keys.
public func mix(seed: UInt64, purpose: UInt64) -> UInt64 {
  finalise(finalise(seed &+ goldenGamma) &+ purpose &* goldenGamma &+ goldenGamma)
}

/// 2⁶⁴ / φ, odd: the increment of SplitMix64.
private let goldenGamma: UInt64 = 0x9E37_79B9_7F4A_7C15

private func finalise(_ seed: UInt64) -> UInt64 {
  var z = seed
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
