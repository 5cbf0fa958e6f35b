import Catalog
import KernelsBase

/// What a pass of a convolution reads. What is done to the elements costs no pass of its own.
public enum FeatureSource {
  /// x.
  case plain(FeatureMap)
  /// relu(scale·x + shift), a number a channel.
  case reluScale(FeatureMap, scale: [Float], shift: [Float])
  /// The gradient of y where z = relu(scale·y + shift) and scale and shift follow from y by a norm.
  case normBackward(NormBackward)

  /// The map whose shape counts.
  public var map: FeatureMap {
    switch self {
    case .plain(let x), .reluScale(let x, _, _): x
    case .normBackward(let norm): norm.y
    }
  }
}

/// dy = [scale·y + shift > 0]·scale·g + offset + slope·y, which is the gradient through ReLU and any norm
/// whose statistics are sums over y and y²; `offset` and `slope` follow from the sums Σ on·g and Σ on·g·y.
public struct NormBackward {
  public var y: FeatureMap
  /// The gradient of relu(scale·y + shift).
  public var gradient: FeatureMap
  public var scale: [Float]
  public var shift: [Float]
  public var offset: [Float]
  public var slope: [Float]
  /// Whether dy takes the place of the gradient as it is read, for passes after this one. Only
  /// `backwardWeights` reads each element once and keeps it.
  public var keepsResult: Bool

  public init(y: FeatureMap, gradient: FeatureMap, scale: [Float], shift: [Float]) {
    (self.y, self.gradient, self.scale, self.shift) = (y, gradient, scale, shift)
    (offset, slope, keepsResult) = ([], [], false)
  }
}

/// What a pass of a convolution does to its results as it writes them.
public enum FeatureSink {
  case plain
  /// v + bias, then max(0, ·) where asked for.
  case affine(bias: [Float]?, relu: Bool)
  /// Added to what the map holds.
  case adding
  /// v + bias, with Σ and Σ of squares of each channel.
  case statistics(bias: [Float]?)
  /// v as the gradient of relu(scale·y + shift), with Σ on·v and Σ on·v·y of each channel,
  /// on = [scale·y + shift > 0].
  case gradientSums(y: FeatureMap, scale: [Float], shift: [Float])
}

/// Two sums over images and pixels for each channel, added in an order that the shape alone decides.
public struct ChannelSums {
  public var first: [Double]
  public var second: [Double]
}

/// Numbers of channels at stable addresses, padded with zeros to whole blocks.
final class ChannelTable {
  private var rows: [FloatOut] = []

  func row(_ values: [Float]?, _ map: MapExtent) throws -> FloatIn {
    let count = map.blocks * map.depth
    let row = FloatOut.allocate(capacity: max(count, 16))
    row.initialize(repeating: 0, count: max(count, 16))
    rows.append(row)
    for (channel, value) in (values ?? []).prefix(count).enumerated() { row[channel] = value }
    return FloatIn(row)
  }

  deinit { for row in rows { row.deallocate() } }

  /// Throws where there are not as many numbers as channels.
  private func check(_ values: [Float]?, _ name: String, _ map: FeatureMap) throws {
    guard let values, values.count != map.channels else { return }
    throw UserError(
      "\(name) must have a number for each of the \(map.channels) channels, got \(values.count)")
  }

  func source(_ source: FeatureSource) throws -> MapSource {
    var result = MapSource(FloatIn(source.map.base))
    let extent = source.map.extent
    switch source {
    case .plain: break
    case .reluScale(let x, let scale, let shift):
      try check(scale, "scale", x)
      try check(shift, "shift", x)
      result.form = .reluScale
      (result.scale, result.shift) = (try row(scale, extent), try row(shift, extent))
    case .normBackward(let norm):
      for (name, values) in [
        ("scale", norm.scale), ("shift", norm.shift), ("offset", norm.offset),
        ("slope", norm.slope),
      ] { try check(values, name, norm.y) }
      try FeatureMap.check(norm.gradient, "gradient", like: norm.y)
      result.form = .normBackward
      result.gradient = norm.gradient.base
      result.keeps = norm.keepsResult
      (result.scale, result.shift) = (try row(norm.scale, extent), try row(norm.shift, extent))
      (result.offset, result.slope) = (try row(norm.offset, extent), try row(norm.slope, extent))
    }
    return result
  }

  func sink(_ sink: FeatureSink, into map: FeatureMap) throws -> MapSink {
    var result = MapSink(map.base)
    let extent = map.extent
    switch sink {
    case .plain: break
    case .adding: result.form = .adding
    case .affine(let bias, let relu):
      try check(bias, "bias", map)
      (result.form, result.bias) = (.affine, try row(bias, extent))
      result.floor = relu ? 0 : -.infinity
    case .statistics(let bias):
      try check(bias, "bias", map)
      (result.form, result.bias) = (.statistics, try row(bias, extent))
    case .gradientSums(let y, let scale, let shift):
      try check(scale, "scale", map)
      try check(shift, "shift", map)
      try FeatureMap.check(y, "y", like: map)
      (result.form, result.y) = (.gradientSums, FloatIn(y.base))
      (result.scale, result.shift) = (try row(scale, extent), try row(shift, extent))
    }
    return result
  }
}

extension FeatureMap {
  static func check(_ map: FeatureMap, _ name: String, like other: FeatureMap) throws {
    let wanted = [other.batch, other.channels, other.height, other.width]
    try check(map, name, wanted)
  }

  static func check(_ map: FeatureMap, _ name: String, _ wanted: [Int]) throws {
    let got = [map.batch, map.channels, map.height, map.width]
    guard got == wanted else {
      throw UserError("\(name) must have the shape \(wanted), got \(got)")
    }
  }
}
