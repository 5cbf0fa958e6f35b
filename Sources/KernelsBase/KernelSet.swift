/// The hot loops, compiled once per CPU level and chosen at start-up.
///
/// `KernelsBase`, `KernelsV3` (AVX2 + FMA) and `KernelsV4` (AVX-512) each compile the *same* source
/// files (the two upper ones hold symbolic links) into an `enum Kernels: KernelSet`.
/// Only pointers and concrete number types appear here, so that no generic specialisation compiled
/// for a high level can be linked into a lower one.
///
/// All pointers are contiguous rows of `n` elements; an output may be the same memory as an input,
/// but may not overlap it in part. `n` may be 0.
/// Results differ between levels within a few ulp (fused multiply-add); random kernels and plain
/// sums do not differ. No kernel allocates.
public protocol KernelSet: ElementwiseKernels, BinaryKernels, BroadcastKernels, BlendKernels,
  ReductionKernels, ColumnSumKernels, RowKernels, ProductKernels, RandomKernels, ScoreMLPKernels,
  UpdateKernels, DistanceKernels, TransportKernels, ConvolutionKernels, PoolKernels, MapNormKernels
{}

public typealias FloatIn = UnsafePointer<Float>
public typealias FloatOut = UnsafeMutablePointer<Float>
public typealias DoubleIn = UnsafePointer<Double>
public typealias DoubleOut = UnsafeMutablePointer<Double>

