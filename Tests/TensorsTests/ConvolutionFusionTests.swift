import Tensors
import Testing

/// What passes do on the way in and out, against the same as passes of its own.
@Suite("Fused convolution") struct ConvolutionFusionTests {
  /// Both ways, and the forms for pictures at either side.
  private static let cases: [(Int, Int, ConvolutionWay?)] = [
    (20, 40, .winograd), (20, 40, .direct), (272, 272, .winograd), (2, 20, nil), (20, 2, nil),
    (2, 3, nil),
  ]

  private func passes(_ c: (Int, Int, ConvolutionWay?)) throws -> ConvolutionPasses {
    try ConvolutionPasses(
      ConvolutionShape(
        batch: 2, channels: (c.0, c.1), size: (7, 9), kernel: (3, 3), ConvolutionOptions(padding: 1)
      ), c.2)
  }

  /// A number a channel.
  private func numbers(_ count: Int, seed: UInt64) throws -> [Float] {
    try pseudorandom([count], seed: seed).doubles().map { Float($0) }
  }

  /// The channel of each element.
  private func channels(_ shape: Shape) -> [Int] {
    (0..<shape.elementCount).map { $0 / (shape[2] * shape[3]) % shape[1] }
  }

  private func map(_ values: [Double], _ shape: Shape) throws -> FeatureMap {
    try FeatureMap(Tensor(values.map { Float($0) }, shape: shape))
  }

  @Test("sources are what they say", arguments: 0..<6)
  func sources(number: Int) throws {
    let p = try passes(Self.cases[number])
    let (shape, w) = (p.plan.shape, try p.w.doubles())
    let reference = ConvolutionReference(shape: shape)
    let (scale, shift) = (try numbers(shape.inputs, seed: 4), try numbers(shape.inputs, seed: 5))
    let x = try zip(p.x.doubles(), channels(shape.inputShape)).map {
      max(0, Double(scale[$1]) * $0 + Double(shift[$1]))
    }
    let source = FeatureSource.reluScale(try FeatureMap(p.x), scale: scale, shift: shift)
    let y = try p.outputMap()
    try p.plan.forward(source, weights: p.w, into: y)
    #expect(relativeError(try y.tensor().doubles(), reference.forward(x, w)) < 1e-5)

    let norm = try normBackward(p)
    let dx = try p.inputMap()
    try p.plan.backwardData(.normBackward(norm.source), weights: p.w, into: dx)
    let expected = reference.backwardData(norm.dy, w)
    #expect(relativeError(try dx.tensor().doubles(), expected) < 1e-5)

    let dw = try Tensor(uninitialized: shape.weightShape)
    var keeping = norm.source
    keeping.keepsResult = true
    try p.plan.backwardWeights(source, .normBackward(keeping), into: dw)
    #expect(relativeError(try dw.doubles(), reference.backwardWeights(x, norm.dy)) < 2e-5)
    #expect(relativeError(try keeping.gradient.tensor().doubles(), norm.dy) < 1e-6)
  }

  /// A gradient through a norm, and what it comes to.
  private func normBackward(_ p: ConvolutionPasses) throws -> (source: NormBackward, dy: [Double]) {
    let shape = p.plan.shape.outputShape
    let y = try pseudorandom(shape, seed: 8)
    let rows = try (10..<14).map { try numbers(shape[1], seed: $0) }
    var source = NormBackward(
      y: try FeatureMap(y), gradient: try FeatureMap(p.dy.copied()), scale: rows[0], shift: rows[1])
    (source.offset, source.slope) = (rows[2], rows[3])
    let (yv, g) = (try y.doubles(), try p.dy.doubles())
    let dy = channels(shape).enumerated().map { place, c -> Double in
      let row = rows.map { Double($0[c]) }
      let on = row[0] * yv[place] + row[1] > 0
      return (on ? g[place] * row[0] : 0) + row[2] + row[3] * yv[place]
    }
    return (source, dy)
  }

  @Test("a transposed convolution keeps the gradient through the norm too")
  func transposedKeeps() throws {
    for outputs in [2, 20] {
      let shape = try ConvolutionShape(
        batch: 2, channels: (20, outputs), size: (4, 5), kernel: (2, 2),
        convolution { ($0.isTransposed, $0.stride) = (true, (2, 2)) })
      let p = try ConvolutionPasses(shape, nil)
      var norm = try normBackward(p)
      norm.source.keepsResult = true
      let dw = try Tensor(uninitialized: shape.weightShape)
      try p.plan.backwardWeights(.plain(FeatureMap(p.x)), .normBackward(norm.source), into: dw)
      let expected = ConvolutionReference(shape: shape).backwardWeights(try p.x.doubles(), norm.dy)
      #expect(relativeError(try dw.doubles(), expected) < 2e-6)
      #expect(relativeError(try norm.source.gradient.tensor().doubles(), norm.dy) < 1e-6)
    }
  }

