import Autodiff
import Catalog
import Tensors

/// The sizes of images within a network, and of the memory that they take in the engine's layout.
package struct FeatureSize: Equatable {
  package var batch: Int
  package var channels: Int
  package var height: Int
  package var width: Int

  package init(_ shape: Shape) {
    (batch, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
  }

  package var shape: Shape { [batch, channels, height, width] }
  var pixels: Int { height * width }

  /// What an operation that writes elements of this size gives.
  func spec() throws -> TensorSpec {
    let count = try FeatureMap.elementCount(
      batch: batch, channels: channels, height: height, width: width)
    return TensorSpec([count], .float32)
  }

  func map(_ elements: Tensor) throws -> FeatureMap {
    try FeatureMap(
      elements: elements, batch: batch, channels: channels, height: height, width: width)
  }

  func with(channels: Int) -> FeatureSize { with { $0.channels = channels } }

  func with(_ change: (inout FeatureSize) -> Void) -> FeatureSize {
    var copy = self
    change(&copy)
    return copy
  }
}

/// Images on their way from layer to layer: in the layout of the convolution engine, as one row of numbers that
/// a tape follows, so that they change their layout at the borders of a network alone. In float64 they stay
/// images, and every layer computes by its definition.
package struct Features {
  /// The elements of a `FeatureMap`, or images in float64.
  let elements: Tensor
  package let size: FeatureSize
  /// Numbers that are still to be added to each channel, [1 or n, c]: a norm does it in passing.
  let shift: Tensor?
  /// Which channels the elements are, where others are left out; nothing is still to be added then.
  let subset: ChannelSubset?

  init(
    elements: Tensor, _ size: FeatureSize, shift: Tensor? = nil, subset: ChannelSubset? = nil
  ) {
    (self.elements, self.size, self.shift, self.subset) = (elements, size, shift, subset)
  }

  /// - Parameter images: shape [n, c, h, w].
  package init(_ images: Tensor) throws {
    size = FeatureSize(images.shape)
    (shift, subset) = (nil, nil)
    elements =
      images.dtype == .float32
      ? try perform(LayoutPass(size: size, isEntering: true), [images])[0] : images
  }

  /// Images that stay such.
  package init(plain images: Tensor) {
    (elements, size, shift, subset) = (images, FeatureSize(images.shape), nil, nil)
  }

  var isPlain: Bool { elements.rank == 4 }

  package func images() throws -> Tensor {
    let all = try settled()
    return all.isPlain
      ? all.elements
      : try perform(LayoutPass(size: all.size, isEntering: false), [all.elements])[0]
  }

  /// The same with what was still to be added and all channels.
  package func settled() throws -> Features {
    if let subset {
      let pass = SpreadingChannelsPass(subset: subset, size: size)
      return Features(elements: try perform(pass, [elements])[0], pass.whole)
    }
    guard let shift else { return self }
    if isPlain { return Features(elements: try elements + spread(shift), size) }
    return try Features(elements: elements, size).normed(.given, .none, shift: shift)
  }

  /// The same where each channel goes its own way, so that none needs those that are left out.
  func ready() throws -> Features { subset == nil ? try settled() : self }

  /// Numbers for each channel, [1 or n, c], beside images.
  private func spread(_ numbers: Tensor) throws -> Tensor {
    try reshape(numbers, to: [numbers.shape[0], size.channels, 1, 1])
  }

  /// - Parameter numbers: for each channel, [c], [1, c] or [n, c].
  package func shifted(by numbers: Tensor) throws -> Features {
    if subset != nil { return try settled().shifted(by: numbers) }
    let rows = numbers.rank == 1 ? try expandedAxis(numbers, at: 0) : numbers
    return Features(elements: elements, size, shift: try shift.map { try $0 + rows } ?? rows)
  }

  /// Channels of several, one behind the other.
  package static func joined(_ parts: [Features]) throws -> Features {
    let parts = try parts.map { try $0.ready() }
    let channels = parts.map(\.size.channels)
    let size = parts[0].size.with(channels: channels.reduce(0, +))
    let subset = ChannelSubset.joined(parts.map { ($0.subset, $0.size.channels) })
    if parts.contains(where: \.isPlain) {
      return Features(elements: try concatenate(parts.map(\.elements), axis: 1), size)
    }
    let pass = JoiningPass(size: size, channels: channels)
    return Features(elements: try perform(pass, parts.map(\.elements))[0], size, subset: subset)
  }

  /// The mean or the largest number of each window.
  package func pooled(_ pooling: Pooling) throws -> Features {
    let all = try ready()
    if isPlain { return Features(plain: try Autodiff.pooled(all.elements, pooling)) }
    let smaller = try pooling.size(of: size.height, size.width)
    let result = size.with { ($0.height, $0.width) = smaller }
    let pass = FeaturePoolingPass(pooling: pooling, size: size, result: result)
    return Features(elements: try perform(pass, [all.elements])[0], result, subset: subset)
  }

  /// Every pixel repeated in rows and columns.
  package func enlarged(_ factor: Int) throws -> Features {
    let all = try settled()
    let result = all.size.with {
      ($0.height, $0.width) = (factor * size.height, factor * size.width)
    }
    if isPlain {
      return Features(
        plain: try resampled(
          all.elements, FeatureResampling(.nearest, height: result.height, width: result.width)))
    }
    // Its gradient is the mean of each window, but for a factor.
    let windows = try Pooling(.average, kernel: (factor, factor))
    let pass = SpreadingPass(pooling: windows, size: result, result: all.size)
    return try Features(elements: perform(pass, [all.elements])[0], result)
      * Double(factor * factor)
  }

  /// The convolution with a weight, without its bias.
  package func convolved(_ weight: Tensor, _ form: ConvolutionForm) throws -> Features {
    let all = try form.options.groups == 1 ? ready() : settled()
    if isPlain { return Features(plain: try convolution(all.elements, weight, form)) }
    let weight = try all.read(of: weight, form)
    let shape = try form.shape(of: all.size.shape, weight: weight.shape)
    let stack = ConvolutionStack(
      levels: [ConvolutionStack.Level(form: form, link: .linear)], size: all.size)
    let y = try perform(ConvolutionStackPass(stack: stack), [all.elements, weight])[0]
    return Features(elements: y, FeatureSize(shape.outputShape))
  }

  /// What a convolution without groups reads of its weight.
  func read(of weight: Tensor, _ form: ConvolutionForm) throws -> Tensor {
    guard let subset else { return weight }
    return try weight.value.picked(axis: form.options.isTransposed ? 0 : 1, subset.kept)
  }

  /// The sum of two of one size.
  package static func + (a: Features, b: Features) throws -> Features {
    let (a, b) = (try a.settled(), try b.settled())
    return Features(elements: try a.elements + b.elements, a.size)
  }

  package static func * (a: Features, factor: Double) throws -> Features {
    let a = try a.settled()
    return Features(elements: try a.elements * factor, a.size)
  }
}

// MARK: - Where the layout changes

/// Images → elements of a map, or back.
private struct LayoutPass: LinearOperation {
  let size: FeatureSize
  let isEntering: Bool

  var name: String { isEntering ? "channels_to_blocks" : "blocks_to_channels" }
  var saves: Saves { Saves(inputs: [], outputs: []) }

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    try [isEntering ? FeatureMap(inputs[0]).elements : size.map(inputs[0]).tensor()]
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    try perform(LayoutPass(size: size, isEntering: !isEntering), [flow.cotangent(0)])
  }
}

