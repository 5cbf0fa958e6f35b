// The one-hidden-layer score network: its sizes, its inputs and its kernels.

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
  /// Floats of the units that evaluation at one time works with.
  public var unitCount: Int { (width + 1) / 2 * 2 * (2 * dimension + 1) + dimension + 2 }
  /// Floats of scratch memory that evaluation at one time needs.
  public var forwardWorkspaceCount: Int { 32 * dimension }
  /// Floats of scratch memory that the trace of the slope needs.
  public var traceWorkspaceCount: Int { 16 * (2 * dimension + features) }
  /// Floats of scratch memory that a step of training needs, whatever the number of examples.
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

  /// Units for `scoreMLPForward` from parameters and the features γ of one time.
  static func scoreMLPUnits(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, gamma: FloatIn, _ units: FloatOut)

  /// out (count × d) = keep · x + factor · h(x) at one time. `units` come from `scoreMLPUnits`. The row of
  /// an example depends on nothing but its own numbers. Units with |a| up to 1e18 are in order.
  static func scoreMLPForward(
    _ units: FloatIn, _ shape: ScoreMLPShape, _ x: FloatIn, keep: Float, factor: Float,
    workspace: FloatOut, _ out: FloatOut, count: Int)

  /// out (count × d) = h(x) and trace (count) = Tr ∂h/∂x for rows with features γ (count × e) of their own.
  /// The row of an example depends on nothing but its own numbers.
  static func scoreMLPTrace(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, _ x: FloatIn, gamma: FloatIn,
    workspace: FloatOut, _ out: FloatOut, trace: FloatOut, count: Int)

  /// (1/count) Σ weight_i ‖h_i / divisor_i + z_i‖² and its gradient, which overwrites `gradient`.
  /// Without `firstLayer` the gradient of W1, b1, E, bE is left as it was (random features).
  static func scoreMLPLossAndGradient(
    _ parameters: FloatIn, _ shape: ScoreMLPShape, _ inputs: ScoreMLPInputs, z: FloatIn,
    weight: FloatIn, firstLayer: Bool, workspace: FloatOut, gradient: FloatOut
  ) -> Float
}
