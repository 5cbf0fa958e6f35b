import Catalog
import KernelsBase
import Runtime

/// Images of another size, with the places of PyTorch's `interpolate`.
public struct FeatureResampling: Equatable, Sendable {
  public enum Kind: String, CaseIterable, Sendable { case nearest, bilinear }

  public let kind: Kind
  public let height: Int
  public let width: Int
  /// Whether the outermost pixels of both images meet (bilinear).
  public let alignsCorners: Bool

  public init(_ kind: Kind, height: Int, width: Int, alignsCorners: Bool = false) throws {
    (self.kind, self.height, self.width) = (kind, height, width)
    self.alignsCorners = alignsCorners
    guard min(height, width) >= 1, max(height, width) <= 1 << 24 else {
      throw UserError("size must be two positive integers, got \(height) and \(width)")
    }
  }

  fileprivate func axis(from count: Int, to outputs: Int) -> ResamplingAxis {
    ResamplingAxis(kind, from: count, to: outputs, alignsCorners)
  }
}

/// Where each output lies between two inputs.
private struct ResamplingAxis {
  var first: [Int32] = []
  var second: [Int32] = []
  var share: [Float] = []

  init(_ kind: FeatureResampling.Kind, from count: Int, to outputs: Int, _ alignsCorners: Bool) {
    let last = count - 1
    for i in 0..<outputs {
      if kind == .nearest {
        let place = Int32(min(i * count / outputs, last))
        first.append(place)
        second.append(place)
        share.append(0)
        continue
      }
      let at: Double
      if alignsCorners {
        at = outputs == 1 ? 0 : Double(i) * Double(last) / Double(outputs - 1)
      } else {
        at = max(0, (Double(i) + 0.5) * Double(count) / Double(outputs) - 0.5)
      }
      let place = min(Int(clamping: at), last)
      first.append(Int32(place))
      second.append(Int32(min(place + 1, last)))
      share.append(place == last ? 0 : Float(at - Double(place)))
    }
  }

  func with<R>(_ body: (Resampling) throws -> R) throws -> R {
    try first.withUnsafeBufferPointer { a in
      try second.withUnsafeBufferPointer { b in
        try share.withUnsafeBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
            preconditionFailure("an axis has an output")
          }
          return try body(Resampling(a, b, c))
        }
      }
    }
  }
}

extension FeatureMap {
  public func resampled(_ resampling: FeatureResampling) throws -> FeatureMap {
    let result = try FeatureMap(
      batch: batch, channels: channels, height: resampling.height, width: resampling.width)
    let (input, output) = (extent, result.extent)
    try resampling.axis(from: height, to: resampling.height).with { rows in
      try resampling.axis(from: width, to: resampling.width).with { columns in
        try result.eachPlane {
          kernels.resample(
            input, output, rows: rows, columns: columns, FloatIn(base) + $0 * input.plane,
            result.base + $0 * output.plane)
        }
      }
    }
    return result
  }

  /// The gradient of images of `height` × `width` from that of the resampled ones, `self`.
  public func resamplingGradient(
    _ resampling: FeatureResampling, height: Int, width: Int
  ) throws -> FeatureMap {
    try FeatureMap.check(
      self, "dy", [batch, channels, resampling.height, resampling.width])
    let result = try FeatureMap(batch: batch, channels: channels, height: height, width: width)
    let (input, output) = (result.extent, extent)
    try resampling.axis(from: height, to: resampling.height).with { rows in
      try resampling.axis(from: width, to: resampling.width).with { columns in
        try eachPlane {
          kernels.resampleBackward(
            input, output, rows: rows, columns: columns, FloatIn(base) + $0 * output.plane,
            result.base + $0 * input.plane)
        }
      }
    }
    return result
  }
}
