import Autodiff
import Catalog
import Tensors

/// y = γ (x − ⟨x⟩)/√(var x + ε) + β for each channel, over the batch and its places in training and with
/// running moments in evaluation (Ioffe and Szegedy 2015). The running variance is the unbiased one, as in
/// PyTorch.
package struct BatchNormLayer: StackNorm {
  package struct Options: OptionGroup {
    package var channels: Count?
    package var momentum = 0.1
    package var epsilon = 1e-5

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "channels", \.channels, "of the points", in: .positive).listed,
      Option(
        "momentum", \.momentum, "weight of a batch in the running moments", in: .within(0...1)),
      Option("epsilon", \.epsilon, "added to the variance", in: .positive),
    ]
  }

  package static let constructor = "batch_norm"
  package static let entry = layerEntry(
    "Each channel with mean 0 and variance 1 over a batch.", source: "Ioffe and Szegedy 2015",
    example: "return nn.batch_norm{3}(tensor.ones{2, 3, 4, 4})")

  package let options: Options
  package let channels: Int

  package init(_ options: Options) throws {
    self.options = options
    channels = try options.required(\.channels, "channels").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [
      .constant("weight", [channels], 1), .constant("bias", [channels], 0),
      .buffer("running_mean", try .zeros([channels])),
      .buffer("running_variance", try .full([channels], 1)),
    ]
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    try requireChannels(inputs[0], channels)
    return inputs[0]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    let (gamma, beta) = (
      try perChannel(call["weight"], like: x), try perChannel(call["bias"], like: x)
    )
    let center: Tensor
    let variance: Tensor
    if call.isTraining {
      (center, variance) = try channelMoments(x)
      try writeRunning(center.value, variance.value, count: numbersOfAChannel(x), call)
    } else {
      center = try perChannel(call["running_mean"], like: x)
      variance = try perChannel(call["running_variance"], like: x)
    }
    return try (x - center) * (gamma / sqrt(variance + options.epsilon)) + beta
  }

  package func writeRunning(
    _ mean: Tensor, _ variance: Tensor, count: Int, _ call: LayerCall
  ) throws {
    guard count > 1 else {
      throw UserError("\(call.place) needs more than one number a channel in training")
    }
    func moved(_ name: String, _ batch: Tensor) throws {
      let flat = try reshape(batch, to: [channels])
      try call.write(name, call[name] * (1 - options.momentum) + flat * options.momentum)
    }
    try moved("running_mean", mean)
    try moved("running_variance", variance * (Double(count) / Double(count - 1)))
  }

  // MARK: In a stack

  package var link: ConvolutionStack.Link { .batch(epsilon: options.epsilon) }

  package func trainedParameters(_ call: LayerCall) -> [Tensor] { [call["weight"], call["bias"]] }

  package func fixed(_ call: LayerCall) throws -> (scale: Tensor, shift: Tensor) {
    let scale = try call["weight"] / sqrt(call["running_variance"] + options.epsilon)
    return (scale, try call["bias"] - scale * call["running_mean"])
  }
}
