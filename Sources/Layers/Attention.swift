import Autodiff
import Catalog
import Tensors

/// Self-attention over the places of images [n, c, h, w] or of sequences [n, l, c] (Vaswani et al. 2017):
/// for each head softmax(q kᵀ/√d) v with q, k, v linear in the channels, then a linear map of all heads.
package struct AttentionLayer: Layer {
  package struct Options: OptionGroup {
    package var channels: Count?
    package var heads: Count = 1

    package init() {}

    package static let options: [Option<Options>] = [
      Option(required: "channels", \.channels, "of the points", in: .positive).listed,
      Option("heads", \.heads, "into which the channels fall", in: .positive),
    ]

    package func check() throws {
      guard let channels, channels.value % heads.value != 0 else { return }
      throw UserError("heads must divide channels, got \(heads) heads of \(channels) channels")
    }
  }

  package static let constructor = "attention"
  package static let entry = layerEntry(
    "Self-attention over the places of images or sequences.",
    details:
      "Images have shape [n c h w], sequences [n l c]. Its result starts at 0, so that a residual "
      + "connection around it starts as the identity.",
    source: "Vaswani et al. 2017; Ho et al. 2020",
    example: """
      return nn.attention{8, heads = 2}(tensor.ones{2, 8, 3, 3})
      """)

  package let options: Options
  let channels: Int
  private var heads: Int { options.heads.value }

  package init(_ options: Options) throws {
    self.options = options
    try options.check()
    channels = try options.required(\.channels, "channels").value
  }

  package func starts(_ stream: RandomStream) throws -> [ParameterSet.Start] {
    [
      .linear("qkv_weight", [3 * channels, channels], fanIn: channels, stream),
      .constant("qkv_bias", [3 * channels], 0),
      .constant("weight", [channels, channels], 0), .constant("bias", [channels], 0),
    ]
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 2 || x.rank == 3, x[x.rank == 2 ? 1 : 0] == channels else {
      throw UserError(
        "x must be images of \(channels) channels [n c h w] or sequences [n l c], got points of shape \(x)"
      )
    }
    return x
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    let x = inputs[0]
    let n = x.shape[0]
    let length = x.elementCount / max(n * channels, 1)
    let isImage = x.rank == 4
    let rows = try isImage ? permute(reshape(x, to: [n, channels, length]), [0, 2, 1]) : x
    let flat = try reshape(rows, to: [n * length, channels])
    let all = try matmul(flat, transpose(call["qkv_weight"])) + call["qkv_bias"]
    // [n, l, 3, heads, d] → three of [n, heads, l, d]
    let width = channels / heads
    let split = try permute(reshape(all, to: [n, length, 3, heads, width]), [2, 0, 3, 1, 4])
    let (q, k, v) = (
      try select(split, axis: 0, 0), try select(split, axis: 0, 1), try select(split, axis: 0, 2)
    )
    let weights = try softmax(
      matmul(q * (1 / Double(width).squareRoot()), permute(k, [0, 1, 3, 2])), axis: 3)
    let mixed = try permute(matmul(weights, v), [0, 2, 1, 3])
    let joined = try reshape(mixed, to: [n * length, channels])
    let y = try matmul(joined, transpose(call["weight"])) + call["bias"]
    let back = try reshape(y, to: [n, length, channels])
    return isImage ? try reshape(permute(back, [0, 2, 1]), to: Array(x.shape)) : back
  }
}
