import Autodiff
import Catalog
import Tensors

/// A function of each number: `nn.relu()`, `nn.silu()`, `nn.tanh()`, `nn.sigmoid()`, `nn.gelu()`.
package protocol ActivationLayer: Layer where Options == NoLayerOptions {
  static var summary: String { get }
  static func value(_ x: Tensor) throws -> Tensor
  init()
}

package struct NoLayerOptions: OptionGroup {
  package init() {}
  package static let options: [Option<NoLayerOptions>] = []
}

extension ActivationLayer {
  package init(_ options: NoLayerOptions) { self.init() }
  package var options: NoLayerOptions { NoLayerOptions() }
  package var call: String { Self.constructor + "()" }
  package static var entry: Entry {
    .function(
      constructor, summary, returns: "a layer",
      example: "return nn.\(constructor)()(tensor{{-1, 0, 1}})"
    ) { LayerObject(Self()) }
  }
  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    try Self.value(inputs[0])
  }
}

package struct ReLULayer: ActivationLayer {
  package static let constructor = "relu"
  package static let summary = "max(x, 0)."
  package init() {}
  package static func value(_ x: Tensor) throws -> Tensor { try relu(x) }
}

package struct SiLULayer: ActivationLayer {
  package static let constructor = "silu"
  package static let summary = "x·sigmoid(x), also called swish."
  package init() {}
  package static func value(_ x: Tensor) throws -> Tensor { try silu(x) }
}

package struct TanhLayer: ActivationLayer {
  package static let constructor = "tanh"
  package static let summary = "The hyperbolic tangent."
  package init() {}
  package static func value(_ x: Tensor) throws -> Tensor { try tanh(x) }
}

package struct SigmoidLayer: ActivationLayer {
  package static let constructor = "sigmoid"
  package static let summary = "1/(1 + e^−x)."
  package init() {}
  package static func value(_ x: Tensor) throws -> Tensor { try sigmoid(x) }
}

package struct GELULayer: ActivationLayer {
  package static let constructor = "gelu"
  package static let summary = "x Φ(x) in its tanh form (Hendrycks and Gimpel 2016)."
  package init() {}
  package static func value(_ x: Tensor) throws -> Tensor {
    let inner = try (x + x * square(x) * 0.044715) * (2 / Double.pi).squareRoot()
    return try x * (tanh(inner) + 1) * 0.5
  }
}