  @Test("sinks are what they say", arguments: 0..<6)
  func sinks(number: Int) throws {
    let p = try passes(Self.cases[number])
    let shape = p.plan.shape
    let plain = try p.forward()
    let place = channels(shape.outputShape)
    let bias = try numbers(shape.outputs, seed: 4)
    func forward(_ sink: FeatureSink, scale: [Float]? = nil, onto y: FeatureMap? = nil) throws
      -> ([Double], ChannelSums?)
    {
      let y = try y ?? p.outputMap()
      let sums = try p.plan.forward(
        .plain(FeatureMap(p.x)), weights: p.w, scale: scale, into: y, sink)
      return (try y.tensor().doubles(), sums)
    }
    let biased = zip(plain, place).map { $0 + Double(bias[$1]) }
    #expect(relativeError(try forward(.affine(bias: bias, relu: false)).0, biased) < 1e-6)
    let relu = try forward(.affine(bias: bias, relu: true)).0
    #expect(relativeError(relu, biased.map { max(0, $0) }) < 1e-6)
    let scaled = try forward(.plain, scale: bias).0
    #expect(relativeError(scaled, zip(plain, place).map { $0 * Double(bias[$1]) }) < 2e-5)
    let start = try pseudorandom(shape.outputShape, seed: 6)
    let added = try forward(.adding, onto: FeatureMap(start.copied())).0
    #expect(relativeError(added, zip(plain, try start.doubles()).map { $0 + $1 }) < 1e-6)

    let (values, sums) = try forward(.statistics(bias: bias))
    #expect(relativeError(values, biased) < 1e-6)
    let found = try #require(sums)
    #expect(relativeError(found.first, summed(biased, place, shape.outputs)) < 1e-4)
    #expect(
      relativeError(found.second, summed(biased.map { $0 * $0 }, place, shape.outputs)) < 1e-5)
  }

  @Test("the sink of gradients sums them where ReLU passes", arguments: 0..<6)
  func gradientSums(number: Int) throws {
    let p = try passes(Self.cases[number])
    let shape = p.plan.shape.inputShape
    let plain = try p.backwardData()
    let y = try pseudorandom(shape, seed: 8)
    let (scale, shift) = (try numbers(shape[1], seed: 4), try numbers(shape[1], seed: 5))
    let dx = try p.inputMap()
    let sums = try p.plan.backwardData(
      .plain(FeatureMap(p.dy)), weights: p.w, into: dx,
      .gradientSums(y: FeatureMap(y), scale: scale, shift: shift))
    #expect(try dx.tensor().doubles() == plain)
    let place = channels(shape)
    let yv = try y.doubles()
    let on = zip(zip(plain, yv), place).map { pair, c in
      Double(scale[c]) * pair.1 + Double(shift[c]) > 0 ? pair.0 : 0
    }
    let found = try #require(sums)
    #expect(relativeError(found.first, summed(on, place, shape[1])) < 1e-4)
    let products = zip(on, yv).map { $0 * $1 }
    #expect(relativeError(found.second, summed(products, place, shape[1])) < 1e-4)
  }

  private func summed(_ values: [Double], _ place: [Int], _ count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    for (value, channel) in zip(values, place) { sums[channel] += value }
    return sums
  }

  @Test("a border is folded before the sink sees the gradient")
  func foldedSink() throws {
    let options = convolution { ($0.padding, $0.paddingMode) = ((1, 1, 1, 1), .circular) }
    for channels in [2, 20] {
      let p = try ConvolutionPasses(
        ConvolutionShape(
          batch: 2, channels: (channels, 20), size: (6, 5), kernel: (3, 3), options), nil)
      let plain = try p.backwardData()
      let dx = try p.inputMap()
      let sums = try p.plan.backwardData(
        .plain(FeatureMap(p.dy)), weights: p.w, into: dx, .statistics(bias: nil))
      let place = self.channels(p.plan.shape.inputShape)
      let found = try #require(sums)
      #expect(relativeError(found.first, summed(plain, place, channels)) < 1e-4)
    }
  }
}
