import Tensors

/// A convolution by its definition, in Double: every product of an input, a weight and an output.
struct ConvolutionReference {
  let shape: ConvolutionShape

  /// Calls `body` with the places of input, weight and output of each product.
  private func visit(_ body: (Int, Int, Int) -> Void) {
    let (s, o) = (shape, shape.options)
    // The side that the kernel's channels are counted by in full comes first in the weights.
    let (perIn, perOut) = (s.inputs / o.groups, s.outputs / o.groups)
    for n in 0..<s.batch {
      for c in 0..<s.outputs {
        for i in 0..<perIn {
          let input = c / perOut * perIn + i
          let weight = o.isTransposed ? input * perOut + c % perOut : c * perIn + i
          for r in 0..<s.kernelHeight {
            for t in 0..<s.kernelWidth {
              let place = (weight * s.kernelHeight + r) * s.kernelWidth + t
              let planes = (n * s.inputs + input, n * s.outputs + c)
              visit(planes, (r * o.dilation.y - o.padding.top, t * o.dilation.x - o.padding.left)) {
                body($0, place, $1)
              }
            }
          }
        }
      }
    }
  }

  /// The places of input and output that one tap joins in two planes.
  private func visit(_ planes: (Int, Int), _ tap: (Int, Int), _ body: (Int, Int) -> Void) {
    let (s, o) = (shape, shape.options)
    let (height, width) = o.isTransposed ? (s.height, s.width) : (s.outputHeight, s.outputWidth)
    for y in 0..<height {
      for x in 0..<width {
        let (row, column) = (y * o.stride.y + tap.0, x * o.stride.x + tap.1)
        if o.isTransposed {
          guard 0..<s.outputHeight ~= row, 0..<s.outputWidth ~= column else { continue }
          body(
            (planes.0 * s.height + y) * s.width + x,
            (planes.1 * s.outputHeight + row) * s.outputWidth + column)
        } else if let i = wrapped(row, s.height), let j = wrapped(column, s.width) {
          body(
            (planes.0 * s.height + i) * s.width + j,
            (planes.1 * s.outputHeight + y) * s.outputWidth + x)
        }
      }
    }
  }

  private func wrapped(_ i: Int, _ n: Int) -> Int? {
    if 0..<n ~= i { return i }
    switch shape.options.paddingMode {
    case .zero: return nil
    case .circular: return (i + n) % n
    case .reflect: return i < 0 ? -i : 2 * n - 2 - i
    }
  }

  func forward(_ x: [Double], _ w: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: shape.outputShape.elementCount)
    visit { y[$2] += x[$0] * w[$1] }
    return y
  }

  func backwardData(_ dy: [Double], _ w: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: shape.inputShape.elementCount)
    visit { dx[$0] += dy[$2] * w[$1] }
    return dx
  }

  func backwardWeights(_ x: [Double], _ dy: [Double]) -> [Double] {
    var dw = [Double](repeating: 0, count: shape.weightShape.elementCount)
    visit { dw[$1] += dy[$2] * x[$0] }
    return dw
  }
}

/// Numbers in −½…½, the same in every run.
func pseudorandom(_ shape: Shape, seed: UInt64) throws -> Tensor {
  var state = seed &* 77 &+ 5
  let values = (0..<shape.elementCount).map { _ -> Float in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / 16_777_216 - 0.5
  }
  return try Tensor(values, shape: shape)
}

/// ‖a − b‖ / ‖b‖.
func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  var (error, size) = (0.0, 0.0)
  for (x, y) in zip(a, b) {
    error += (x - y) * (x - y)
    size += y * y
  }
  return size == 0 ? error.squareRoot() : (error / size).squareRoot()
}

/// Options by what differs from the usual.
func convolution(_ change: (inout ConvolutionOptions) -> Void) -> ConvolutionOptions {
  var options = ConvolutionOptions()
  change(&options)
  return options
}

/// The three passes of one plan on pseudorandom numbers.
struct ConvolutionPasses {
  let plan: ConvolutionPlan
  let x, w, dy: Tensor

  init(_ shape: ConvolutionShape, _ way: ConvolutionWay?) throws {
    plan = try ConvolutionPlan(shape, way: way)
    x = try pseudorandom(shape.inputShape, seed: 1)
    w = try pseudorandom(shape.weightShape, seed: 2)
    dy = try pseudorandom(shape.outputShape, seed: 3)
  }

  func outputMap() throws -> FeatureMap { try map(plan.shape.outputShape) }
  func inputMap() throws -> FeatureMap { try map(plan.shape.inputShape) }

  private func map(_ s: Shape) throws -> FeatureMap {
    try FeatureMap(batch: s[0], channels: s[1], height: s[2], width: s[3])
  }

  func forward() throws -> [Double] {
    let y = try outputMap()
    try plan.forward(.plain(FeatureMap(x)), weights: w, into: y)
    return try y.tensor().doubles()
  }

  func backwardData() throws -> [Double] {
    let dx = try inputMap()
    try plan.backwardData(.plain(FeatureMap(dy)), weights: w, into: dx)
    return try dx.tensor().doubles()
  }

  func backwardWeights() throws -> [Double] {
    let dw = try Tensor(uninitialized: plan.shape.weightShape)
    try plan.backwardWeights(.plain(FeatureMap(x)), .plain(FeatureMap(dy)), into: dw)
    return try dw.doubles()
  }

  /// The errors of the three passes against the definition.
  func errors() throws -> [Double] {
    let reference = ConvolutionReference(shape: plan.shape)
    let (x, w, dy) = (try x.doubles(), try w.doubles(), try dy.doubles())
    return [
      relativeError(try forward(), reference.forward(x, w)),
      relativeError(try backwardData(), reference.backwardData(dy, w)),
      relativeError(try backwardWeights(), reference.backwardWeights(x, dy)),
    ]
  }
}
