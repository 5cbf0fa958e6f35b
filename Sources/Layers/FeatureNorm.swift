import Autodiff
import Catalog
import KernelsBase
import Tensors

/// A norm with the activation behind it, in the layout of the convolution engine, as one operation:
///
/// y = f(γ û + β), û = (u − ⟨u⟩)/√(var u + ε), u = x + b,
///
/// with the mean and the variance over what `statistics` says. γ, β and b are numbers for each channel of all
/// images, [1, c], or of each image, [n, c].
struct FeatureNorm: PlannedOperation, DifferentiableOperation {
  enum Statistics: Equatable {
    /// û = u.
    case given
    /// û = u/√(var u + ε) over all images and places of a channel.
    case biasFree(epsilon: Double)
    /// Over all images and places of a channel.
    case batch(epsilon: Double)
    /// Over the channels of a group and their places, for each image.
    case groups(Int, epsilon: Double)

    var epsilon: Double? {
      switch self {
      case .given: nil
      case .biasFree(let epsilon), .batch(let epsilon), .groups(_, let epsilon): epsilon
      }
    }

    /// Whether ⟨u⟩ is taken away.
    var centers: Bool {
      switch self {
      case .given, .biasFree: false
      case .batch, .groups: true
      }
    }
  }

  let statistics: Statistics
  let activation: MapActivation
  let size: FeatureSize

  let name = "feature_norm"
  var saves: Saves { Saves(inputs: nil, outputs: [1]) }

  /// [x, γ, β, b] → [y, mean and mean square of u for each channel of each image, [2, n, c]].
  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] {
    [try size.spec(), TensorSpec([2, size.batch, size.channels], .float64)]
  }

  func overwritten(by output: Int) -> Int? { nil }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let x = try size.map(inputs[0])
    let numbers = try NormNumbers(self, Array(inputs[1...]), moments: moments(x, inputs[3]))
    outputs[1].pointer(Double.self).update(from: numbers.moments, count: numbers.moments.count)
    try x.activate(numbers.affine, into: size.map(outputs[0]))
  }

  private func moments(_ x: FeatureMap, _ shift: Tensor) throws -> [Double] {
    let count = size.batch * size.channels
    if statistics == .given { return Array(repeating: 0, count: 2 * count) }
    let (sums, b) = (try x.laneMoments(), try ChannelNumbers(shift, size))
    var moments = [Double](repeating: 0, count: 2 * count)
    for place in 0..<count {
      let (mean, square) = (
        sums.first[place] / Double(size.pixels), sums.second[place] / Double(size.pixels)
      )
      moments[place] = mean + b[place]
      moments[count + place] = square + 2 * b[place] * mean + b[place] * b[place]
    }
    return moments
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let (inputs, dy) = (flow.inputs, try flow.cotangent(0))
    if (inputs + [dy]).contains(where: \.isRecorded) {
      return try vjp(inputs, cotangent: dy) { try formula($0) }.cotangents
    }
    return try evaluate(
      FeatureNormPullback(norm: self), inputs.map(\.value) + [flow.output(1).value, dy.value])
  }

  /// ẏ = f′(γ (x + b) + β) γ ẋ where no statistics follow from x.
  func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? {
    guard statistics == .given, let tangent = flow.plainFirst else { return nil }
    let x = try size.map(flow.input(0).value)
    let places = size.batch * size.channels
    let zeros = [Float](repeating: 0, count: places)
    let numbers = try NormNumbers(
      self, (1...3).map { flow.input($0).value },
      moments: Array(repeating: 0, count: 2 * places))
    let result = try Tensor(uninitialized: size.spec().shape)
    try x.gradient(
      numbers.affine, slope: zeros, offset: zeros, size.map(tangent.densified()),
      into: size.map(result))
    return [result, nil]
  }

  /// The same by elementary operations, to be differentiated again.
  private func formula(_ inputs: [Tensor]) throws -> Tensor {
    let images = try convert(Features(elements: inputs[0], size).images(), to: .float64)
    let y = try formula(images, inputs[1], inputs[2], inputs[3])
    return try Features(convert(y, to: .float32)).elements
  }

  /// The same for images.
  func formula(_ x: Tensor, _ gamma: Tensor, _ beta: Tensor, _ shift: Tensor) throws -> Tensor {
    func spread(_ numbers: Tensor) throws -> Tensor {
      try convert(
        reshape(numbers, to: [numbers.shape[0], size.channels, 1, 1]), to: x.dtype)
    }
    var u = try x + spread(shift)
    if let epsilon = statistics.epsilon {
      let (center, variance) = try centerAndVariance(u)
      u = try (statistics.centers ? u - center : u) / sqrt(variance + epsilon)
    }
    let z = try u * spread(gamma) + spread(beta)
    switch activation {
    case .none: return z
    case .relu: return try relu(z)
    case .silu: return try silu(z)
    }
  }

  /// y and the moments for images.
  fileprivate func plain(_ x: Tensor, _ parameters: [Tensor]) throws -> [Tensor] {
    let u = try x + reshape(parameters[2], to: [parameters[2].shape[0], size.channels, 1, 1])
    let rows = try reshape(u, to: [size.batch, size.channels, size.pixels])
    return [
      try formula(x, parameters[0], parameters[1], parameters[2]),
      try concatenate(
        [rows, square(rows)].map { try expandedAxis(mean($0, axis: 2), at: 0) }, axis: 0),
    ]
  }

  private func centerAndVariance(_ u: Tensor) throws -> (Tensor, Tensor) {
    guard case .groups(let groups, _) = statistics else {
      let (center, variance) = try channelMoments(u)
      return (center, variance)
    }
    let rows = try reshape(u, to: [size.batch * groups, u.elementCount / (size.batch * groups)])
    let center = try mean(rows, axis: 1, keepingAxis: true)
    let variance = try mean(square(rows - center), axis: 1, keepingAxis: true)
    func spread(_ x: Tensor) throws -> Tensor {
      let each = try broadcast(
        reshape(x, to: [size.batch, groups, 1]),
        to: [size.batch, groups, size.channels / groups])
      return try reshape(each, to: [size.batch, size.channels, 1, 1])
    }
    return (try spread(center), try spread(variance))
  }
}

