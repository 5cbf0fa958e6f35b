// Networks at a point without the channels that are 0 there: the same linear map from less.

import Autodiff
import Catalog
import Layers
import Runtime
import Tensors
import Testing

private func convolution(
  _ inputs: Count, _ outputs: Count, groups: Count = 1, bias: Bool = true
) throws -> any Layer {
  try Conv2dLayer(
    .init {
      ($0.inputs, $0.outputs, $0.kernel) = (inputs, outputs, 3)
      ($0.groups, $0.bias) = (groups, bias)
    })
}

private func sequence(_ layers: [any Layer]) throws -> SequentialLayer {
  try SequentialLayer(.init { $0.layers = LayerList(layers) })
}

private func cases() throws -> [SequentialLayer] {
  let batch = try BatchNormLayer(.init { $0.channels = 64 })
  let skip = try SkipLayer(
    .init { $0.body = LayerList([try sequence([convolution(64, 64), ReLULayer()])]) })
  let up = try ConvTranspose2dLayer(.init { ($0.inputs, $0.outputs, $0.bias) = (64, 20, false) })
  let residual = try ResidualLayer(
    .init { $0.body = LayerList([try sequence([convolution(48, 48), ReLULayer()])]) })
  return [
    try sequence([
      convolution(1, 48), ReLULayer(), convolution(48, 64, bias: false), batch, ReLULayer(),
      AveragePoolLayer(.init()), convolution(64, 64), ReLULayer(), up, convolution(20, 2),
    ]),
    try sequence([
      convolution(1, 64), ReLULayer(), MaxPoolLayer(.init()), skip,
      convolution(128, 40, bias: false), ReLULayer(),
      GroupNormLayer(.init { ($0.groups, $0.channels) = (4, 40) }), convolution(40, 3),
    ]),
    try sequence([
      convolution(1, 32), ReLULayer(), convolution(32, 32, groups: 2), ReLULayer(),
      convolution(32, 48), ReLULayer(), residual, SiLULayer(), convolution(48, 1),
    ]),
  ]
}

private struct Trial {
  let layer: SequentialLayer
  let set: ParameterSet
  let x: Tensor

  /// - Parameters:
  ///   - shut: every channel of so many has a bias of −50.
  ///   - bias: that of the others.
  init(_ layer: SequentialLayer, shut: Int = 2, bias: Float = 0.1, seed: Int) throws {
    self.layer = layer
    let stream = RandomStream(seed: seed)
    set = try ParameterSet(sorting: layer.allStarts(stream, path: ""))
    for (item, view) in zip(set.items, set.views) where item.name.hasSuffix("bias") {
      let count = item.shape[0]
      guard count > 16 else { continue }
      try view.assign(Tensor((0..<count).map { $0 % shut == 0 ? Float(-50) : bias }))
    }
    x = try stream.normal([2, 1, 8, 8])
  }

  func output(_ x: Tensor, _ open: OpenChannels?) throws -> Tensor {
    try layer.checkedOutput([x], call(open))
  }

  func call(_ open: OpenChannels?) -> LayerCall {
    LayerCall(NetworkCall(set, open: open), path: "", name: "sequential")
  }

  /// J v and Jᵀ u at x, with channels as they are at another point, or with all of them.
  func products(asAt other: Tensor?) throws -> (Tensor, Tensor) {
    var open: OpenChannels?
    if let other {
      let noted = OpenChannels()
      _ = try output(other, noted)
      noted.finish()
      open = noted
    }
    let linear = try Linearization(at: x) { try output($0, open) }
    let stream = RandomStream(seed: 5)
    let u = try stream.normal(linear.value.shape)
    return (try linear.push(stream.normal(x.shape)), try linear.pull(u))
  }
}

private func relative(_ a: Tensor, _ b: Tensor) throws -> Double {
  let (a, b) = (try a.doubles(), try b.doubles())
  let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return (square / max(b.reduce(0) { $0 + $1 * $1 }, 1e-30)).squareRoot()
}

