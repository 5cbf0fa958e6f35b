import Catalog
import KernelsBase
import Runtime

/// f(scale·x + shift) with numbers for each channel of each image, [n × c], channels next to each other.
public struct FeatureAffine {
  public var scale: [Float]
  public var shift: [Float]
  public var activation: MapActivation

  public init(scale: [Float], shift: [Float], _ activation: MapActivation) {
    (self.scale, self.shift, self.activation) = (scale, shift, activation)
  }
}

extension FeatureMap {
  /// The numbers of memory that a map of these sizes takes.
  public static func elementCount(batch: Int, channels: Int, height: Int, width: Int) throws -> Int
  {
    let lanes = channels > mostPlanes ? try (Count(channels) + 15).value & ~15 : channels
    return try Shape(checking: [batch, lanes, height, width]).elementCount
  }

  /// Σ x and Σ x² of each channel of each image, [n × c].
  public func laneMoments() throws -> ChannelSums {
    let (from, pixels) = (FloatIn(base), extent.plane)
    return try laneSums { plane, sums in
      kernels.laneMoments(from + plane * pixels, count: pixels, into: sums)
    }
  }

  /// f of every element.
  public func activate(_ f: FeatureAffine, into y: FeatureMap) throws {
    try FeatureMap.check(y, "y", like: self)
    let (from, to, pixels) = (FloatIn(base), y.base, extent.plane)
    let (scale, shift) = (try laneTable(f.scale), try laneTable(f.shift))
    try withTables(scale, shift) { scale, shift in
      try eachPlane { plane in
        kernels.activateLanes(
          LaneAffine(scale: scale + 16 * plane, shift: shift + 16 * plane, f.activation),
          from + plane * pixels, to + plane * pixels, count: pixels)
      }
    }
  }

  /// Σ h and Σ h x of each channel of each image, h = f′(scale·x + shift) dy.
  public func gradientSums(_ f: FeatureAffine, _ dy: FeatureMap) throws -> ChannelSums {
    try FeatureMap.check(dy, "dy", like: self)
    let (from, g, pixels) = (FloatIn(base), FloatIn(dy.base), extent.plane)
    let (scale, shift) = (try laneTable(f.scale), try laneTable(f.shift))
    return try withTables(scale, shift) { scale, shift in
      try laneSums { plane, sums in
        kernels.laneGradientSums(
          LaneAffine(scale: scale + 16 * plane, shift: shift + 16 * plane, f.activation),
          from + plane * pixels, g + plane * pixels, count: pixels, into: sums)
      }
    }
  }

  /// dx = scale·h + slope·x + offset.
  public func gradient(
    _ f: FeatureAffine, slope: [Float], offset: [Float], _ dy: FeatureMap, into dx: FeatureMap
  ) throws {
    try FeatureMap.check(dy, "dy", like: self)
    try FeatureMap.check(dx, "dx", like: self)
    let (from, g, to, pixels) = (FloatIn(base), FloatIn(dy.base), dx.base, extent.plane)
    let (scale, shift) = (try laneTable(f.scale), try laneTable(f.shift))
    let (slope, offset) = (try laneTable(slope), try laneTable(offset))
    try withTables(scale, shift) { scale, shift in
      try withTables(slope, offset) { slope, offset in
        try eachPlane { plane in
          kernels.laneGradients(
            LaneAffine(scale: scale + 16 * plane, shift: shift + 16 * plane, f.activation),
            slope: slope + 16 * plane, offset: offset + 16 * plane, from + plane * pixels,
            g + plane * pixels, to + plane * pixels, count: pixels)
        }
      }
    }
  }

  /// 16 numbers for each plane, 0 in empty lanes; a plane of one channel has its own in all of them.
  private func laneTable(_ values: [Float]) throws -> [Float] {
    guard values.count == batch * channels else {
      throw UserError(
        "there must be a number for each of \(batch) × \(channels) channels, got \(values.count)")
    }
    var table = [Float](repeating: 0, count: 16 * batch * blocks)
    for image in 0..<batch {
      for channel in 0..<channels {
        let value = values[image * channels + channel]
        if isBlocked {
          table[16 * blocks * image + channel] = value
        } else {
          for lane in 0..<16 { table[16 * (blocks * image + channel) + lane] = value }
        }
      }
    }
    return table
  }

  private func withTables<R>(
    _ a: [Float], _ b: [Float], _ body: (FloatIn, FloatIn) throws -> R
  ) rethrows -> R {
    try a.withUnsafeBufferPointer { a in
      try b.withUnsafeBufferPointer { b in
        var none: Float = 0
        return try withUnsafePointer(to: &none) {
          try body(a.baseAddress ?? $0, b.baseAddress ?? $0)
        }
      }
    }
  }

  /// Two sums for each channel of each image, each plane by itself.
  private func laneSums(_ body: (_ plane: Int, _ sums: DoubleOut) -> Void) throws -> ChannelSums {
    var table = [Double](repeating: 0, count: 32 * batch * blocks)
    try table.withUnsafeMutableBufferPointer { buffer in
      guard let sums = buffer.baseAddress else { return }
      try eachPlane { body($0, sums + 32 * $0) }
    }
    var result = ChannelSums(first: [], second: [])
    for image in 0..<batch {
      for channel in 0..<channels {
        if isBlocked {
          let at = 32 * (blocks * image + channel / 16) + channel % 16
          result.first.append(table[at])
          result.second.append(table[at + 16])
        } else {
          let at = 32 * (blocks * image + channel)
          result.first.append(table[at..<at + 16].reduce(0, +))
          result.second.append(table[at + 16..<at + 32].reduce(0, +))
        }
      }
    }
    return result
  }
}
