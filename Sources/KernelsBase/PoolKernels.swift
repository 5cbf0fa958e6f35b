/// Pooling and resampling of maps, plane by plane: a block of 16 channels of one image, or one plane.
public struct PoolPass {
  public var input: MapExtent
  public var output: MapExtent
  public var kernel: (y: Int, x: Int)
  public var stride: (y: Int, x: Int)
  public var padding: (y: Int, x: Int)
  /// Whether the mean of a window divides by its size, what lies outside of the image included.
  public var countsPadding: Bool

  public init(input: MapExtent, output: MapExtent) {
    (self.input, self.output, countsPadding) = (input, output, true)
    (kernel, stride, padding) = ((1, 1), (1, 1), (0, 0))
  }
}

/// Of one axis: where each output lies between two inputs.
public struct Resampling {
  public var first: UnsafePointer<Int32>
  public var second: UnsafePointer<Int32>
  /// The share of the second.
  public var share: FloatIn

  public init(_ first: UnsafePointer<Int32>, _ second: UnsafePointer<Int32>, _ share: FloatIn) {
    (self.first, self.second, self.share) = (first, second, share)
  }
}

/// Kernels of single planes; pointers are at their first elements.
public protocol PoolKernels {
  static func averagePool(_ pass: PoolPass, _ x: FloatIn, _ y: FloatOut)
  /// dx from dy; dx is overwritten.
  static func averagePoolBackward(_ pass: PoolPass, _ dy: FloatIn, _ dx: FloatOut)
  /// NaN where a window has one.
  static func maximumPool(_ pass: PoolPass, _ x: FloatIn, _ y: FloatOut)
  /// dx from x and dy: the first of the largest of each window gets its gradient.
  static func maximumPoolBackward(
    _ pass: PoolPass, _ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut)
  static func resample(
    _ input: MapExtent, _ output: MapExtent, rows: Resampling, columns: Resampling, _ x: FloatIn,
    _ y: FloatOut)
  static func resampleBackward(
    _ input: MapExtent, _ output: MapExtent, rows: Resampling, columns: Resampling, _ dy: FloatIn,
    _ dx: FloatOut)
  /// Adds the sums of a plane's lanes to `sums`.
  static func planeSums(_ x: FloatIn, pixels: Int, depth: Int, into sums: DoubleOut)
}
