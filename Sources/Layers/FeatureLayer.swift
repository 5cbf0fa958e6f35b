import Autodiff
import Catalog
import KernelsBase
import Tensors

/// A layer that can take images in the layout of the convolution engine and give them so, without a change of the
/// layout in between.
package protocol FeatureLayer: Layer {
  /// The result for features of the channels that `shape(of:)` let pass.
  func features(_ x: Features, _ call: LayerCall) throws -> Features
  /// Whether images change their layout for it; others take it as it comes.
  var entersFeatures: Bool { get }
}

extension FeatureLayer {
  package var entersFeatures: Bool { true }
}

extension Layer {
  var isWorthFeatures: Bool { (self as? any FeatureLayer)?.entersFeatures ?? false }

  /// Whether a batch is one of images whose layout changes for this layer.
  func takesFeatures(_ x: Tensor, _ call: LayerCall) -> Bool {
    x.dtype == .float32 && x.rank == 4 && call.call.outline == nil && isWorthFeatures
  }

  /// The result for features, by way of images where the layer takes no others.
  package func features(of x: Features, _ call: LayerCall) throws -> Features {
    if let own = self as? any FeatureLayer, !x.isPlain { return try own.features(x, call) }
    let y = try checkedOutput([x.images()], call)
    return x.isPlain ? Features(plain: y) : try Features(y)
  }
}

// MARK: - Convolutions

extension Conv2dLayer: FeatureLayer {
  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    let y = try x.convolved(call["weight"], form)
    return options.bias ? try y.shifted(by: call["bias"]) : y
  }
}

extension ConvTranspose2dLayer: FeatureLayer {
  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    let y = try x.convolved(call["weight"], form)
    return options.bias ? try y.shifted(by: call["bias"]) : y
  }
}

// MARK: - Windows

extension AveragePoolLayer: FeatureLayer {
  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    try x.pooled(options.pooling(Self.kind))
  }
}

extension MaxPoolLayer: FeatureLayer {
  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    try x.pooled(options.pooling(Self.kind))
  }
}

// MARK: - Norms and activations

/// A norm, which does the activation behind it in the same pass.
package protocol FeatureNormLayer: FeatureLayer {
  func normed(_ x: Features, _ activation: MapActivation, _ call: LayerCall) throws -> Features
}

extension FeatureNormLayer {
  package var entersFeatures: Bool { false }

  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    try normed(x, .none, call)
  }
}

extension StackNorm {
  package func normed(_ x: Features, _ activation: MapActivation, _ call: LayerCall) throws
    -> Features
  {
    guard call.isTraining else {
      let (scale, shift) = try fixed(call)
      return try x.normed(.given, activation, gamma: scale, beta: shift)
    }
    let parameters = trainedParameters(call)
    let statistics: FeatureNorm.Statistics
    switch link {
    case .linear, .given: statistics = .given
    case .biasFree(let epsilon): statistics = .biasFree(epsilon: epsilon)
    case .batch(let epsilon): statistics = .batch(epsilon: epsilon)
    }
    return try x.normed(
      statistics, activation, gamma: parameters[0],
      beta: parameters.count > 1 ? parameters[1] : nil
    ) { moments in
      let all = try convert(mean(moments, axis: 1), to: .float64)
      let center = try select(all, axis: 0, 0)
      let variance = try select(all, axis: 0, 1) - square(center)
      try writeRunning(
        convert(center, to: .float32), convert(relu(variance), to: .float32),
        count: x.size.batch * x.size.pixels, call)
    }
  }
}

extension GroupNormLayer: FeatureNormLayer {
  package func normed(_ x: Features, _ activation: MapActivation, _ call: LayerCall) throws
    -> Features
  {
    try x.normed(
      .groups(groups, epsilon: GroupNormLayer.epsilon), activation, gamma: call["weight"],
      beta: call["bias"])
  }
}

extension FeatureNormLayer {
  /// The result with an activation behind it.
  package func features(
    of x: Features, then activation: any FeatureActivation, _ call: LayerCall
  ) throws -> Features {
    if !x.isPlain { return try normed(x, activation.mapActivation, call) }
    let y = try features(of: x, call).images()
    return Features(plain: try activation.output([y], call))
  }
}

/// An activation that a norm does in passing.
package protocol FeatureActivation: FeatureLayer {
  var mapActivation: MapActivation { get }
}

extension FeatureActivation {
  package var entersFeatures: Bool { false }

  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    try x.normed(.given, mapActivation)
  }
}

extension ReLULayer: FeatureActivation {
  package var mapActivation: MapActivation { .relu }
}

extension SiLULayer: FeatureActivation {
  package var mapActivation: MapActivation { .silu }
}

// MARK: - Layers of layers

extension SkipLayer: FeatureLayer {
  package var entersFeatures: Bool { body.isWorthFeatures }

  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    let x = try x.settled()
    let y = try body.features(of: x, call.part("body", body))
    return try Features.joined([x, y])
  }
}

extension ResidualLayer: FeatureLayer {
  package var entersFeatures: Bool {
    body.isWorthFeatures || shortcut?.isWorthFeatures ?? false
  }

  package func features(_ x: Features, _ call: LayerCall) throws -> Features {
    let x = try x.settled()
    let direct = try shortcut.map { try $0.features(of: x, call.part("shortcut", $0)) } ?? x
    return try direct + body.features(of: x, call.part("body", body))
  }
}
