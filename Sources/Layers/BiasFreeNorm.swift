import Autodiff
import Catalog
import Tensors

/// y = γ x / sd(x) for each channel, without a mean taken away and without a shift, so that a network of
/// such layers is homogeneous (Mohan et al. 2020; Kadkhodaie et al. 2024).
///
/// sd² = var(x) + ε over the batch and its places in training, and the running sd in evaluation:
/// running ← (1 − momentum) running + momentum sd.
package struct BiasFreeNormLayer: StackNorm {
  package struct Options: OptionGroup {
    package var channels: Count?
    package var momentum = 0.1
    package var epsilon = 1e-5

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "channels", \.channels, "of the points", in: .positive).listed,
      Option("momentum", \.momentum, "weight of a batch in the running sd", in: .within(0...1)),
      Option("epsilon", \.epsilon, "added to the variance", in: .positive),
    ]
  }

  package static let constructor = "bias_free_norm"
  package static let entry = layerEntry(
    "Division of each channel by its standard deviation alone.",
    details:
      "In training by that of the batch, in evaluation by a running one. γ starts as N(0, 1)·2/(9·64) "
      + "cut at ±0.025.",
    source: "Mohan et al. 2020; Kadkhodaie et al. 2024, appendix A",
    example: "return nn.bias_free_norm{3}(tensor.ones{2, 3, 4, 4})")

  package let options: Options
  package let channels: Int

  package init(_ options: Options) throws {
    self.options = options
    channels = try options.required(\.channels, "channels").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [
      ParameterSet.Start("weight", [channels]) { out, count in
        let draws = try stream.normal([count]).floats()
        for i in 0..<count { out[i] = min(max(draws[i] * 2 / (9 * 64), -0.025), 0.025) }
      },
      .buffer("running_sd", try .full([channels], 1)),
    ]
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    try requireChannels(inputs[0], channels)
    return inputs[0]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    let gamma = try perChannel(call["weight"], like: x)
    guard call.isTraining else {
      return try x * (gamma / perChannel(call["running_sd"], like: x))
    }
    let sd = try sqrt(channelMoments(x).variance + options.epsilon)
    try writeRunning(sd, call)
    return try x * (gamma / sd)
  }

  private func writeRunning(_ sd: Tensor, _ call: LayerCall) throws {
    let batch = try reshape(sd.value, to: [channels])
    try call.write(
      "running_sd", call["running_sd"] * (1 - options.momentum) + batch * options.momentum)
  }
}

// MARK: - In a stack

extension BiasFreeNormLayer {
  package var link: ConvolutionStack.Link { .biasFree(epsilon: options.epsilon) }

  package func trainedParameters(_ call: LayerCall) -> [Tensor] { [call["weight"]] }

  package func fixed(_ call: LayerCall) throws -> (scale: Tensor, shift: Tensor) {
    (try call["weight"] / call["running_sd"], try .zeros([channels]))
  }

  package func writeRunning(
    _ mean: Tensor, _ variance: Tensor, count: Int, _ call: LayerCall
  ) throws {
    try writeRunning(sqrt(variance + options.epsilon), call)
  }
}

/// - Throws: unless points have channels first, as many as wanted.
func requireChannels(_ shape: Shape, _ channels: Int) throws {
  guard shape.rank > 0, shape[0] == channels else {
    throw UserError(
      "x must have \(channels) channel\(channels == 1 ? "" : "s") first, got points of shape \(shape)"
    )
  }
}