@Suite struct OpenChannelsTests {
  @Test("J v and Jᵀ u are those of the whole network", arguments: 0..<3)
  func sameMap(number: Int) throws {
    let trial = try Trial(cases()[number], seed: 30 + number)
    let (whole, part) = (try trial.products(asAt: nil), try trial.products(asAt: trial.x))
    #expect(try relative(part.0, whole.0) < 1e-5)
    #expect(try relative(part.1, whole.1) < 1e-5)
  }

  @Test("another point's channels give another map")
  func otherPoint() throws {
    // At 0 all channels are shut.
    let trial = try Trial(
      sequence([convolution(1, 48), ReLULayer(), convolution(48, 2)]), bias: -0.2, seed: 30)
    let (whole, part) = (try trial.products(asAt: nil), try trial.products(asAt: trial.x))
    let wrong = try trial.products(asAt: Tensor.zeros(trial.x.shape))
    #expect(try relative(part.0, whole.0) < 1e-5)
    #expect(try relative(wrong.0, whole.0) > 0.1)
  }

  @Test("what is shut is not held, and comes back as zeros")
  func leftOut() throws {
    let trial = try Trial(
      sequence([convolution(1, 64), ReLULayer(), AveragePoolLayer(.init())]), seed: 1)
    let open = OpenChannels()
    let whole = try trial.layer.features(Features(trial.x), trial.call(open))
    #expect(whole.size.channels == 64)
    open.finish()
    let part = try trial.layer.features(Features(trial.x), trial.call(open))
    #expect(part.size.channels == 32)
    let (a, b) = (try part.images(), try whole.images())
    #expect(a.shape == [2, 64, 4, 4])
    #expect(try relative(a, b) < 1e-6)
    // Whole blocks of 16 are kept: of 64 channels 43 open ones are in 48.
    let third = try Trial(sequence([convolution(1, 64), ReLULayer()]), shut: 3, seed: 2)
    let noted = OpenChannels()
    _ = try third.output(third.x, noted)
    noted.finish()
    #expect(
      try third.layer.features(Features(third.x), third.call(noted)).size.channels == 48)
  }

  @Test("sums, multiples and larger pictures have all channels again")
  func whole() throws {
    let trial = try Trial(sequence([convolution(1, 64), ReLULayer()]), seed: 4)
    let open = OpenChannels()
    let y = try trial.layer.features(Features(trial.x), trial.call(open))
    open.finish()
    let part = try trial.layer.features(Features(trial.x), trial.call(open))
    #expect(part.size.channels == 32)
    let results: [((Features) throws -> Features, Shape)] = [
      ({ try $0 + y }, [2, 64, 8, 8]), ({ try y + $0 }, [2, 64, 8, 8]),
      ({ try $0 * 3 }, [2, 64, 8, 8]), ({ try $0.enlarged(2) }, [2, 64, 16, 16]),
      ({ try $0.shifted(by: Tensor.full([64], 0.5)) }, [2, 64, 8, 8]),
      ({ try .joined([y, $0, $0]) }, [2, 192, 8, 8]),
      ({ try $0.pooled(Pooling(.maximum, kernel: (2, 2))) }, [2, 64, 4, 4]),
    ]
    for (place, (body, shape)) in results.enumerated() {
      let (a, b) = (try body(part).images(), try body(y).images())
      #expect(a.shape == shape, "\(place)")
      #expect(try relative(a, b) < 1e-6, "\(place)")
    }
  }

  @Test("training and calls without a record of channels are as ever")
  func otherCalls() throws {
    let trial = try Trial(cases()[0], seed: 3)
    let plain = try trial.output(trial.x, nil)
    let noting = OpenChannels()
    #expect(try relative(trial.output(trial.x, noting), plain) < 1e-5)
  }
}
