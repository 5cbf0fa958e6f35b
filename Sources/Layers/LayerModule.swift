import Catalog

/// The layers of the Lua module `nn`, and the types that hold them.
package enum LayerModule {
  /// The layers that Lua makes by name, and that files hold.
  package static let layers: [any Layer.Type] = [
    LinearLayer.self,
    Conv2dLayer.self,
    ConvTranspose2dLayer.self,
    AveragePoolLayer.self,
    MaxPoolLayer.self,
    UpsampleLayer.self,
    BiasFreeNormLayer.self,
    BatchNormLayer.self,
    GroupNormLayer.self,
    LayerNormLayer.self,
    ReLULayer.self,
    SiLULayer.self,
    GELULayer.self,
    TanhLayer.self,
    SigmoidLayer.self,
    DropoutLayer.self,
    AttentionLayer.self,
    FourierEmbeddingLayer.self,
    SinusoidalEmbeddingLayer.self,
    FiLMLayer.self,
    SequentialLayer.self,
    ResidualLayer.self,
    SkipLayer.self,
  ]

  package static let types = [
    TypeDescription(LayerObject.self, "a piece of a network, described"),
    TypeDescription(BoundLayer.self, "a layer within a call of its network"),
  ]

  package static let entries: [Entry] =
    layers.map { $0.entry } + LayerObject.entries + [BoundLayer.entry]
}
