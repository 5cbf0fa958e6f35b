import Glibc

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
  UpdateKernels, DistanceKernels
{}

public typealias FloatIn = UnsafePointer<Float>
public typealias FloatOut = UnsafeMutablePointer<Float>
public typealias DoubleIn = UnsafePointer<Double>
public typealias DoubleOut = UnsafeMutablePointer<Double>

/// y[i] = f(x[i]).
public protocol ElementwiseKernels {
  /// −x.
  static func negative(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// |x|.
  static func absolute(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// 1/x.
  static func reciprocal(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// x².
  static func square(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// √x.
  static func sqrt(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// eˣ.
  static func exp(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// eˣ − 1, exact near 0.
  static func expm1(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// ln x.
  static func log(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// ln(1 + x), exact near 0.
  static func log1p(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// sin x, x in radians.
  static func sin(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// cos x, x in radians.
  static func cos(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// tanh x.
  static func tanh(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// σ(x) = 1/(1 + e⁻ˣ).
  static func sigmoid(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// x σ(x); NaN at −∞ (as PyTorch).
  static func silu(_ x: FloatIn, _ y: FloatOut, _ n: Int)
  /// max(x, 0), NaN stays NaN.
  static func relu(_ x: FloatIn, _ y: FloatOut, _ n: Int)

  static func negative(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func absolute(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func reciprocal(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func square(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func sqrt(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func exp(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func expm1(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func log(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func log1p(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func sin(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func cos(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func tanh(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func sigmoid(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func silu(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  static func relu(_ x: DoubleIn, _ y: DoubleOut, _ n: Int)

  /// dx[i] = dy[i] σ(x)(1 + x(1 − σ(x))), from the input.
  static func siluBackward(_ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut, _ n: Int)
  static func siluBackward(_ x: DoubleIn, _ dy: DoubleIn, _ dx: DoubleOut, _ n: Int)

  /// dx[i] = dy[i] (1 − y²), from the output y = tanh x.
  static func tanhBackward(_ y: FloatIn, _ dy: FloatIn, _ dx: FloatOut, _ n: Int)
  static func tanhBackward(_ y: DoubleIn, _ dy: DoubleIn, _ dx: DoubleOut, _ n: Int)

  /// dx[i] = dy[i] y(1 − y), from the output y = σ(x).
  static func sigmoidBackward(_ y: FloatIn, _ dy: FloatIn, _ dx: FloatOut, _ n: Int)
  static func sigmoidBackward(_ y: DoubleIn, _ dy: DoubleIn, _ dx: DoubleOut, _ n: Int)

  /// dx[i] = dy[i] where x > 0, else 0.
  static func reluBackward(_ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut, _ n: Int)
  static func reluBackward(_ x: DoubleIn, _ dy: DoubleIn, _ dx: DoubleOut, _ n: Int)
}

/// y[i] = a[i·aStep] ∘ b[i·bStep]; a step is 0 (one number for all) or 1.
/// `maximum` and `minimum` give NaN where either side is NaN.
public protocol BinaryKernels {
  static func add(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func subtract(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func multiply(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func divide(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func power(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func maximum(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)
  static func minimum(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int)

  static func add(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func subtract(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func multiply(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func divide(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func power(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func maximum(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
  static func minimum(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int)
}
/// An operand of an operation on rows: element (r, i) is start[r·rowStep + i·step]. `step` is 1, or 0
/// for one number along a row; `rowStep` is 0 for one row, or number, for all.
public struct FloatRows {
  public let start: FloatIn
  public let rowStep: Int
  public let step: Int

  public init(_ start: FloatIn, rowStep: Int, step: Int) {
    (self.start, self.rowStep, self.step) = (start, rowStep, step)
  }
}

/// The same of doubles.
public struct DoubleRows {
  public let start: DoubleIn
  public let rowStep: Int
  public let step: Int

  public init(_ start: DoubleIn, rowStep: Int, step: Int) {
    (self.start, self.rowStep, self.step) = (start, rowStep, step)
  }
}

/// y[r, i] = a[r, i] ∘ b[r, i] for whole blocks of rows, as `BinaryKernels` does it for one; y is
/// dense and, other than there, overlaps neither operand.
public protocol BroadcastKernels {
  static func add(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func subtract(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func multiply(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func divide(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func maximum(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)
  static func minimum(
    _ a: FloatRows, _ b: FloatRows, _ y: FloatOut, rows: Int, columns: Int)

  static func add(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func subtract(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func multiply(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func divide(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func maximum(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
  static func minimum(
    _ a: DoubleRows, _ b: DoubleRows, _ y: DoubleOut, rows: Int, columns: Int)
}

/// Scaled sums, fills and conversions.
public protocol BlendKernels {
  /// y[i] += alpha x[i].
  static func axpy(_ alpha: Float, _ x: FloatIn, _ y: FloatOut, _ n: Int)
  static func axpy(_ alpha: Double, _ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  /// y[i] = alpha x[i].
  static func scale(_ alpha: Float, _ x: FloatIn, _ y: FloatOut, _ n: Int)
  static func scale(_ alpha: Double, _ x: DoubleIn, _ y: DoubleOut, _ n: Int)
  /// y[i] += a[i] x[i].
  static func multiplyAdd(_ a: FloatIn, _ x: FloatIn, _ y: FloatOut, _ n: Int)
  static func multiplyAdd(_ a: DoubleIn, _ x: DoubleIn, _ y: DoubleOut, _ n: Int)
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
  /// Σ exp(x[i] − shift).
  static func sumOfExp(_ x: FloatIn, shift: Float, _ n: Int) -> Float
  static func sumOfExp(_ x: DoubleIn, shift: Double, _ n: Int) -> Double
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
  /// ln Σ exp(x[i]), safe from overflow; −∞ of nothing or of −∞ alone.
  static func logSumExp(_ x: FloatIn, _ n: Int) -> Float
  static func logSumExp(_ x: DoubleIn, _ n: Int) -> Double
  /// y[r, i] = exp(x[r, i]) / Σ exp(x[r, j]) for dense rows; y does not overlap x.
  static func softmax(_ x: FloatIn, _ y: FloatOut, rows: Int, columns: Int)
  static func softmax(_ x: DoubleIn, _ y: DoubleOut, rows: Int, columns: Int)
  /// dx[i] = y[i] (dy[i] − Σ dy[j] y[j]), from the output y.
  static func softmaxBackward(_ y: FloatIn, _ dy: FloatIn, _ dx: FloatOut, _ n: Int)
  static func softmaxBackward(_ y: DoubleIn, _ dy: DoubleIn, _ dx: DoubleOut, _ n: Int)
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

/// The activation of the one-hidden-layer score network.
public enum ScoreMLPActivation: Int32 {
  case swish = 0
  case relu = 1
}

/// Sizes of the one-hidden-layer score network: x ∈ ℝᵈ, `width` hidden units, `features` of time.
public struct ScoreMLPShape {
  public var dimension: Int
  public var width: Int
  public var features: Int
  public var activation: ScoreMLPActivation

  public init(dimension: Int, width: Int, features: Int, activation: ScoreMLPActivation = .swish) {
    self.dimension = dimension
    self.width = width
    self.features = features
    self.activation = activation
  }

  /// Parameters before W2: W1 (width × dimension), b1, E (width × features), bE.
  public var firstLayerCount: Int { width * (dimension + features + 2) }
  /// All parameters: the first layer, W2 (dimension × width), b2 (dimension).
  public var parameterCount: Int { firstLayerCount + dimension * (width + 1) }
  /// Units rounded up to whole vectors.
  public var paddedWidth: Int { (width + 15) / 16 * 16 }
  /// Floats of scratch memory the kernels need, whatever the number of examples.
  public var workspaceCount: Int {
    max(800, paddedWidth * (2 * (2 * dimension + features + 1) + 2) + 2 * dimension)
  }
}

/// A batch for the score network, row-major: x is count × d, gamma count × e, divisor count.
public struct ScoreMLPInputs {
  public var x: FloatIn
  public var gamma: FloatIn
  public var divisor: FloatIn
  public var count: Int

  public init(x: FloatIn, gamma: FloatIn, divisor: FloatIn, count: Int) {
    self.x = x
    self.gamma = gamma
    self.divisor = divisor
    self.count = count
  }
}

/// The score network of Li et al. 2023, h = W2 φ(W1 x + b1 + E γ + bE) + b2, in one pass.
///
/// Parameters lie flat: W1 (m × d), b1 (m), E (m × e), bE (m), W2 (d × m), b2 (d), row-major.
/// z is count × d, weight is count.
public protocol ScoreMLPKernels {
  /// out[i] = [sin 2π ω_j t_i …, cos 2π ω_j t_i …], rows of 2 × frequencies.
  static func fourierFeatures(
    _ t: FloatIn, _ omega: FloatIn, _ out: FloatOut, count: Int, frequencies: Int)

  /// out (count × d) = h(x, γ) / divisor.
  static func scoreMLPForward(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, _ inputs: ScoreMLPInputs, workspace: FloatOut,
    _ out: FloatOut)

  /// (1/count) Σ weight_i ‖h_i / divisor_i + z_i‖² and its gradient, which overwrites `gradient`.
  /// Without `firstLayer` the gradient of W1, b1, E, bE is left as it was (random features).
  static func scoreMLPLossAndGradient(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, _ inputs: ScoreMLPInputs, z: FloatIn,
    weight: FloatIn, firstLayer: Bool, workspace: FloatOut, gradient: FloatOut
  ) -> Float
}

/// What Adam is told besides its state, each number rounded once: 1 − β₂ taken in single precision
/// would keep five digits.
public struct AdamStep {
  public let beta1: Float
  public let beta2: Float
  /// 1 − β₁ and 1 − β₂.
  public let rest1: Float
  public let rest2: Float
  public let epsilon: Float
  /// η / (1 − β₁ᵏ) and 1 / √(1 − β₂ᵏ) at step k.
  public let size: Float
  public let inverseRoot: Float
  /// What parameters are multiplied by, and how much of them is added to the gradient.
  public let shrink: Float
  public let decay: Float

  /// - Parameters:
  ///   - step: k, from 1.
  ///   - decoupled: shrink the parameters themselves (AdamW) instead of adding to the gradient.
  public init(
    step: Int, rate: Double, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0, decoupled: Bool = false
  ) {
    beta1 = Float(betas.0)
    beta2 = Float(betas.1)
    rest1 = Float(1 - betas.0)
    rest2 = Float(1 - betas.1)
    self.epsilon = Float(epsilon)
    size = Float(rate / (1 - pow(betas.0, Double(step))))
    inverseRoot = Float(1 / (1 - pow(betas.1, Double(step))).squareRoot())
    shrink = decoupled ? Float(1 - rate * weightDecay) : 1
    decay = decoupled ? 0 : Float(weightDecay)
  }
}

/// Optimiser steps over flat arrays.
public protocol UpdateKernels {
  /// v ← momentum v + g, p ← p − rate v (PyTorch's convention); without `velocity`, v = g.
  static func sgd(
    _ parameters: FloatOut, _ gradient: FloatIn, velocity: FloatOut?, rate: Float, momentum: Float,
    _ n: Int)
  /// m ← β1 m + (1 − β1) g, v ← β2 v + (1 − β2) g²,
  /// p ← p − rate (m / c1) / (√(v / c2) + ε) (Kingma & Ba 2015; Loshchilov & Hutter 2019).
  static func adam(
    _ parameters: FloatOut, _ gradient: FloatIn, _ m: FloatOut, _ v: FloatOut, _ step: AdamStep,
    _ n: Int)
}
