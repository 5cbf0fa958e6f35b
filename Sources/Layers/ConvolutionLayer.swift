import Autodiff
import Catalog
import Tensors

/// A layer that the convolution engine computes, plain or transposed.
package protocol ConvolutionLayer: Layer {
  var inputs: Int { get }
  var outputs: Int { get }
  var form: ConvolutionForm { get }
  var weightShape: Shape { get }
  var hasBias: Bool { get }
}

extension ConvolutionLayer {
  package func shape(of inputs: [Shape]) throws -> Shape {
    _ = try ImageShape(inputs[0], channels: self.inputs)
    let result = try form.shape(of: Shape([1] + Array(inputs[0])), weight: weightShape)
    return Shape(Array(result.outputShape.dropFirst()))
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let y = try convolution(inputs[0], call["weight"], form)
    return hasBias ? try y + perChannel(call["bias"], like: y) : y
  }

  /// How its passes are computed for images of a shape [n, c, h, w].
  func plan(_ shape: Shape) throws -> ConvolutionPlan {
    try ConvolutionPlan(form.shape(of: shape, weight: weightShape), way: form.way)
  }

  /// Weight and bias at the start.
  func convolutionStarts(
    fanOut: Int, initial: String, gain: Double, _ stream: RandomStream
  ) throws -> [ParameterSet.Start] {
    // PyTorch counts the second axis as what is read, for transposed convolutions too.
    let fanIn = weightShape.dropFirst().reduce(1, *)
    let weight = Initializer(rawValue: initial)?.start(
      "weight", weightShape, fanIn: fanIn, fanOut: fanOut, gain: gain, stream)
    let shift =
      hasBias ? ParameterSet.Start.linear("bias", [outputs], fanIn: fanIn, stream) : nil
    return [weight, shift].compactMap { $0 }
  }
}

/// Groups that do not divide the channels are an error.
func checkGroups(_ groups: Count, inputs: Count, outputs: Count) throws {
  guard inputs.value % groups.value == 0, outputs.value % groups.value == 0 else {
    throw UserError(
      "groups must divide inputs and outputs, got \(groups) groups of \(inputs) and \(outputs) channels"
    )
  }
}

extension ConvolutionWay {
  /// The option that leaves the way to the engine.
  static let rule = "rule"
}
