import KernelsBase

extension RandomStream {
  /// A seed for one part of an experiment: mix(mix(seed, tag), part), shortened to the integers
  /// 0 … 2⁵³ − 1, which a double and JSON hold exactly. The tag keeps it apart from the keys
  /// mix(seed, purpose) of the streams that use `seed` itself.
  public static func derivedSeed(_ seed: Int, part: Int) -> Int {
    let key = mix(seed: UInt64(bitPattern: Int64(seed)), purpose: 0xDE51_5EED)
    return Int(clamping: mix(seed: key, purpose: UInt64(bitPattern: Int64(part))) >> 11)
  }
}