/// Maps → one with the channels of all, one behind the other.
private struct JoiningPass: PlannedOperation, LinearOperation {
  let size: FeatureSize
  let channels: [Int]

  let name = "join_channels"
  var saves: Saves { Saves(inputs: [], outputs: []) }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] { [try size.spec()] }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let maps = try zip(inputs, channels).map { try size.with(channels: $1).map($0) }
    try size.map(outputs[0]).join(maps)
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    try perform(PartingPass(size: size, channels: channels), [flow.cotangent(0)])
  }
}

/// A map → maps of some of its channels each.
private struct PartingPass: PlannedOperation, LinearOperation {
  let size: FeatureSize
  let channels: [Int]

  let name = "part_channels"
  var saves: Saves { Saves(inputs: [], outputs: []) }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] {
    try channels.map { try size.with(channels: $0).spec() }
  }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let map = try size.map(inputs[0])
    var start = 0
    for (output, count) in zip(outputs, channels) {
      try size.with(channels: count).map(output).take(map, from: start)
      start += count
    }
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    try perform(
      JoiningPass(size: size, channels: channels), channels.indices.map { try flow.cotangent($0) })
  }
}

/// Some channels of a map → all of them, 0 where there are none.
private struct SpreadingChannelsPass: PlannedOperation, LinearOperation {
  let subset: ChannelSubset
  /// Of the channels that there are.
  let size: FeatureSize
  var whole: FeatureSize { size.with(channels: subset.all) }

