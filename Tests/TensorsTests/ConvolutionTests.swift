import Runtime
import Tensors
import Testing

@Suite("Convolution") struct ConvolutionTests {
  /// Kernels with everything that the options can say.
  private static let kernels: [((Int, Int), ConvolutionOptions)] = [
    ((1, 1), convolution { _ in }),
    ((3, 3), convolution { _ in }),
    ((3, 3), ConvolutionOptions(padding: 1)),
    ((3, 3), convolution { $0.padding = (2, 0, 1, 3) }),
    ((3, 3), convolution { $0.padding = (3, 4, 3, 3) }),
    ((3, 3), convolution { ($0.padding, $0.stride) = ((1, 1, 1, 1), (2, 2)) }),
    ((3, 3), convolution { ($0.padding, $0.paddingMode) = ((1, 1, 1, 1), .circular) }),
    ((3, 3), convolution { ($0.padding, $0.paddingMode) = ((2, 1, 1, 2), .reflect) }),
    (
      (5, 3), convolution { ($0.padding, $0.dilation, $0.stride) = ((4, 3, 2, 2), (2, 1), (1, 3)) }
    ),
    ((2, 2), convolution { $0.stride = (3, 3) }),
    ((3, 3), convolution { $0.isTransposed = true }),
    ((2, 2), convolution { ($0.isTransposed, $0.stride) = (true, (2, 2)) }),
    ((2, 2), convolution { ($0.isTransposed, $0.stride) = (true, (3, 4)) }),
    (
      (3, 3),
      convolution {
        ($0.isTransposed, $0.stride, $0.outputPadding) = (true, (2, 2), (1, 0))
        $0.padding = (1, 1, 1, 1)
      }
    ),
  ]

  private static let sizes = [(1, 1), (2, 3), (5, 7), (10, 9)]

  @Test(
    "all passes are those of the definition at odd sizes, channels and options",
    arguments: [(1, 1), (1, 16), (3, 5), (16, 1), (17, 40), (20, 2), (32, 48)])
  func definition(channels: (Int, Int)) throws {
    var checked = 0
    for (kernel, options) in Self.kernels {
      for size in Self.sizes {
        // What does not fit is an error, which other tests see.
        let shape = try? ConvolutionShape(
          batch: 3, channels: (channels.0, channels.1), size: size, kernel: kernel, options)
        guard let shape else { continue }
        for way in [ConvolutionWay.direct, .winograd] {
          guard way == .direct || (try? ConvolutionPlan(shape, way: way)) != nil else { continue }
          let errors = try ConvolutionPasses(shape, way).errors()
          #expect(errors.allSatisfy { $0 < 2e-5 }, "\(way) \(shape): \(errors)")
          checked += 1
        }
      }
    }
    #expect(checked >= 40)
  }

  @Test("groups", arguments: [(4, 4, 2), (6, 9, 3), (16, 16, 16), (20, 40, 20), (48, 96, 3)])
  func groups(inputs: Int, outputs: Int, groups: Int) throws {
    for isTransposed in [false, true] {
      let options = convolution {
        ($0.groups, $0.isTransposed, $0.padding) = (groups, isTransposed, (1, 1, 1, 1))
      }
      let shape = try ConvolutionShape(
        batch: 2, channels: (inputs, outputs), size: (6, 7), kernel: (3, 3), options)
      let errors = try ConvolutionPasses(shape, nil).errors()
      #expect(errors.allSatisfy { $0 < 2e-6 }, "\(errors)")
    }
  }

  @Test(
    "many channels, whose filters do not fit the cache", arguments: [(272, 272, 9), (512, 304, 5)])
  func manyChannels(inputs: Int, outputs: Int, size: Int) throws {
    let shape = try ConvolutionShape(
      batch: 1, channels: (inputs, outputs), size: (size, size), kernel: (3, 3),
      ConvolutionOptions(padding: 1))
    let passes = try ConvolutionPasses(shape, .winograd)
    #expect(passes.plan.description.contains("by outputs"))
    let errors = try passes.errors()
    #expect(errors.allSatisfy { $0 < 2e-5 }, "\(errors)")
  }

  @Test("Winograd's rounding is below 5e-6, in the weights' gradient below 2e-5; direct below 2e-6")
  func rounding() throws {
    let shape = try ConvolutionShape(
      batch: 2, channels: (64, 64), size: (24, 24), kernel: (3, 3), ConvolutionOptions(padding: 1))
    let winograd = try ConvolutionPasses(shape, .winograd).errors()
    #expect(winograd[0] < 5e-6 && winograd[1] < 5e-6 && winograd[2] < 2e-5, "\(winograd)")
    // It is Winograd's: taps round less.
    let direct = try ConvolutionPasses(shape, .direct).errors()
    #expect(direct.allSatisfy { $0 < 2e-6 }, "\(direct)")
    #expect(winograd[0] > direct[0])
  }

