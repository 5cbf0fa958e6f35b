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
    func convolution(
      _ inputs: Count, _ outputs: Count, _ change: (inout Conv2dLayer.Options) -> Void = { _ in }
    ) throws -> any Layer {
      try Conv2dLayer(
        .init {
          ($0.inputs, $0.outputs) = (inputs, outputs)
          change(&$0)
        })
    }
    func transposed(
      _ inputs: Count, _ outputs: Count,
      _ change: (inout ConvTranspose2dLayer.Options) -> Void = { _ in }
    ) throws -> any Layer {
      try ConvTranspose2dLayer(
        .init {
          ($0.inputs, $0.outputs) = (inputs, outputs)
          change(&$0)
        })
    }
    let convolutions = try [
      LayerCase(convolution(2, 3), [2, 2, 5, 4]),
      LayerCase(convolution(1, 1) { $0.bias = false }, [1, 1, 1, 1]),
      LayerCase(convolution(3, 2) { ($0.kernel, $0.padding) = (2, 1) }, [1, 3, 3, 5]),
      LayerCase(convolution(2, 4) { ($0.stride, $0.padding) = (2, 0) }, [2, 2, 7, 6]),
      LayerCase(
        convolution(2, 2) { ($0.dilation, $0.paddingMode) = (2, "circular") }, [1, 2, 6, 5]),
      LayerCase(convolution(2, 2) { $0.paddingMode = "reflect" }, [1, 2, 4, 3]),
      LayerCase(convolution(4, 6) { $0.groups = 2 }, [1, 4, 3, 3]),
      LayerCase(convolution(3, 3) { ($0.groups, $0.kernel) = (3, 1) }, [2, 3, 2, 2]),
      LayerCase(convolution(17, 18), [1, 17, 9, 6]),
      LayerCase(transposed(3, 2), [2, 3, 2, 3]),
      LayerCase(
        transposed(2, 4) { ($0.kernel, $0.padding, $0.outputPadding, $0.groups) = (3, 1, 1, 2) },
        [1, 2, 3, 2]),
      LayerCase(
        transposed(1, 1) { ($0.kernel, $0.stride, $0.bias) = (3, 1, false) }, [1, 1, 1, 1]),
      LayerCase(AveragePoolLayer(.init()), [2, 2, 5, 4]),
      LayerCase(
        AveragePoolLayer(.init { ($0.kernel, $0.stride, $0.padding) = (3, 2, 1) }), [1, 1, 4, 5]),
      LayerCase(MaxPoolLayer(.init()), [2, 2, 4, 6]),
      LayerCase(
        MaxPoolLayer(.init { ($0.kernel, $0.stride, $0.padding) = (3, 1, 1) }), [1, 2, 3, 4]),
      LayerCase(UpsampleLayer(.init()), [1, 2, 3, 2]),
      LayerCase(UpsampleLayer(.init { ($0.factor, $0.mode) = (3, "bilinear") }), [2, 1, 2, 3]),
    ]
    return try convolutions + [
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