/// [x, γ, β, b, moments, dy] → cotangents of x, γ, β and b.
///
/// With g = f′ dy and the sums S₁ = Σ g, U = Σ g û over the places of a channel: dβ = S₁, dγ = U. With P = Σ γ S₁,
/// Q = Σ γ U over the M numbers that share a mean and a variance, dx = γ g/sd − P/(sd M) − û Q/(sd M), where
/// P is 0 and û counts from its mean if no mean is taken away. db is the sum of dx.
private struct FeatureNormPullback: PlannedOperation {
  let norm: FeatureNorm

  let name = "feature_norm_pullback"

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] { Array(inputs.prefix(4)) }

  func overwritten(by output: Int) -> Int? { output == 0 ? 5 : nil }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let size = norm.size
    let (x, dy) = (try size.map(inputs[0]), try size.map(inputs[5]))
    let n = try NormNumbers(norm, Array(inputs[1...3]), moments: inputs[4].doubles())
    let sums = try x.gradientSums(n.affine, dy)
    let places = size.batch * size.channels
    var dGamma = [Double](repeating: 0, count: places)
    var (first, second) = (
      [Double](repeating: 0, count: n.groupCount), [Double](repeating: 0, count: n.groupCount)
    )
    for place in 0..<places {
      let s1 = sums.first[place]
      let u = (sums.second[place] + (n.b[place] - n.taken(place)) * s1) * n.inverse[place]
      dGamma[place] = u
      if norm.statistics.centers { first[n.group(place)] += n.gamma[place] * s1 }
      second[n.group(place)] += n.gamma[place] * u
    }
    var (slope, offset) = (
      [Float](repeating: 0, count: places), [Float](repeating: 0, count: places)
    )
    var dShift = [Double](repeating: 0, count: places)
    for place in 0..<places {
      let (sd, group) = (n.inverse[place], n.group(place))
      var (a, c) = (0.0, 0.0)
      if norm.statistics != .given {
        a = -second[group] * sd * sd / n.numbersOfAGroup
        c = -first[group] * sd / n.numbersOfAGroup + (n.b[place] - n.center[place]) * a
      }
      (slope[place], offset[place]) = (Float(a), Float(c))
      let sumOfX = Double(size.pixels) * (n.moments[place] - n.b[place])
      dShift[place] =
        Double(n.affine.scale[place]) * sums.first[place] + a * sumOfX + Double(size.pixels) * c
    }
    try x.gradient(n.affine, slope: slope, offset: offset, dy, into: size.map(outputs[0]))
    for (values, output) in zip([dGamma, sums.first, dShift], outputs[1...]) {
      summed(values, into: output)
    }
  }

  /// Of each image, or of all.
  private func summed(_ values: [Double], into output: Tensor) {
    let out = output.pointer(Float.self)
    var totals = [Double](repeating: 0, count: output.elementCount)
    for (place, value) in values.enumerated() { totals[place % totals.count] += value }
    for (place, total) in totals.enumerated() { out[place] = Float(total) }
  }
}

