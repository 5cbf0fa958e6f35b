import Catalog

/// What a convolution does beyond its channels and its kernel, as PyTorch names it.
public struct ConvolutionOptions: Equatable, Sendable {
  /// What stands around the image.
  public enum PaddingMode: String, CaseIterable, Sendable {
    case zero, circular, reflect
  }

  public var stride = (y: 1, x: 1)
  public var padding = (top: 0, bottom: 0, left: 0, right: 0)
  public var paddingMode = PaddingMode.zero
  public var dilation = (y: 1, x: 1)
  public var groups = 1
  public var isTransposed = false
  /// Rows and columns that a transposed convolution adds at the end.
  public var outputPadding = (y: 0, x: 0)

  public init() {}

  public init(padding: Int) { self.padding = (padding, padding, padding, padding) }

  public static func == (a: ConvolutionOptions, b: ConvolutionOptions) -> Bool {
    a.stride == b.stride && a.padding == b.padding && a.paddingMode == b.paddingMode
      && a.dilation == b.dilation && a.groups == b.groups && a.isTransposed == b.isTransposed
      && a.outputPadding == b.outputPadding
  }
}

/// The sizes of one convolution, checked: the output has at least one pixel, and no size overflows.
public struct ConvolutionShape: Equatable, Sendable {
  public let batch: Int
  public let inputs: Int
  public let outputs: Int
  public let height: Int
  public let width: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  public let options: ConvolutionOptions
  public let outputHeight: Int
  public let outputWidth: Int

  /// - Parameter size: height and width of the images that come in.
  public init(
    batch: Int, channels: (in: Int, out: Int), size: (Int, Int), kernel: (Int, Int),
    _ options: ConvolutionOptions = ConvolutionOptions()
  ) throws {
    (self.batch, inputs, outputs) = (batch, channels.in, channels.out)
    (height, width, kernelHeight, kernelWidth) = (size.0, size.1, kernel.0, kernel.1)
    self.options = options
    try ConvolutionShape.check(batch, channels, size, kernel, options)
    let p = options.padding
    let rows = ConvolutionAxis(
      size: size.0, kernel: kernel.0, stride: options.stride.y, padding: (p.top, p.bottom),
      dilation: options.dilation.y)
    let columns = ConvolutionAxis(
      size: size.1, kernel: kernel.1, stride: options.stride.x, padding: (p.left, p.right),
      dilation: options.dilation.x)
    if options.isTransposed {
      outputHeight = rows.transposed + options.outputPadding.y
      outputWidth = columns.transposed + options.outputPadding.x
      guard outputHeight > 0, outputWidth > 0 else {
        throw UserError(
          "padding must leave something of the output, got \(p.top), \(p.bottom), \(p.left), "
            + "\(p.right) for images of \(size.0)×\(size.1)")
      }
    } else {
      guard rows.padded >= rows.reach, columns.padded >= columns.reach else {
        throw UserError(
          "kernel must fit the padded image: it spans \(rows.reach)×\(columns.reach), the image is "
            + "\(size.0)×\(size.1), \(rows.padded)×\(columns.padded) with its padding")
      }
      (outputHeight, outputWidth) = (rows.plain, columns.plain)
    }
    _ = try Shape(checking: [batch, inputs + 15, size.0, size.1])
    _ = try Shape(checking: [batch, outputs + 15, outputHeight, outputWidth])
    _ = try Shape(checking: [inputs + 15, outputs + 15, kernel.0, kernel.1, 4])
  }

  private static func check(
    _ batch: Int, _ channels: (in: Int, out: Int), _ size: (Int, Int), _ kernel: (Int, Int),
    _ options: ConvolutionOptions
  ) throws {
    let p = options.padding
    guard batch >= 0 else { throw UserError("batch must be an integer of 0 or more, got \(batch)") }
    let positive = [
      ("channels in", channels.in), ("channels out", channels.out),
      ("height", size.0), ("width", size.1), ("kernel", min(kernel.0, kernel.1)),
      ("stride", min(options.stride.y, options.stride.x)),
      ("dilation", min(options.dilation.y, options.dilation.x)), ("groups", options.groups),
    ]
    for (name, value) in positive where value < 1 {
      throw UserError("\(name) must be a positive integer, got \(value)")
    }
    let added = options.outputPadding
    for (name, value) in [
      ("padding", min(p.top, p.bottom, p.left, p.right)), ("output_padding", min(added.y, added.x)),
    ] where value < 0 {
      throw UserError("\(name) must be an integer of 0 or more, got \(value)")
    }
    let all =
      positive.map(\.1) + [
        max(kernel.0, kernel.1), max(options.stride.y, options.stride.x), added.y, added.x,
        max(options.dilation.y, options.dilation.x), p.top, p.bottom, p.left, p.right,
      ]
    if let large = all.first(where: { $0 > 1 << 24 }) {
      throw UserError("sizes must be at most 2^24, got \(large)")
    }
    guard channels.in % options.groups == 0, channels.out % options.groups == 0 else {
      throw UserError(
        "groups must divide the channels, \(channels.in) in and \(channels.out) out, "
          + "got \(options.groups)")
    }
    try checkPadding(size, options)
  }

  private static func checkPadding(_ size: (Int, Int), _ options: ConvolutionOptions) throws {
    let (p, added) = (options.padding, options.outputPadding)
    if options.paddingMode != .zero {
      guard !options.isTransposed else {
        throw UserError(
          "padding_mode must be zero in a transposed convolution, got \(options.paddingMode.rawValue)"
        )
      }
      let spare = options.paddingMode == .reflect ? 1 : 0
      guard max(p.top, p.bottom) <= size.0 - spare, max(p.left, p.right) <= size.1 - spare else {
        throw UserError(
          "padding must be at most \(size.0 - spare) rows and \(size.1 - spare) columns where it is "
            + "\(options.paddingMode.rawValue), got \(max(p.top, p.bottom)) and \(max(p.left, p.right))"
        )
      }
    }
    guard options.isTransposed || added == (0, 0) else {
      throw UserError("output_padding must be 0 without transposition, got \(added.y), \(added.x)")
    }
    guard added.y < max(options.stride.y, options.dilation.y),
      added.x < max(options.stride.x, options.dilation.x)
    else {
      throw UserError(
        "output_padding must be less than the stride or the dilation, got \(added.y), \(added.x)")
    }
  }

  /// The shape of the weights, as the field has them: [out, in / groups, height, width], or
  /// [in, out / groups, height, width] of a transposed convolution.
  public var weightShape: Shape {
    options.isTransposed
      ? [inputs, outputs / options.groups, kernelHeight, kernelWidth]
      : [outputs, inputs / options.groups, kernelHeight, kernelWidth]
  }

  public var inputShape: Shape { [batch, inputs, height, width] }
  public var outputShape: Shape { [batch, outputs, outputHeight, outputWidth] }

  /// Multiplications and additions of one pass by its definition.
  public var operations: Double {
    let pixels = options.isTransposed ? height * width : outputHeight * outputWidth
    return 2 * Double(batch) * Double(pixels) * Double(inputs) * Double(outputs)
      * Double(kernelHeight * kernelWidth) / Double(options.groups)
  }
}

/// Rows, or columns.
private struct ConvolutionAxis {
  let size: Int
  let kernel: Int
  let stride: Int
  let padding: (Int, Int)
  let dilation: Int

  var reach: Int { dilation * (kernel - 1) + 1 }
  var padded: Int { size + padding.0 + padding.1 }
  var plain: Int { (padded - reach) / stride + 1 }
  var transposed: Int { (size - 1) * stride + reach - padding.0 - padding.1 }
}
