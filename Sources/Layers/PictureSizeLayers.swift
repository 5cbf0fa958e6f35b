import Autodiff
import Catalog
import Tensors

/// Options of windows that slide over images.
package struct PoolingOptions: OptionGroup {
  package var kernel: Count = 2
  package var stride: Count?
  package var padding: Count = 0

  package init() {}

  package static let options: [Option<PoolingOptions>] = [
    Option("kernel", \.kernel, "height and width of a window", in: .positive).listed,
    Option(
      "stride", \.stride, "places from one window to the next; the kernel where absent",
      in: .positive),
    Option("padding", \.padding, "places added at each border, up to half of the kernel"),
  ]

  func pooling(_ kind: Pooling.Kind) throws -> Pooling {
    let step = stride ?? kernel
    return try Pooling(
      kind, kernel: (kernel.value, kernel.value), stride: (step.value, step.value),
      padding: (padding.value, padding.value))
  }
}

/// A layer of windows, of which one number stays.
package protocol PoolingLayer: Layer where Options == PoolingOptions {
  static var kind: Pooling.Kind { get }
}

extension PoolingLayer {
  package func shape(of inputs: [Shape]) throws -> Shape {
    let image = try ImageShape(inputs[0])
    let size = try options.pooling(Self.kind).size(of: image.height, image.width)
    return [image.channels, size.height, size.width]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    try pooled(inputs[0], options.pooling(Self.kind))
  }
}

/// The mean of each window; places of the padding count as 0, as in PyTorch.
package struct AveragePoolLayer: PoolingLayer {
  package static let constructor = "average_pool2d"
  package static let entry = layerEntry(
    "The mean of each window of images.",
    example: "return nn.average_pool2d{2}(tensor.ones{1, 3, 4, 4})")
  package static let kind = Pooling.Kind.average
  package let options: PoolingOptions

  package init(_ options: PoolingOptions) throws {
    self.options = options
    _ = try options.pooling(Self.kind)
  }
}

/// The largest number of each window.
package struct MaxPoolLayer: PoolingLayer {
  package static let constructor = "max_pool2d"
  package static let entry = layerEntry(
    "The largest number of each window of images.",
    example: "return nn.max_pool2d{2}(tensor.ones{1, 3, 4, 4})")
  package static let kind = Pooling.Kind.maximum
  package let options: PoolingOptions

  package init(_ options: PoolingOptions) throws {
    self.options = options
    _ = try options.pooling(Self.kind)
  }
}

/// Images whose height and width are a number of times larger.
package struct UpsampleLayer: Layer {
  package struct Options: OptionGroup {
    package var factor: Count = 2
    package var mode = FeatureResampling.Kind.nearest.rawValue

    package init() {}

    package static let options: [Option<Options>] = [
      Option("factor", \.factor, "by which height and width grow", in: .positive).listed,
      Option(
        "mode", \.mode, "how the new pixels are made",
        in: .oneOf(FeatureResampling.Kind.allCases.map(\.rawValue))),
    ]
  }

  package static let constructor = "upsample2d"
  package static let entry = layerEntry(
    "Images a number of times larger.",
    details: "bilinear does not align corners, as PyTorch's default.",
    example: "return nn.upsample2d{2}(tensor.ones{1, 3, 4, 4})")

  package let options: Options

  package init(_ options: Options) { self.options = options }

  private func resampling(_ height: Int, _ width: Int) throws -> FeatureResampling {
    let (rows, columns) = (try Count(height) * options.factor, try Count(width) * options.factor)
    return try FeatureResampling(
      FeatureResampling.Kind(rawValue: options.mode) ?? .nearest, height: rows.value,
      width: columns.value)
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    let image = try ImageShape(inputs[0])
    let size = try resampling(image.height, image.width)
    return [image.channels, size.height, size.width]
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    try resampled(inputs[0], resampling(inputs[0].shape[2], inputs[0].shape[3]))
  }
}
