import Autodiff
import Catalog
import Tensors

/// y = γ (x − ⟨x⟩)/√(var x + ε) + β over the channels of a group and their places, for each point by itself
/// (Wu and He 2018); γ and β for each channel.
package struct GroupNormLayer: Layer {
  package struct Options: OptionGroup {
    package var groups: Count?
    package var channels: Count?

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "groups", \.groups, "into which the channels fall", in: .positive).listed,
      Option(required: "channels", \.channels, "of the points", in: .positive).listed,
    ]

    package func check() throws {
      guard let groups, let channels, channels.value % groups.value != 0 else { return }
      throw UserError("groups must divide channels, got \(groups) groups of \(channels) channels")
    }
  }

  package static let constructor = "group_norm"
  package static let entry = layerEntry(
    "Groups of channels with mean 0 and variance 1, each point by itself.", details: "ε is 1e-5.",
    source: "Wu and He 2018",
    example: "return nn.group_norm{2, 4}(tensor.ones{2, 4, 3, 3})")

  /// As PyTorch's.
  static let epsilon = 1e-5
  package let options: Options
  let groups: Int
  private let channels: Int

  package init(_ options: Options) throws {
    self.options = options
    try options.check()
    groups = try options.required(\.groups, "groups").value
    channels = try options.required(\.channels, "channels").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [.constant("weight", [channels], 1), .constant("bias", [channels], 0)]
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    try requireChannels(inputs[0], channels)
    return inputs[0]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    let rows = x.shape[0] * groups
    let length = x.elementCount / max(rows, 1)
    let (one, zero) = (try Tensor.full([length], 1, x.dtype), try Tensor.zeros([length], x.dtype))
    let flat = try layerNorm(reshape(x, to: [rows, length]), gain: one, bias: zero)
    return try reshape(flat, to: Array(x.shape)) * perChannel(call["weight"], like: x)
      + perChannel(call["bias"], like: x)
  }
}
