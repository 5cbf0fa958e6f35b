import Catalog
import Tensors

// Images of another size, [n, c, h, w]: windows of which the mean or the largest number stays, and resampling.

/// The mean or the largest number of each window, as `torch.nn.functional.avg_pool2d` and `max_pool2d` take them.
public func pooled(_ x: Tensor, _ pooling: Pooling) throws -> Tensor {
  try requireImages(x)
  if x.dtype == .float64 { return try pooledByDefinition(x, pooling) }
  return try perform(WindowPass(pooling: pooling), [convert(x, to: .float32)])[0]
}

/// Images of another size, as `torch.nn.functional.interpolate` makes them.
public func resampled(_ x: Tensor, _ resampling: FeatureResampling) throws -> Tensor {
  try requireImages(x)
  if x.dtype == .float64 { return try resampledByDefinition(x, resampling) }
  return try perform(ResamplingPass(resampling: resampling), [convert(x, to: .float32)])[0]
}

private func requireImages(_ x: Tensor) throws {
  guard x.rank == 4 else { throw UserError("x must have shape [n c h w], got \(x.shape)") }
}

// MARK: - Windows

private struct WindowPass: DifferentiableOperation {
  let pooling: Pooling

  var name: String { "\(pooling.kind.rawValue)_pool" }
  var saves: Saves { Saves(inputs: [0], outputs: []) }

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    [try FeatureMap(inputs[0]).pooled(pooling).tensor()]
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let (x, dy) = (flow.input(0), try flow.cotangent(0))
    if x.isRecorded || dy.isRecorded {
      return try vjp([x], cotangent: dy) { try pooledByDefinition($0[0], pooling) }.cotangents
    }
    let windows = pooling
    let gradient = Repeated(
      "\(name)_pullback",
      one: {
        try FeatureMap($0[0]).poolingGradient(windows, FeatureMap($0[1])).tensor()
      })
    return try evaluate(gradient, [x.value, dy.value])
  }
}

/// The same by elements that are gathered, to be differentiated again, and in float64.
private func pooledByDefinition(_ x: Tensor, _ pooling: Pooling) throws -> Tensor {
  let (planes, h, w) = (x.shape[0] * x.shape[1], x.shape[2], x.shape[3])
  let size = try pooling.size(of: h, w)
  let window = pooling.kernel.y * pooling.kernel.x
  var places: [Int] = []
  var counts: [Double] = []
  for plane in 0..<planes {
    for row in 0..<size.height {
      for column in 0..<size.width {
        var own: [Int] = []
        for i in 0..<pooling.kernel.y {
          for j in 0..<pooling.kernel.x {
            let y = row * pooling.stride.y + i - pooling.padding.y
            let x = column * pooling.stride.x + j - pooling.padding.x
            let isInside = (0..<h).contains(y) && (0..<w).contains(x)
            own.append(isInside ? (plane * h + y) * w + x : -1)
          }
        }
        if pooling.kind == .maximum, let first = own.first(where: { $0 >= 0 }) {
          // An element that is there twice changes no maximum.
          own = own.map { $0 < 0 ? first : $0 }
        }
        places += own
        counts.append(
          Double(pooling.countsPadding ? window : max(own.count { $0 >= 0 }, 1)))
      }
    }
  }
  let target = [x.shape[0], x.shape[1], size.height, size.width]
  let windows = try gather(x, at: places, shape: Shape(target + [window]))
  switch pooling.kind {
  case .maximum: return try extreme(windows, .maximum, axis: 4)
  case .average:
    let divisors = try Tensor(counts, shape: Shape(target)).converted(to: x.dtype)
    return try sum(windows, axis: 4) / divisors
  }
}

// MARK: - Resampling

private struct ResamplingPass: DifferentiableOperation {
  let resampling: FeatureResampling

  var name: String { "\(resampling.kind.rawValue)_resampling" }
  var saves: Saves { Saves(inputs: [0], outputs: []) }

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    [try FeatureMap(inputs[0]).resampled(resampling).tensor()]
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let (x, dy) = (flow.input(0), try flow.cotangent(0))
    if dy.isRecorded {
      return try vjp([x], cotangent: dy) { try resampledByDefinition($0[0], resampling) }.cotangents
    }
    let (form, height, width) = (resampling, x.shape[2], x.shape[3])
    let gradient = Repeated(
      "\(name)_pullback",
      one: {
        try FeatureMap($0[0]).resamplingGradient(form, height: height, width: width).tensor()
      })
    return try evaluate(gradient, [dy.value])
  }
}

/// The same as products with the matrices of both axes.
private func resampledByDefinition(_ x: Tensor, _ resampling: FeatureResampling) throws -> Tensor {
  let rows = try resamplingMatrix(resampling, from: x.shape[2], to: resampling.height, x.dtype)
  let columns = try resamplingMatrix(resampling, from: x.shape[3], to: resampling.width, x.dtype)
  return try matmul(rows, matmul(x, transpose(columns)))
}

private func resamplingMatrix(
  _ resampling: FeatureResampling, from count: Int, to outputs: Int, _ dtype: DType
) throws -> Tensor {
  var values = [Double](repeating: 0, count: outputs * count)
  for i in 0..<outputs {
    if resampling.kind == .nearest {
      values[i * count + min(i * count / outputs, count - 1)] = 1
      continue
    }
    let at =
      resampling.alignsCorners
      ? (outputs == 1 ? 0 : Double(i) * Double(count - 1) / Double(outputs - 1))
      : max(0, (Double(i) + 0.5) * Double(count) / Double(outputs) - 0.5)
    let place = min(Int(clamping: at), count - 1)
    let share = place == count - 1 ? 0 : at - Double(place)
    values[i * count + place] += 1 - share
    if share > 0 { values[i * count + place + 1] += share }
  }
  return try Tensor(values, shape: [outputs, count]).converted(to: dtype)
}
