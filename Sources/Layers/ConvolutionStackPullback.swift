import Catalog
import Tensors

/// The reverse sweep of a stack: [x, weights and parameters, y of every level but the last, moments, dy_L] →
/// cotangents of x, weights and parameters, as far as they are wanted.
///
/// With z = relu(s y + t), g = dz and on = [s y + t > 0] the sums S₁ = Σ on g and S₂ = Σ on g y over a channel
/// give all that is not elementwise: dt = S₁, ds = S₂, and with M numbers a channel
/// bias-free, s = γ/sd: dγ = S₂/sd, dy = on s g − γ S₂ (y − ⟨y⟩)/(sd³ M);
/// batch norm, s = γ/sd, t = β − s⟨y⟩: dβ = S₁, dγ = (S₂ − ⟨y⟩ S₁)/sd, dy = on s g − (s/M)(S₁ + dγ (y − ⟨y⟩)/sd).
struct ConvolutionStackPullback: Operation {
  let stack: ConvolutionStack
  let wantsPoints: Bool
  let wantsWeights: Bool

  let name = "convolution_stack_pullback"

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    try Sweep(self, inputs).run()
  }

  /// The results in the places of the stack's inputs.
  func placed(_ results: [Tensor]) -> [Tensor?] {
    var rest = results[...]
    let points = wantsPoints ? rest.popFirst() : nil
    let count = stack.levels.reduce(0) { $0 + 1 + $1.link.parameterCount }
    return [points] + (wantsWeights ? rest.map { $0 } : Array(repeating: nil, count: count))
  }
}

/// One run of the sweep, from the last convolution to the first.
private struct Sweep {
  private let stack: ConvolutionStack
  private let wantsPoints: Bool
  private let wantsWeights: Bool
  private let shapes: [ConvolutionShape]
  private let weights: [Tensor]
  private let parameters: [[Tensor]]
  private let x: FeatureMap
  /// y of every level but the last.
  private let maps: [FeatureMap]
  private let scales: [LevelScale?]
  private let dy: FeatureMap
  /// Of each level, the cotangents of its weight and parameters.
  private var flows: [[Tensor]]

  init(_ pass: ConvolutionStackPullback, _ inputs: [Tensor]) throws {
    (stack, wantsPoints, wantsWeights) = (pass.stack, pass.wantsPoints, pass.wantsWeights)
    let levels = stack.levels
    let given = 1 + levels.reduce(0) { $0 + 1 + $1.link.parameterCount }
    (weights, parameters) = stack.split(Array(inputs.prefix(given)))
    shapes = try stack.shapes(inputs[0], weights)
    x = try stack.inputMap(inputs[0])
    let kept = inputs[given..<given + levels.count - 1]
    maps = try zip(kept, shapes).map { elements, shape in
      try FeatureMap(
        elements: elements, batch: shape.batch, channels: shape.outputs, height: shape.outputHeight,
        width: shape.outputWidth)
    }
    var moments = inputs[(given + levels.count - 1)..<(inputs.count - 1)]
    scales = try zip(levels, parameters).map { level, parameters in
      if level.link == .linear { return nil }
      let own = level.link.epsilon == nil ? nil : moments.popFirst()
      return try LevelScale(level.link, parameters, moments: own)
    }
    dy = try stack.outputMap(inputs[inputs.count - 1], shapes[shapes.count - 1])
    flows = Array(repeating: [], count: levels.count)
  }

  /// What the convolution of a level reads.
  private func source(_ level: Int) -> FeatureSource {
    if level == 0 { return .plain(x) }
    guard let scale = scales[level - 1] else { return .plain(maps[level - 1]) }
    return .reluScale(maps[level - 1], scale: scale.scale, shift: scale.shift)
  }

  func run() throws -> [Tensor] {
    var sweep = self
    return try sweep.go()
  }

  private mutating func go() throws -> [Tensor] {
    // The cotangent of y of the level at hand, and what reads the same after backwardWeights.
    var gradient = FeatureSource.plain(dy)
    var plain = gradient
    for level in stride(from: stack.levels.count - 1, through: 0, by: -1) {
      let plan = try ConvolutionPlan(shapes[level], way: stack.levels[level].form.way)
      if wantsWeights {
        let dw = try Tensor(uninitialized: shapes[level].weightShape)
        try plan.backwardWeights(source(level), gradient, into: dw)
        flows[level].insert(dw, at: 0)
      } else {
        plain = gradient
      }
      if level > 0 {
        (gradient, plain) = try below(level, plan, plain)
      } else if wantsPoints {
        let shape = shapes[0]
        let dx = try FeatureMap(
          batch: shape.batch, channels: shape.inputs, height: shape.height, width: shape.width)
        try plan.backwardData(plain, weights: weights[0], into: dx)
        return [try stack.tensor(dx)] + flows.flatMap { $0 }
      }
    }
    return flows.flatMap { $0 }
  }

  /// The cotangent of y one level below, as the first pass over it reads it and as later ones do.
  private mutating func below(_ level: Int, _ plan: ConvolutionPlan, _ gradient: FeatureSource)
    throws
    -> (FeatureSource, FeatureSource)
  {
    let y = maps[level - 1]
    let g = try FeatureMap(
      batch: y.batch, channels: y.channels, height: y.height, width: y.width)
    guard let scale = scales[level - 1] else {
      try plan.backwardData(gradient, weights: weights[level], into: g)
      return (.plain(g), .plain(g))
    }
    let sums = try plan.backwardData(
      gradient, weights: weights[level], into: g,
      .gradientSums(y: y, scale: scale.scale, shift: scale.shift))
    guard let sums else { return (.plain(g), .plain(g)) }
    var backward = NormBackward(y: y, gradient: g, scale: scale.scale, shift: scale.shift)
    backward.keepsResult = wantsWeights
    try finish(&backward, level - 1, scale, sums)
    return (.normBackward(backward), .plain(g))
  }

  /// The derivative in the parameters of a level, and what they add to dy.
  private mutating func finish(
    _ backward: inout NormBackward, _ level: Int, _ scale: LevelScale, _ sums: ChannelSums
  ) throws {
    let (s1, s2) = (sums.first, sums.second)
    let channels = s1.indices
    let count = Double(maps[level].batch * maps[level].height * maps[level].width)
    var slope = [Float](repeating: 0, count: s1.count)
    var offset = slope
    var parameters: [[Double]]
    switch stack.levels[level].link {
    case .linear: parameters = []
    case .given: parameters = [s2, s1]
    case .biasFree:
      parameters = [channels.map { s2[$0] / scale.deviation[$0] }]
      for c in channels {
        let pull =
          Double(scale.scale[c]) * s2[c] / (scale.deviation[c] * scale.deviation[c] * count)
        slope[c] = Float(-pull)
        offset[c] = Float(pull * scale.mean[c])
      }
    case .batch:
      let dGamma = channels.map { (s2[$0] - scale.mean[$0] * s1[$0]) / scale.deviation[$0] }
      parameters = [dGamma, s1]
      for c in channels {
        let s = Double(scale.scale[c])
        let pull = s * dGamma[c] / (scale.deviation[c] * count)
        slope[c] = Float(-pull)
        offset[c] = Float(pull * scale.mean[c] - s * s1[c] / count)
      }
    }
    (backward.slope, backward.offset) = (slope, offset)
    if wantsWeights { flows[level] = try parameters.map { try Tensor($0.map { Float($0) }) } }
  }
}
