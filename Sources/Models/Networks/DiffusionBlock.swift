import Autodiff
import Catalog
import Layers
import Tensors

/// A block of `DDPMPP` (Karras et al. 2022, UNetBlock of their code):
///
/// y = conv₁(dropout(silu(GN(conv₀(silu(GN(x))) + L e)))),  x ← (y + S x)/√2,
/// and with attention x ← (attention(GN(x)) + x)/√2.
///
/// conv₀ and S see the picture at half or twice its size where the block changes it; S is a convolution 1×1 where the
/// block changes size or channels.
struct DiffusionBlock {
  enum Resizing { case none, down, up }

  /// Whether a result of the way down goes behind its input.
  let joins: Bool
  fileprivate let resizing: Resizing
  fileprivate let norm0: Placed<GroupNormLayer>
  fileprivate let conv0: Placed<Conv2dLayer>
  fileprivate let affine: Placed<LinearLayer>
  fileprivate let norm1: Placed<GroupNormLayer>
  fileprivate let conv1: Placed<Conv2dLayer>
  fileprivate let dropout: Placed<DropoutLayer>?
  fileprivate let skip: Placed<Conv2dLayer>?
  fileprivate let attention: (norm: Placed<GroupNormLayer>, layer: Placed<AttentionLayer>)?

  func callAsFunction(_ x: Features, _ e: Tensor, _ call: NetworkCall) throws -> Features {
    let half = 0.5.squareRoot()
    let h = try conv0(resized(norm0(x, then: SiLULayer(), call)), call)
    var y = try norm1(h.shifted(by: affine(e, to: call)), then: SiLULayer(), call)
    if let dropout { y = try dropout(y, call) }
    y = try conv1(y, call)
    let beside = try resized(x)
    y = try (y + (skip.map { try $0(beside, call) } ?? beside)) * half
    guard let attention else { return y }
    return try (attention.layer(attention.norm(y, call), call) + y) * half
  }

  private func resized(_ x: Features) throws -> Features {
    switch resizing {
    case .none: return x
    case .down: return try x.pooled(Pooling(.average, kernel: (2, 2)))
    case .up: return try x.enlarged(2)
    }
  }
}

/// What the blocks of a network have in common.
struct BlockPlan {
  private let options: DDPMPP.Options
  private let features: Count
  /// Whether the next block has attention.
  var hasAttention = false

  init(_ options: DDPMPP.Options, features: Count) {
    (self.options, self.features) = (options, features)
  }

  func isListed(_ height: Int) -> Bool { options.attention.contains { $0.value == height } }

  func block(
    _ path: String, _ inputs: Count, _ outputs: Count, _ all: inout PlacedLayers,
    resizing: DiffusionBlock.Resizing = .none, joins: Bool = false
  ) throws -> DiffusionBlock {
    let norm0 = all.add("\(path).norm0", try groupNorm(inputs, most: 32, least: 4))
    let conv0 = all.add("\(path).conv0", try convolution(inputs, outputs, kernel: 3))
    let affine = all.add(
      "\(path).affine",
      try linearLayer(features, outputs) { $0.initial = Initializer.xavierUniform.rawValue })
    let norm1 = all.add("\(path).norm1", try groupNorm(outputs, most: 32, least: 4))
    let conv1 = all.add("\(path).conv1", try nearZero(outputs, outputs))
    let dropout =
      options.dropout > 0
      ? all.add("\(path).dropout", DropoutLayer(.init { $0.rate = options.dropout })) : nil
    let skip =
      resizing != .none || inputs != outputs
      ? all.add("\(path).skip", try convolution(inputs, outputs, kernel: 1)) : nil
    let attention =
      hasAttention
      ? (
        all.add("\(path).norm2", try groupNorm(outputs, most: 32, least: 4)),
        all.add(
          "\(path).attention",
          try AttentionLayer(.init { ($0.channels, $0.heads) = (outputs, options.heads) }))
      ) : nil
    return DiffusionBlock(
      joins: joins, resizing: resizing, norm0: norm0, conv0: conv0, affine: affine, norm1: norm1,
      conv1: conv1, dropout: dropout, skip: skip, attention: attention)
  }

  private func convolution(_ inputs: Count, _ outputs: Count, kernel: Count) throws -> Conv2dLayer {
    try pictureConvolution(inputs, outputs, kernel: kernel) {
      ($0.bias, $0.initial) = (true, Initializer.xavierUniform.rawValue)
    }
  }

  /// A convolution whose weights start at 1e-5 of the usual, so that a block starts as what stands beside it.
  func nearZero(_ inputs: Count, _ outputs: Count) throws -> Conv2dLayer {
    try pictureConvolution(inputs, outputs) {
      ($0.bias, $0.initial, $0.gain) = (true, Initializer.xavierUniform.rawValue, 1e-5)
    }
  }
}
