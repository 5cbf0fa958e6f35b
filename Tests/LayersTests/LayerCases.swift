import Catalog
import Layers
import Tensors

/// A layer with points that it is tried on.
struct LayerCase: CustomStringConvertible {
  let layer: any Layer
  /// Shapes of the inputs, the batch first.
  let shapes: [Shape]

  init(_ layer: any Layer, _ shapes: Shape...) {
    self.layer = layer
    self.shapes = shapes
  }

  var description: String { "\(layer.call) \(shapes.map(\.description).joined(separator: " "))" }

  /// Every layer of `LayerModule.layers`, on usual and on odd shapes: one pixel, one channel, one point.
  static func all() throws -> [LayerCase] {
    func linear(_ inputs: Count, _ outputs: Count, bias: Bool = true) throws -> LinearLayer {
      try LinearLayer(.init { ($0.inputs, $0.outputs, $0.bias) = (inputs, outputs, bias) })
    }
    func list(_ layers: any Layer...) -> LayerList { LayerList(layers) }
    return try [
      LayerCase(linear(3, 5), [4, 3]), LayerCase(linear(1, 1, bias: false), [1, 1]),
      LayerCase(linear(3, 2), [2, 4, 3]),
      LayerCase(BiasFreeNormLayer(.init { $0.channels = 3 }), [2, 3, 5, 4]),
      LayerCase(BiasFreeNormLayer(.init { $0.channels = 1 }), [3, 1, 1, 1]),
      LayerCase(BatchNormLayer(.init { $0.channels = 3 }), [2, 3, 5, 4]),
      LayerCase(BatchNormLayer(.init { $0.channels = 2 }), [4, 2]),
      LayerCase(GroupNormLayer(.init { ($0.groups, $0.channels) = (2, 6) }), [2, 6, 3, 5]),
      LayerCase(GroupNormLayer(.init { ($0.groups, $0.channels) = (1, 3) }), [1, 3, 1, 1]),
      LayerCase(LayerNormLayer(.init { $0.features = 4 }), [3, 4]),
      LayerCase(LayerNormLayer(.init { $0.features = 5 }), [1, 2, 5]),
      LayerCase(ReLULayer(), [2, 3]), LayerCase(SiLULayer(), [2, 3]),
      LayerCase(GELULayer(), [2, 3]),
      LayerCase(TanhLayer(), [2, 3]), LayerCase(SigmoidLayer(), [2, 3]),
      LayerCase(DropoutLayer(.init()), [2, 3]),
      LayerCase(AttentionLayer(.init { ($0.channels, $0.heads) = (4, 2) }), [2, 4, 3, 2]),
      LayerCase(AttentionLayer(.init { $0.channels = 3 }), [2, 5, 3]),
      LayerCase(AttentionLayer(.init { $0.channels = 2 }), [1, 2, 1, 1]),
      LayerCase(FourierEmbeddingLayer(.init { ($0.features, $0.scale) = (6, 0.3) }), [4]),
      LayerCase(SinusoidalEmbeddingLayer(.init { $0.features = 6 }), [4]),
      LayerCase(FiLMLayer(.init { ($0.features, $0.channels) = (4, 3) }), [2, 3, 2, 5], [2, 4]),
      LayerCase(
        FiLMLayer(.init { ($0.features, $0.channels, $0.scales) = (2, 3, false) }), [3, 3], [3, 2]),
      LayerCase(
        SequentialLayer(
          .init { $0.layers = list(try linear(2, 4), TanhLayer(), try linear(4, 2)) }),
        [3, 2]),
      LayerCase(
        ResidualLayer(
          .init {
            $0.body = list(try linear(3, 2))
            $0.shortcut = list(try linear(3, 2))
          }), [3, 3]),
      LayerCase(ResidualLayer(.init { $0.body = list(TanhLayer()) }), [3, 3]),
      LayerCase(SkipLayer(.init { $0.body = list(try linear(3, 2)) }), [3, 3]),
    ]
  }
}
