import Autodiff
import Catalog
import Tensors

/// Convolutions one after the other, with the norms and the ReLUs between them, as one operation: norm,
/// activation, statistics and their derivatives are done where the convolution reads and writes its tiles
/// anyway, and only the results of the convolutions are kept for the derivatives.
///
/// x → conv₁ → y₁ → relu(s₁ y₁ + t₁) → conv₂ → … → conv_L → y_L, where s and t of a level are given, or follow
/// from the moments of y over the batch.
package struct ConvolutionStack {
  /// What stands behind a convolution.
  package enum Link: Equatable {
    /// Nothing: the next convolution, or the end.
    case linear
    /// relu(s y + t) with s and t given.
    case given
    /// relu(γ y / sd(y)).
    case biasFree(epsilon: Double)
    /// relu(γ (y − ⟨y⟩)/sd(y) + β).
    case batch(epsilon: Double)

    /// How many numbers a channel it takes as inputs.
    var parameterCount: Int {
      switch self {
      case .linear: 0
      case .biasFree: 1
      case .given, .batch: 2
      }
    }

    var epsilon: Double? {
      switch self {
      case .linear, .given: nil
      case .biasFree(let epsilon), .batch(let epsilon): epsilon
      }
    }
  }

  struct Level {
    let form: ConvolutionForm
    let link: Link
  }

  let levels: [Level]
  /// The sizes of the points where they come and go in the engine's layout; nil where they are images.
  var size: FeatureSize?

  /// The sizes of each convolution.
  func shapes(_ x: Tensor, _ weights: [Tensor]) throws -> [ConvolutionShape] {
    var shape = size?.shape ?? x.shape
    return try zip(levels, weights).map { level, weight in
      let sizes = try level.form.shape(of: shape, weight: weight.shape)
      shape = sizes.outputShape
      return sizes
    }
  }

  /// What belongs to each level of inputs [x, weight₁, parameters of link₁…, weight₂, …].
  func split(_ inputs: [Tensor]) -> (weights: [Tensor], parameters: [[Tensor]]) {
    var place = 1
    var weights: [Tensor] = []
    let parameters = levels.map { level in
      weights.append(inputs[place])
      defer { place += 1 + level.link.parameterCount }
      return Array(inputs[place + 1..<place + 1 + level.link.parameterCount])
    }
    return (weights, parameters)
  }

  /// The same by elementary operations, to be differentiated again, and in float64.
  func formula(_ inputs: [Tensor]) throws -> Tensor {
    let (weights, parameters) = split(inputs)
    var x = try size.map { try Features(elements: inputs[0], $0).images() } ?? inputs[0]
    for (place, level) in levels.enumerated() {
      let y = try convolution(x, weights[place], level.form)
      let p = try parameters[place].map { try perChannel($0, like: y) }
      switch level.link {
      case .linear: x = y
      case .given: x = try relu(y * p[0] + p[1])
      case .biasFree(let epsilon):
        x = try relu(y * (p[0] / sqrt(channelMoments(y).variance + epsilon)))
      case .batch(let epsilon):
        let (center, variance) = try channelMoments(y)
        x = try relu((y - center) * (p[0] / sqrt(variance + epsilon)) + p[1])
      }
    }
    return size == nil ? x : try Features(x).elements
  }

  func inputMap(_ x: Tensor) throws -> FeatureMap { try size?.map(x) ?? FeatureMap(x) }

  /// The cotangent of what the last convolution writes.
  func outputMap(_ dy: Tensor, _ shape: ConvolutionShape) throws -> FeatureMap {
    size == nil ? try FeatureMap(dy) : try FeatureSize(shape.outputShape).map(dy)
  }

  func tensor(_ map: FeatureMap) throws -> Tensor { size == nil ? try map.tensor() : map.elements }
}

/// s and t of a level and, where they follow from them, the moments of its channels.
struct LevelScale {
  let scale: [Float]
  let shift: [Float]
  private(set) var mean: [Double] = []
  /// √(var + ε).
  private(set) var deviation: [Double] = []

