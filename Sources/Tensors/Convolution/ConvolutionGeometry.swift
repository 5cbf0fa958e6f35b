import KernelsBase

/// The plain convolution behind a shape: of a transposed one that whose gradient it is.
struct Correlation {
  let batch: Int
  /// Channels and sizes of the side that the kernel slides over, and of the other.
  let inputs: Int
  let outputs: Int
  let height: Int
  let width: Int
  let outputHeight: Int
  let outputWidth: Int
  let kernel: (y: Int, x: Int)
  let options: ConvolutionOptions

  init(_ shape: ConvolutionShape) {
    (batch, options) = (shape.batch, shape.options)
    kernel = (shape.kernelHeight, shape.kernelWidth)
    if shape.options.isTransposed {
      (inputs, outputs) = (shape.outputs, shape.inputs)
      (height, width) = (shape.outputHeight, shape.outputWidth)
      (outputHeight, outputWidth) = (shape.height, shape.width)
    } else {
      (inputs, outputs) = (shape.inputs, shape.outputs)
      (height, width) = (shape.height, shape.width)
      (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
    }
  }

  var taps: Int { kernel.y * kernel.x }
  var input: MapExtent { FeatureMap.extent(channels: inputs, height: height, width: width) }
  var output: MapExtent {
    FeatureMap.extent(channels: outputs, height: outputHeight, width: outputWidth)
  }
  /// Whether the gradient goes through a larger image, whose border is folded back.
  var folds: Bool { options.paddingMode != .zero && options.padding != (0, 0, 0, 0) }
  /// The input with its border.
  var paddedHeight: Int { height + options.padding.top + options.padding.bottom }
  var paddedWidth: Int { width + options.padding.left + options.padding.right }

  /// The input's row (column) at a place counted from its first, −1 where it is 0 or beyond the padding.
  static func place(
    _ i: Int, size: Int, before: Int, after: Int, _ mode: ConvolutionOptions.PaddingMode
  )
    -> Int32
  {
    if i >= 0, i < size { return Int32(i) }
    if i < -before || i >= size + after { return -1 }
    switch mode {
    case .zero: return -1
    case .circular: return Int32(i < 0 ? i + size : i - size)
    case .reflect: return Int32(i < 0 ? -i : 2 * (size - 1) - i)
    }
  }
}

/// One grid of output pixels along one axis and the taps that they read.
struct GridAxis {
  /// Pixels of the grid, and how they lie in the output.
  var count: Int
  var origin = 0
  var outStep = 1
  /// Steps of the input from one pixel to the next.
  var inStep = 1
  /// Where each tap reads, counted from the pixel, and which place of the kernel it is.
  var taps: [(offset: Int, place: Int)]
  /// The input's row at each row of the window.
  var map: [Int32] = []

  var low: Int { taps.map(\.offset).min() ?? 0 }
  var span: Int { (taps.map(\.offset).max() ?? 0) - low + 1 }

  /// The grid of a forward pass.
  static func forward(
    size: Int, outputs: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int,
    _ mode: ConvolutionOptions.PaddingMode
  ) -> [GridAxis] {
    var axis = GridAxis(count: outputs, taps: (0..<kernel).map { ($0 * dilation - before, $0) })
    axis.inStep = stride
    axis.setMap(size: size, before: before, after: after, mode)
    return [axis]
  }

  /// The grids of a backward pass: one for each remainder of the input's place by the stride.
  static func backward(
    size: Int, outputs: Int, kernel: Int, stride: Int, dilation: Int, before: Int
  ) -> [GridAxis] {
    (0..<min(stride, size)).map { origin in
      let taps = (0..<kernel).filter { (origin + before - $0 * dilation) % stride == 0 }
      var axis = GridAxis(
        count: (size - origin + stride - 1) / stride, origin: origin, outStep: stride,
        taps: taps.map { ((origin + before - $0 * dilation) / stride, $0) })
      // Where no tap reaches, the sum is empty: one of weight 0.
      if taps.isEmpty { axis.taps = [(0, -1)] }
      axis.setMap(size: outputs, before: 0, after: 0, .zero)
      return axis
    }
  }

  private mutating func setMap(
    size: Int, before: Int, after: Int, _ mode: ConvolutionOptions.PaddingMode
  ) {
    let (low, length) = (low, (count - 1) * inStep + span)
    map = (0..<length).map {
      Correlation.place($0 + low, size: size, before: before, after: after, mode)
    }
  }

  /// Where the map is the identity, shifted.
  var plain: Range<Int> {
    let first = max(0, -low)
    var end = first
    while end < map.count, map[end] == Int32(end + low) { end += 1 }
    return first..<end
  }
}

extension Correlation {
  func forwardGrids() -> (rows: [GridAxis], columns: [GridAxis]) {
    let (o, p) = (options, options.padding)
    return (
      GridAxis.forward(
        size: height, outputs: outputHeight, kernel: kernel.y, stride: o.stride.y,
        dilation: o.dilation.y, before: p.top, after: p.bottom, o.paddingMode),
      GridAxis.forward(
        size: width, outputs: outputWidth, kernel: kernel.x, stride: o.stride.x,
        dilation: o.dilation.x, before: p.left, after: p.right, o.paddingMode)
    )
  }

  /// - Parameter padded: whether the grids are of the input with its border.
  func backwardGrids(padded: Bool) -> (rows: [GridAxis], columns: [GridAxis]) {
    let (o, p) = (options, options.padding)
    return (
      GridAxis.backward(
        size: padded ? paddedHeight : height, outputs: outputHeight, kernel: kernel.y,
        stride: o.stride.y, dilation: o.dilation.y, before: padded ? 0 : p.top),
      GridAxis.backward(
        size: padded ? paddedWidth : width, outputs: outputWidth, kernel: kernel.x,
        stride: o.stride.x, dilation: o.dilation.x, before: padded ? 0 : p.left)
    )
  }
}