  let name = "spread_channels"
  var saves: Saves { Saves(inputs: [], outputs: []) }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] { [try whole.spec()] }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let (few, all) = (try size.map(inputs[0]), try whole.map(outputs[0]))
    all.clear()
    try subset.eachChannel(few, all) { few, all in all.pointee = few.pointee }
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    try perform(TakingChannelsPass(subset: subset, size: size), [flow.cotangent(0)])
  }
}

/// A map → some of its channels.
private struct TakingChannelsPass: PlannedOperation, LinearOperation {
  let subset: ChannelSubset
  let size: FeatureSize

  let name = "take_channels"
  var saves: Saves { Saves(inputs: [], outputs: []) }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] { [try size.spec()] }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let (few, all) = (try size.map(outputs[0]), try size.with(channels: subset.all).map(inputs[0]))
    few.clear()
    try subset.eachChannel(few, all) { few, all in few.pointee = all.pointee }
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    try perform(SpreadingChannelsPass(subset: subset, size: size), [flow.cotangent(0)])
  }
}

/// Pooling of maps.
private struct FeaturePoolingPass: PlannedOperation, DifferentiableOperation {
  let pooling: Pooling
  let size: FeatureSize
  let result: FeatureSize

  var name: String { "\(pooling.kind.rawValue)_pool" }
  var saves: Saves { Saves(inputs: pooling.kind == .maximum ? [0] : [], outputs: []) }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] { [try result.spec()] }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    try size.map(inputs[0]).pool(pooling, into: result.map(outputs[0]))
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    let dy = try flow.cotangent(0)
    if pooling.kind == .average {
      return try perform(SpreadingPass(pooling: pooling, size: size, result: result), [dy])
    }
    let x = flow.input(0)
    if x.isRecorded || dy.isRecorded {
      return try vjp([x], cotangent: dy) {
        let images = try Features(elements: $0[0], size).images()
        let y = try Autodiff.pooled(convert(images, to: .float64), pooling)
        return try Features(convert(y, to: .float32)).elements
      }.cotangents
    }
    return try evaluate(
      SpreadingPass(pooling: pooling, size: size, result: result), [dy.value, x.value])
  }

  /// Of means, which are linear.
  func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? {
    pooling.kind == .average ? try flow.all.map { try perform(self, $0) } : nil
  }
}

/// The gradient of what was pooled, from that of the result and for maxima from what was pooled.
private struct SpreadingPass: PlannedOperation, DifferentiableOperation {
  let pooling: Pooling
  let size: FeatureSize
  let result: FeatureSize

  var name: String { "\(pooling.kind.rawValue)_pool_pullback" }
  var saves: Saves { Saves(inputs: [], outputs: []) }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] { [try size.spec()] }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let dx = try size.map(outputs[0])
    try (inputs.count > 1 ? size.map(inputs[1]) : dx).spread(
      pooling, result.map(inputs[0]), into: dx)
  }

  /// Of means, whose gradient is linear in that of the result.
  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    try perform(
      FeaturePoolingPass(pooling: pooling, size: size, result: result), [flow.cotangent(0)])
  }

  func pushforward(_ flow: TangentFlow) throws -> [Tensor?]? {
    flow.tangents.count == 1 ? try flow.all.map { try perform(self, $0) } : nil
  }
}

extension NetworkCall {
  /// Images on their way through the layers of a network.
  package func features(_ images: Tensor) throws -> Features {
    outline == nil ? try Features(images) : Features(plain: images)
  }
}
