import Autodiff
import Tensors

extension ConvolutionStackPass {
  /// J ẋ where no statistics follow from the batch, in one pass forward: between two convolutions the tangent goes
  /// through ẏ ↦ [s y + t > 0] s ẏ, which is done where the next one reads its tiles.
  func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? {
    guard let tangent = flow.plainFirst, stack.levels.allSatisfy({ $0.link.epsilon == nil }) else {
      return nil
    }
    let count = stack.levels.count
    let given = 1 + stack.levels.reduce(0) { $0 + 1 + $1.link.parameterCount }
    let inputs = (0..<given).map { flow.input($0).value }
    let (weights, parameters) = stack.split(inputs)
    let shapes = try stack.shapes(inputs[0], weights)
    var source = FeatureSource.plain(try stack.inputMap(tangent.densified()))
    for (place, level) in stack.levels.enumerated() {
      let shape = shapes[place]
      let moved = try FeatureMap(FeatureSize(shape.outputShape))
      let plan = try ConvolutionPlan(shape, way: level.form.way)
      try plan.forward(source, weights: weights[place], into: moved)
      if place == count - 1 {
        return [try stack.tensor(moved)] + Array(repeating: nil, count: count - 1)
      }
      source =
        try level.link == .linear
        ? .plain(moved)
        : gated(
          moved,
          by: FeatureMap(elements: flow.output(1 + place).value, FeatureSize(shape.outputShape)),
          LevelScale(level.link, parameters[place], moments: nil))
    }
    return nil
  }

  /// What the next convolution reads of a tangent behind relu(s y + t).
  private func gated(_ tangent: FeatureMap, by y: FeatureMap, _ scale: LevelScale) -> FeatureSource
  {
    var gate = NormBackward(y: y, gradient: tangent, scale: scale.scale, shift: scale.shift)
    let zeros = [Float](repeating: 0, count: scale.scale.count)
    (gate.slope, gate.offset) = (zeros, zeros)
    return .normBackward(gate)
  }
}

extension FeatureMap {
  fileprivate convenience init(_ size: FeatureSize) throws {
    try self.init(
      batch: size.batch, channels: size.channels, height: size.height, width: size.width)
  }

  fileprivate convenience init(elements: Tensor, _ size: FeatureSize) throws {
    try self.init(
      elements: elements, batch: size.batch, channels: size.channels, height: size.height,
      width: size.width)
  }
}