  @Test("the same bits at 1, 2, 3 and 7 threads")
  func threads() throws {
    let usual = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = usual }
    let shapes: [(Int, Int, ConvolutionWay?)] = [
      (64, 64, .winograd), (48, 64, .direct), (1, 64, nil), (64, 1, nil), (272, 272, .winograd),
    ]
    for (inputs, outputs, way) in shapes {
      let shape = try ConvolutionShape(
        batch: 3, channels: (inputs, outputs), size: (13, 22), kernel: (3, 3),
        ConvolutionOptions(padding: 1))
      let passes = try ConvolutionPasses(shape, way)
      var first: [[Double]]?
      for threads in [1, 2, 3, 7] {
        WorkerPool.shared.threadCount = threads
        let y = try passes.outputMap()
        let sums = try #require(
          try passes.plan.forward(
            .plain(FeatureMap(passes.x)), weights: passes.w, into: y, .statistics(bias: nil)))
        let values = [
          try y.tensor().doubles(), sums.first, sums.second, try passes.backwardData(),
          try passes.backwardWeights(),
        ]
        #expect(first == nil || first == values, "\(inputs)→\(outputs) at \(threads) threads")
        first = first ?? values
      }
    }
  }

  @Test("an empty batch gives an empty result and a gradient of zeros", arguments: [1, 3, 5])
  func emptyBatch(kernel: Int) throws {
    let shape = try ConvolutionShape(
      batch: 0, channels: (20, 17), size: (9, 6), kernel: (kernel, kernel),
      ConvolutionOptions(padding: 2))
    let passes = try ConvolutionPasses(shape, nil)
    let y = try passes.outputMap()
    let sums = try passes.plan.forward(
      .plain(FeatureMap(passes.x)), weights: passes.w, into: y, .statistics(bias: nil))
    #expect(sums?.first == Array(repeating: 0, count: 17))
    #expect(try y.tensor().shape == shape.outputShape)
    #expect(try passes.backwardData().isEmpty)
    #expect(try passes.backwardWeights().allSatisfy { $0 == 0 })
  }

  @Test("lanes without a channel stay 0", arguments: [ConvolutionWay.winograd, .direct])
  func emptyLanes(way: ConvolutionWay) throws {
    let shape = try ConvolutionShape(
      batch: 2, channels: (21, 18), size: (9, 7), kernel: (3, 3), ConvolutionOptions(padding: 1))
    let passes = try ConvolutionPasses(shape, way)
    let (y, dx) = try (passes.outputMap(), passes.inputMap())
    try passes.plan.forward(.plain(FeatureMap(passes.x)), weights: passes.w, into: y)
    try passes.plan.backwardData(.plain(FeatureMap(passes.dy)), weights: passes.w, into: dx)
    for map in [y, dx] {
      let lanes = try map.elements.doubles()
      let pixels = map.height * map.width
      let empty = lanes.indices.filter {
        $0 / (16 * pixels) % 2 == 1 && $0 % 16 >= map.channels - 16
      }
      #expect(empty.count == 2 * pixels * (32 - map.channels))
      #expect(empty.allSatisfy { lanes[$0] == 0 })
    }
  }

  @Test("the rule takes Winograd for 3 × 3 kernels of stride 1 on more than a few pixels")
  func rule() throws {
    func way(_ channels: (Int, Int), _ size: Int, _ kernel: Int, _ options: ConvolutionOptions)
      throws -> ConvolutionWay
    {
      try ConvolutionPlan(
        ConvolutionShape(
          batch: 1, channels: channels, size: (size, size), kernel: (kernel, kernel), options)
      ).way
    }
    let padded = ConvolutionOptions(padding: 1)
    #expect(try way((64, 64), 80, 3, padded) == .winograd)
    #expect(try way((512, 512), 10, 3, padded) == .winograd)
    #expect(try way((64, 64), 2, 3, padded) == .direct)
    #expect(try way((1, 64), 80, 3, padded) == .direct)
    #expect(try way((64, 64), 80, 5, padded) == .direct)
    #expect(try way((64, 64), 80, 3, convolution { $0.stride = (2, 2) }) == .direct)
    #expect(throws: (any Error).self) {
      try ConvolutionPlan(
        ConvolutionShape(batch: 1, channels: (64, 64), size: (80, 80), kernel: (5, 5)),
        way: .winograd)
    }
  }
}