  /// - Parameter moments: mean and variance of each channel, [2, c], where the link takes them.
  init(_ link: ConvolutionStack.Link, _ parameters: [Tensor], moments: Tensor?) throws {
    let first = try parameters.first?.floats() ?? []
    guard let moments, let epsilon = link.epsilon else {
      scale = first
      shift = try parameters.last?.floats() ?? []
      return
    }
    let values = try moments.doubles()
    let count = first.count
    let (center, spread) = (
      Array(values.prefix(count)), values.suffix(count).map { ($0 + epsilon).squareRoot() }
    )
    (mean, deviation) = (center, spread)
    scale = zip(first, spread).map { Float(Double($0) / $1) }
    guard case .batch = link else {
      shift = Array(repeating: 0, count: count)
      return
    }
    let beta = try parameters[1].floats()
    shift = (0..<count).map {
      Float(Double(beta[$0]) - Double(first[$0]) * center[$0] / spread[$0])
    }
  }
}

/// The forward pass in training, or where a gradient passes: [x, weights and parameters] → [y_L, then of every
/// other level y, then the moments of each level that has them].
struct ConvolutionStackPass: DifferentiableOperation {
  let stack: ConvolutionStack

  let name = "convolution_stack"
  var saves: Saves { Saves(inputs: nil, outputs: Set(1..<2 * stack.levels.count)) }

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    let (weights, parameters) = stack.split(inputs)
    let shapes = try stack.shapes(inputs[0], weights)
    var source = FeatureSource.plain(try stack.inputMap(inputs[0]))
    var maps: [FeatureMap] = []
    var moments: [Tensor] = []
    for (place, level) in stack.levels.enumerated() {
      let shape = shapes[place]
      let y = try FeatureMap(
        batch: shape.batch, channels: shape.outputs, height: shape.outputHeight,
        width: shape.outputWidth)
      let plan = try ConvolutionPlan(shape, way: level.form.way)
      let sums = try plan.forward(
        source, weights: weights[place], into: y,
        level.link.epsilon == nil ? .plain : .statistics(bias: nil))
      maps.append(y)
      let own = try sums.map { try ConvolutionStackPass.moments($0, shape) }
      if let own { moments.append(own) }
      if level.link == .linear {
        source = .plain(y)
      } else {
        let scale = try LevelScale(level.link, parameters[place], moments: own)
        source = .reluScale(y, scale: scale.scale, shift: scale.shift)
      }
    }
    let last = maps.removeLast()
    return try [stack.tensor(last)] + maps.map(\.elements) + moments
  }

  /// Mean and variance of each channel, [2, c].
  private static func moments(_ sums: ChannelSums, _ shape: ConvolutionShape) throws -> Tensor {
    let count = Double(shape.batch * shape.outputHeight * shape.outputWidth)
    let mean = sums.first.map { $0 / count }
    let variance = zip(sums.second, mean).map { max($0 / count - $1 * $1, 0) }
    return try Tensor(mean + variance, shape: [2, mean.count])
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let (inputs, dy) = (flow.inputs, try flow.cotangent(0))
    if (inputs + [dy]).contains(where: \.isRecorded) {
      return try vjp(inputs, cotangent: dy) { try stack.formula($0) }.cotangents
    }
    let count = stack.levels.count - 1
    let moments = stack.levels.filter { $0.link.epsilon != nil }.count
    let kept = (1..<1 + count + moments).map(flow.output)
    let pass = ConvolutionStackPullback(
      stack: stack, wantsPoints: flow.wanted[0],
      wantsWeights: flow.wanted.dropFirst().contains(true))
    let flows = try evaluate(pass, inputs.map(\.value) + kept.map(\.value) + [dy.value])
    return pass.placed(flows)
  }
}

/// The forward pass without gradients: s is folded into the weights, t and ReLU into the writing of tiles.
struct ConvolutionStackInference: Operation {
  let stack: ConvolutionStack

  let name = "convolution_stack_inference"

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    let (weights, parameters) = stack.split(inputs)
    let shapes = try stack.shapes(inputs[0], weights)
    var x = try stack.inputMap(inputs[0])
    for (place, level) in stack.levels.enumerated() {
      let shape = shapes[place]
      let y = try FeatureMap(
        batch: shape.batch, channels: shape.outputs, height: shape.outputHeight,
        width: shape.outputWidth)
      let plan = try ConvolutionPlan(shape, way: level.form.way)
      if level.link == .linear {
        try plan.forward(.plain(x), weights: weights[place], into: y)
      } else {
        let scale = try LevelScale(level.link, parameters[place], moments: nil)
        try plan.forward(
          .plain(x), weights: weights[place], scale: scale.scale, into: y,
          .affine(bias: scale.shift, relu: true))
      }
      x = y
    }
    return [try stack.tensor(x)]
  }
}
