/// What a norm and an activation do to one plane of a map: the elements of a block of 16 channels of one image
/// lie side by side, and every 16th belongs to one channel. A plane of one channel has the same numbers in all
/// lanes.

/// The function that follows a norm.
public enum MapActivation: Sendable {
  case none, relu, silu
}

/// f(scale·x + shift), with 16 numbers each.
public struct LaneAffine {
  public var scale: FloatIn
  public var shift: FloatIn
  public var activation: MapActivation

  public init(scale: FloatIn, shift: FloatIn, _ activation: MapActivation) {
    (self.scale, self.shift, self.activation) = (scale, shift, activation)
  }
}

public protocol MapNormKernels {
  /// Adds Σ x of each lane to the first 16 sums and Σ x² to the others.
  static func laneMoments(_ x: FloatIn, count: Int, into sums: DoubleOut)
  /// y = f(scale·x + shift); y may be x.
  static func activateLanes(_ f: LaneAffine, _ x: FloatIn, _ y: FloatOut, count: Int)
  /// With h = f′(scale·x + shift) dy: adds Σ h of each lane to the first 16 sums and Σ h x to the others.
  static func laneGradientSums(
    _ f: LaneAffine, _ x: FloatIn, _ dy: FloatIn, count: Int, into sums: DoubleOut)
  /// dx = scale·h + slope·x + offset; dx may be dy.
  static func laneGradients(
    _ f: LaneAffine, slope: FloatIn, offset: FloatIn, _ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut,
    count: Int)
}