/// Numbers for each channel, of all images or of each.
private struct ChannelNumbers {
  private let values: [Double]

  init(_ tensor: Tensor, _ size: FeatureSize) throws {
    guard tensor.rank == 2, tensor.shape[1] == size.channels,
      tensor.shape[0] == 1 || tensor.shape[0] == size.batch
    else {
      throw UserError(
        "there must be a number for each of \(size.channels) channels, got shape \(tensor.shape)")
    }
    values = try tensor.doubles()
  }

  /// - Parameter place: image times channels, plus channel.
  subscript(place: Int) -> Double { values[place % values.count] }
}

/// What a norm is in numbers: f(a x + c) for each channel of each image.
private struct NormNumbers {
  let gamma: ChannelNumbers
  let b: ChannelNumbers
  /// Mean and mean square of u, [2, n, c].
  let moments: [Double]
  /// ⟨u⟩ and 1/√(var u + ε).
  private(set) var center: [Double]
  private(set) var inverse: [Double]
  private(set) var affine: FeatureAffine
  private let norm: FeatureNorm

  init(_ norm: FeatureNorm, _ parameters: [Tensor], moments: [Double]) throws {
    self.norm = norm
    self.moments = moments
    gamma = try ChannelNumbers(parameters[0], norm.size)
    let beta = try ChannelNumbers(parameters[1], norm.size)
    b = try ChannelNumbers(parameters[2], norm.size)
    let places = norm.size.batch * norm.size.channels
    center = Array(repeating: 0, count: places)
    inverse = Array(repeating: 1, count: places)
    affine = FeatureAffine(scale: [], shift: [], norm.activation)
    if let epsilon = norm.statistics.epsilon { setStatistics(epsilon, places) }
    for place in 0..<places {
      let a = gamma[place] * inverse[place]
      affine.scale.append(Float(a))
      affine.shift.append(Float(beta[place] + a * (b[place] - taken(place))))
    }
  }

  private mutating func setStatistics(_ epsilon: Double, _ places: Int) {
    var (means, squares) = (
      [Double](repeating: 0, count: groupCount), [Double](repeating: 0, count: groupCount)
    )
    let share = Double(groupCount) / Double(max(places, 1))
    for place in 0..<places {
      means[group(place)] += moments[place] * share
      squares[group(place)] += moments[places + place] * share
    }
    for place in 0..<places {
      let mean = means[group(place)]
      center[place] = mean
      inverse[place] =
        1 / (max(squares[group(place)] - mean * mean, 0) + epsilon).squareRoot()
    }
  }

  /// What is taken away from u.
  func taken(_ place: Int) -> Double { norm.statistics.centers ? center[place] : 0 }

  /// How many means and variances there are.
  var groupCount: Int {
    guard case .groups(let groups, _) = norm.statistics else { return norm.size.channels }
    return norm.size.batch * groups
  }

  /// Which of them counts for a channel of an image.
  func group(_ place: Int) -> Int {
    let channels = norm.size.channels
    guard case .groups(let groups, _) = norm.statistics else { return place % channels }
    return place / channels * groups + place % channels * groups / channels
  }

  var numbersOfAGroup: Double {
    Double(norm.size.batch * norm.size.channels * norm.size.pixels) / Double(groupCount)
  }
}

// MARK: - Of features

extension Features {
  /// f(γ û + β) of these and what is still to be added.
  ///
  /// - Parameters: `gamma` and `beta` of shape [c] or [n, c]; 1 and 0 where absent.
  func normed(
    _ statistics: FeatureNorm.Statistics, _ activation: MapActivation, gamma: Tensor? = nil,
    beta: Tensor? = nil, shift: Tensor? = nil, moments: ((Tensor) throws -> Void)? = nil
  ) throws -> Features {
    if subset != nil {
      return try settled().normed(
        statistics, activation, gamma: gamma, beta: beta, shift: shift, moments: moments)
    }
    func rows(_ numbers: Tensor?, _ value: Double) throws -> Tensor {
      guard let numbers else { return try .full([1, size.channels], value) }
      // What follows from a time is in float64 where the time is; the engine's gradients are float32.
      let fitting = isPlain ? numbers : try convert(numbers, to: .float32)
      return numbers.rank == 1 ? try expandedAxis(fitting, at: 0) : fitting
    }
    let parameters = [
      try rows(gamma, 1), try rows(beta, 0), try rows(shift ?? self.shift, 0),
    ]
    let norm = FeatureNorm(statistics: statistics, activation: activation, size: size)
    let results =
      try isPlain
      ? norm.plain(elements, parameters) : perform(norm, [elements] + parameters)
    try moments?(results[1].value)
    return Features(elements: results[0], size)
  }
}
