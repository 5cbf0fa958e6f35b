import Catalog
import Tensors

/// What layers say of themselves where a network is described: each is asked for the shape of its result and is not
/// computed.
package final class NetworkOutline {
  package struct Line {
    package let path: String
    /// `conv2d 1→64, 3×3`.
    package let layer: String
    /// Of a point of the result.
    package let shape: Shape
    /// Numbers that training changes.
    package let parameters: Int
    /// Multiplications and additions of a point.
    package let operations: Double
    /// Places in a row of the picture that a number of the result reads; nil where it is no picture, or all.
    package let field: Int?

    package init(
      path: String, layer: String, shape: Shape, parameters: Int, operations: Double, field: Int?
    ) {
      (self.path, self.layer, self.shape) = (path, layer, shape)
      (self.parameters, self.operations, self.field) = (parameters, operations, field)
    }
  }

  package private(set) var lines: [Line] = []
  /// How far a result reads, and how many places of the picture lie between two of its own.
  private var known: [ObjectIdentifier: (reach: Double, step: Double)] = [:]
  /// Results that were given out, so that none has the address of another.
  private var results: [Tensor] = []
  private var widest = 1.0
  private let height: Int

  /// - Parameter shape: of a point of the network.
  package init(_ shape: Shape) { height = shape.rank > 1 ? shape[shape.rank - 2] : 0 }

  /// Notes a layer and gives zeros of the shape of its result.
  func note(_ layer: any Layer, _ inputs: [Tensor], _ shape: Shape, _ call: LayerCall) throws
    -> Tensor
  {
    let points = inputs.map { Shape(Array($0.shape.dropFirst())) }
    let result = try Tensor.zeros(Shape([inputs[0].shape[0]] + Array(shape)))
    results.append(result)
    let starts = try layer.starts(RandomStream(seed: 0))
    lines.append(
      Line(
        path: call.path, layer: layer.brief, shape: shape,
        parameters: starts.reduce(0) { $0 + ($1.isTrained ? $1.shape.elementCount : 0) },
        operations: layer.operations(points, shape), field: field(layer, inputs[0], result)))
    return result
  }

  private func field(_ layer: any Layer, _ x: Tensor, _ result: Tensor) -> Int? {
    guard result.rank == 4, x.rank == 4, x.shape[2] > 0 else { return nil }
    // What came by way of sums and joins has the widest reach so far.
    let before =
      known[ObjectIdentifier(x)]
      ?? (reach: widest, step: Double(height) / Double(x.shape[2]))
    guard let window = layer.window else { return nil }
    let spread =
      window.isTransposed
      ? (window.reach / window.stride).rounded(.up) - 1 : window.reach - 1
    let after = (
      reach: before.reach + spread * before.step,
      step: window.isTransposed ? before.step / window.stride : before.step * window.stride
    )
    known[ObjectIdentifier(result)] = after
    widest = max(widest, after.reach)
    return Int(clamping: after.reach.rounded())
  }
}

/// What a layer reads around a place, and how it moves over the picture.
package struct LayerWindow {
  /// From the first place to the last.
  package var reach = 1.0
  package var stride = 1.0
  package var isTransposed = false

  /// A layer that works place by place.
  package static let place = LayerWindow()
}

extension Conv2dLayer {
  package var window: LayerWindow? {
    LayerWindow(
      reach: Double(options.dilation.value * (options.kernel.value - 1) + 1),
      stride: Double(options.stride.value))
  }

  package func operations(_ inputs: [Shape], _ result: Shape) -> Double {
    2 * Double(weightShape.elementCount) * Double(result[1] * result[2])
  }

  package var brief: String {
    convolutionBrief("conv2d", inputs, outputs, options.kernel, options.stride)
  }
}

extension ConvTranspose2dLayer {
  package var window: LayerWindow? {
    LayerWindow(
      reach: Double(options.dilation.value * (options.kernel.value - 1) + 1),
      stride: Double(options.stride.value), isTransposed: true)
  }

  package func operations(_ inputs: [Shape], _ result: Shape) -> Double {
    2 * Double(weightShape.elementCount) * Double(inputs[0][1] * inputs[0][2])
  }

  package var brief: String {
    convolutionBrief("conv_transpose2d", inputs, outputs, options.kernel, options.stride)
  }
}

private func convolutionBrief(
  _ name: String, _ inputs: Int, _ outputs: Int, _ kernel: Count, _ stride: Count
) -> String {
  "\(name) \(inputs)→\(outputs), \(kernel)×\(kernel)"
    + (stride.value > 1 ? ", stride \(stride)" : "")
}

extension PoolingLayer {
  package var window: LayerWindow? {
    LayerWindow(
      reach: Double(options.kernel.value), stride: Double((options.stride ?? options.kernel).value))
  }

  package var brief: String { "\(Self.constructor) \(options.kernel)×\(options.kernel)" }
}

extension UpsampleLayer {
  package var window: LayerWindow? {
    LayerWindow(
      reach: Double(
        options.mode == FeatureResampling.Kind.nearest.rawValue ? 1 : options.factor.value + 1),
      stride: Double(options.factor.value), isTransposed: true)
  }
}

extension LinearLayer {
  package func operations(_ inputs: [Shape], _ result: Shape) -> Double {
    2 * Double(self.inputs) * Double(result.elementCount)
  }

  package var brief: String { "linear \(inputs)→\(outputs)" }
}

extension FiLMLayer {
  package func operations(_ inputs: [Shape], _ result: Shape) -> Double {
    2 * Double(features * outputs)
  }
}

extension AttentionLayer {
  /// Of the four linear maps, and of the products of all places with all.
  package func operations(_ inputs: [Shape], _ result: Shape) -> Double {
    let (c, places) = (Double(channels), Double(result.elementCount / max(channels, 1)))
    return 8 * c * c * places + 4 * places * places * c
  }

  /// All places.
  package var window: LayerWindow? { nil }

  package var brief: String { "attention \(channels), heads \(options.heads)" }
}