/// Scaled sums, fills and conversions.
public protocol BlendKernels {
  /// y[i] += alpha x[i].
  static func axpy(_ alpha: Float, _ x: FloatIn, _ y: FloatOut, _ n: Int)
  static func axpy(_ alpha: Double, _ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  /// y[i] = alpha x[i].
  static func scale(_ alpha: Float, _ x: FloatIn, _ y: FloatOut, _ n: Int)
  static func scale(_ alpha: Double, _ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  /// a[i] += weight (b[i] − a[i]), the step of an exponential moving average.
  static func lerp(_ a: FloatOut, _ b: FloatIn, _ weight: Float, _ n: Int)
  static func lerp(_ a: DoubleOut, _ b: DoubleIn, _ weight: Double, _ n: Int)
  static func fill(_ y: FloatOut, _ value: Float, _ n: Int)
  static func fill(_ y: DoubleOut, _ value: Double, _ n: Int)
  static func convert(_ x: FloatIn, _ y: DoubleOut, _ n: Int)
  static func convert(_ x: DoubleIn, _ y: FloatOut, _ n: Int)
}

/// Reductions of one row. The order of the additions is fixed by `n` alone.
public protocol ReductionKernels {
  static func sum(_ x: FloatIn, _ n: Int) -> Float
  static func sum(_ x: DoubleIn, _ n: Int) -> Double
  static func dot(_ x: FloatIn, _ y: FloatIn, _ n: Int) -> Float
  static func dot(_ x: DoubleIn, _ y: DoubleIn, _ n: Int) -> Double
  static func sumOfSquares(_ x: FloatIn, _ n: Int) -> Float
  static func sumOfSquares(_ x: DoubleIn, _ n: Int) -> Double
  /// NaN if any element is NaN; −∞ of nothing.
  static func maximum(_ x: FloatIn, _ n: Int) -> Float
  static func maximum(_ x: DoubleIn, _ n: Int) -> Double
  /// NaN if any element is NaN; +∞ of nothing.
  static func minimum(_ x: FloatIn, _ n: Int) -> Float
  static func minimum(_ x: DoubleIn, _ n: Int) -> Double
  /// Whether no element is NaN or infinite.
  static func isFinite(_ x: FloatIn, _ n: Int) -> Bool
  static func isFinite(_ x: DoubleIn, _ n: Int) -> Bool
}

/// What a network layer does with one row of features.
public protocol RowKernels {
  /// y[r, i] = exp(x[r, i]) / Σ exp(x[r, j]) for dense rows; y does not overlap x.
  static func softmax(_ x: FloatIn, _ y: FloatOut, rows: Int, columns: Int)
  static func softmax(_ x: DoubleIn, _ y: DoubleOut, rows: Int, columns: Int)
  /// y[i] = gain[i] (x[i] − mean) / √(variance + epsilon) + bias[i]; variance with divisor n.
  /// Returns mean and 1/√(variance + epsilon), which the backward step needs.
  static func layerNorm(
    _ x: FloatIn, gain: FloatIn, bias: FloatIn, epsilon: Float, _ y: FloatOut, _ n: Int
  ) -> (mean: Float, inverse: Float)
  static func layerNorm(
    _ x: DoubleIn, gain: DoubleIn, bias: DoubleIn, epsilon: Double, _ y: DoubleOut, _ n: Int
  ) -> (mean: Double, inverse: Double)
  /// Writes dx; adds to dGain and dBias. dx may be dy.
  static func layerNormBackward(
    _ x: FloatIn, mean: Float, inverse: Float, gain: FloatIn, _ dy: FloatIn,
    _ dx: FloatOut, dGain: FloatOut, dBias: FloatOut, _ n: Int)
  static func layerNormBackward(
    _ x: DoubleIn, mean: Double, inverse: Double, gain: DoubleIn, _ dy: DoubleIn,
    _ dx: DoubleOut, dGain: DoubleOut, dBias: DoubleOut, _ n: Int)
}

/// Products of small matrices, where a library would spend its time on preparing.
public protocol ProductKernels {
  /// C = A B, each element a sum in the order of the inner axis. C is `rows` × `columns`, dense, and
  /// overlaps neither A nor B; element (i, p) of A is a[i·aRow + p·aColumn], (p, j) of B is
  /// b[p·bRow + j].
  static func product(
    _ a: FloatIn, aRow: Int, aColumn: Int, _ b: FloatIn, bRow: Int, _ c: FloatOut, rows: Int,
    columns: Int, inner: Int)
  static func product(
    _ a: DoubleIn, aRow: Int, aColumn: Int, _ b: DoubleIn, bRow: Int, _ c: DoubleOut, rows: Int,
    columns: Int, inner: Int)
}

/// What is made of the differences of two points.
public enum DistanceMeasure: Sendable {
  /// Σ d².
  case squares
  /// Σ |d|.
  case magnitudes
  /// max |d|.
  case largest
}

/// Distances between the rows of x and the points of a panel.
public protocol DistanceKernels {
  /// out[i·outRow + j] for each row i of x (dense, `inner` numbers each) and each of the first
  /// `columns` points of the panel. The panel holds two vectors of points (32 floats, 16 doubles),
  /// coordinate by coordinate; those beyond `columns` are read and not used.
  static func distances(
    _ measure: DistanceMeasure, _ x: FloatIn, rows: Int, _ panel: FloatIn, inner: Int,
    _ out: FloatOut, outRow: Int, columns: Int)
  static func distances(
    _ measure: DistanceMeasure, _ x: DoubleIn, rows: Int, _ panel: DoubleIn, inner: Int,
    _ out: DoubleOut, outRow: Int, columns: Int)
}

/// Counter-based random numbers, Philox 4×32-10 (Salmon et al. 2011).
///
/// Row r, column c of a `Float` or word array comes from word c mod 4 of the block with counter
/// (c / 4, low32(firstRow + r), high32(firstRow + r), step); `Double` takes two words a number, so
/// the block is c / 2. The value at (row, column) depends on nothing else: not on how many are
/// asked for, not on the CPU level. `out` is rows × columns, contiguous. Columns begin at the block
/// `firstBlock`, for part of one row; where it is not 0 there must be one row.
public protocol RandomKernels {
  /// Uniform on the open interval (0, 1).
  static func uniform(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64)
  static func uniform(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64)
  /// Standard normal, by the Box–Muller transform.
  static func normal(
    _ out: FloatOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64)
  static func normal(
    _ out: DoubleOut, rows: Int, columns: Int, key: UInt64, step: UInt32, firstRow: UInt64,
    firstBlock: UInt64)
  /// Raw 32-bit words.
  static func words(
    _ out: UnsafeMutablePointer<UInt32>, rows: Int, columns: Int, key: UInt64, step: UInt32,
    firstRow: UInt64, firstBlock: UInt64)
}
