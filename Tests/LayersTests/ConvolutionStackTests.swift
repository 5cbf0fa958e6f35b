// Stacks of convolutions as one operation against the same layers one by one in float64.

import Autodiff
import Catalog
import Layers
import Runtime
import Tensors
import Testing

private func convolution(
  _ inputs: Count, _ outputs: Count, bias: Bool = false, kernel: Count = 3,
  _ change: (inout Conv2dLayer.Options) -> Void = { _ in }
) throws -> any Layer {
  try Conv2dLayer(
    .init {
      ($0.inputs, $0.outputs, $0.bias, $0.kernel) = (inputs, outputs, bias, kernel)
      change(&$0)
    })
}

private func biasFree(_ channels: Count) throws -> any Layer {
  try BiasFreeNormLayer(.init { $0.channels = channels })
}

private func batch(_ channels: Count) throws -> any Layer {
  try BatchNormLayer(.init { $0.channels = channels })
}

private func sequence(_ layers: [any Layer]) throws -> SequentialLayer {
  try SequentialLayer(.init { $0.layers = LayerList(layers) })
}

/// Rows of layers that fuse in different ways, and the shape of a point.
private func cases() throws -> [(SequentialLayer, Shape)] {
  let rows: [(SequentialLayer, Shape)] = try [
    (
      sequence([
        convolution(1, 20), convolution(20, 20), biasFree(20), ReLULayer(), convolution(20, 1),
      ]), [1, 9, 7]
    ),
    (
      sequence([
        convolution(3, 16), batch(16), ReLULayer(), convolution(16, 18), batch(18), ReLULayer(),
        convolution(18, 2),
      ]), [3, 6, 10]
    ),
    (
      sequence([
        convolution(2, 17, bias: true), ReLULayer(), convolution(17, 5, bias: true), ReLULayer(),
        convolution(5, 3, bias: true),
      ]), [2, 5, 5]
    ),
    // What does not fuse: a bias before a norm, a norm without ReLU, another activation.
    (
      sequence([
        convolution(1, 8, bias: true), biasFree(8), ReLULayer(), convolution(8, 8), biasFree(8),
        convolution(8, 6), SiLULayer(), convolution(6, 1), ReLULayer(),
      ]), [1, 8, 8]
    ),
    (
      sequence([
        convolution(4, 16) { $0.stride = 2 }, biasFree(16), ReLULayer(),
        convolution(16, 16, kernel: 1), ReLULayer(),
        convolution(16, 32) { ($0.groups, $0.padding) = (2, 0) },
      ]), [4, 11, 9]
    ),
  ]
  return rows + (try branchedCases())
}

/// What keeps the layout of the engine beyond convolutions: pools, branches, norms with their activations.
private func branchedCases() throws -> [(SequentialLayer, Shape)] {
  func up(_ inputs: Count, _ outputs: Count) throws -> any Layer {
    try ConvTranspose2dLayer(.init { ($0.inputs, $0.outputs, $0.bias) = (inputs, outputs, false) })
  }
  func skip(_ layers: [any Layer]) throws -> any Layer {
    try SkipLayer(.init { $0.body = LayerList([try sequence(layers)]) })
  }
  func group(_ groups: Count, _ channels: Count) throws -> any Layer {
    try GroupNormLayer(.init { ($0.groups, $0.channels) = (groups, channels) })
  }
  return try [
    (
      sequence([
        convolution(1, 20), biasFree(20), ReLULayer(),
        skip([
          AveragePoolLayer(.init()), convolution(20, 24), biasFree(24), ReLULayer(), up(24, 20),
        ]),
        convolution(40, 18), batch(18), ReLULayer(),
      ]), [1, 8, 6]
    ),
    (
      sequence([
        convolution(3, 20, bias: true), group(4, 20), SiLULayer(),
        ResidualLayer(
          .init {
            $0.body = LayerList([
              try sequence([group(2, 20), SiLULayer(), convolution(20, 20, bias: true)])
            ])
          }),
        MaxPoolLayer(.init()), group(5, 20), convolution(20, 3, bias: true), SiLULayer(),
        group(1, 3),
      ]), [3, 6, 8]
    ),
    (
      sequence([
        ResidualLayer(
          .init {
            $0.body = LayerList([try convolution(2, 17, bias: true)])
            $0.shortcut = LayerList([
              try sequence([convolution(2, 17, kernel: 1), batch(17), SiLULayer()])
            ])
          }), TanhLayer(), convolution(17, 2), batch(2), ReLULayer(),
      ]), [2, 5, 7]
    ),
  ]
}

private struct Trial {
  let layer: SequentialLayer
  let set: ParameterSet
  let x: Tensor

  init(_ layer: SequentialLayer, _ shape: Shape, seed: Int) throws {
    self.layer = layer
    let stream = RandomStream(seed: seed)
    set = try ParameterSet(sorting: layer.allStarts(stream, path: ""))
    for (item, view) in zip(set.items, set.views) where item.shape.rank == 1 {
      let noise = try stream.normal(item.shape)
      try view.assign(item.isBuffer ? square(noise) + 0.5 : noise * 0.3 + 0.8)
    }
    x = try stream.normal(Shape([3] + Array(shape)))
  }

  /// Output, cotangents of x and of the trained parameters, and the buffers of a step.
  func run(_ dtype: DType, isTraining: Bool) throws -> (
    y: Tensor, flows: [Tensor], buffers: [Tensor]
  ) {
    let writes = isTraining ? BufferWrites() : nil
    let values = try set.views.map { try $0.converted(to: dtype) }
    let trained = set.items.indices.filter { set.items[$0].isTrained }
    func output(_ x: Tensor, _ values: [Tensor]) throws -> Tensor {
      try layer.checkedOutput(
        [x], LayerCall(NetworkCall(set, at: values, writes: writes), path: "", name: "sequential"))
    }
    let x = try x.converted(to: dtype)
    let y = try output(x, values)
    let r = try RandomStream(seed: 8).normal(y.shape).converted(to: dtype)
    let flows = try vjp([x] + trained.map { values[$0] }) { variables in
      var all = values
      for (place, variable) in zip(trained, variables.dropFirst()) { all[place] = variable }
      return try sum(output(variables[0], all) * r)
    }.cotangents
    return (y, flows, try writes?.values(of: set) ?? [])
  }
}

private func relative(_ a: Tensor, _ b: Tensor) throws -> Double {
  let (a, b) = (try a.doubles(), try b.doubles())
  let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return (square / max(b.reduce(0) { $0 + $1 * $1 }, 1e-30)).squareRoot()
}

@Suite struct ConvolutionStackTests {
  @Test(
    "fused in float32 and one by one in float64: one value, one gradient", arguments: [false, true])
  func fusedIsPlain(isTraining: Bool) throws {
    for (number, (layer, shape)) in try cases().enumerated() {
      let trial = try Trial(layer, shape, seed: 20 + number)
      let (fused, plain) = (
        try trial.run(.float32, isTraining: isTraining),
        try trial.run(.float64, isTraining: isTraining)
      )
      #expect(try relative(fused.y, plain.y) < 2e-5, "output of case \(number)")
      for (place, (a, b)) in zip(fused.flows, plain.flows).enumerated() {
        // A mask that flips at rounding moves single elements.
        #expect(try relative(a, b) < 2e-3, "flow \(place) of case \(number)")
      }
      for (a, b) in zip(fused.buffers, plain.buffers) { #expect(try relative(a, b) < 1e-5) }
    }
  }

  @Test("evaluation without a tape gives what it gives with one")
  func inference() throws {
    for (number, (layer, shape)) in try cases().enumerated() {
      let trial = try Trial(layer, shape, seed: 40 + number)
      let call = LayerCall(NetworkCall(trial.set), path: "", name: "sequential")
      let free = try layer.checkedOutput([trial.x], call)
      var watched: Tensor?
      _ = try vjp([trial.x]) {
        let y = try layer.checkedOutput($0, call)
        watched = y.value
        return try sum(y)
      }
      #expect(try relative(free, watched ?? free) < 1e-5)
    }
  }

  @Test("second derivatives of a stack are those of the layers", arguments: [0, 5, 6])
  func secondDerivatives(number: Int) throws {
    let (layer, shape) = try cases()[number]
    let trial = try Trial(layer, shape, seed: 60)
    func product(_ dtype: DType) throws -> Tensor {
      let values = try trial.set.views.map { try $0.converted(to: dtype) }
      let v = try RandomStream(seed: 61).normal(trial.x.shape).converted(to: dtype)
      return try hessianProduct([trial.x.converted(to: dtype)], along: [v]) {
        try sum(
          square(
            layer.checkedOutput(
              $0, LayerCall(NetworkCall(trial.set, at: values), path: "", name: "sequential"))))
      }[0]
    }
    #expect(try relative(product(.float32), product(.float64)) < 1e-3)
  }

  @Test("the same bits at any number of threads")
  func threads() throws {
    let usual = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = usual }
    var known: [[Float]] = []
    for count in [1, 2, 3, 7] {
      WorkerPool.shared.threadCount = count
      let bits = try cases().enumerated().flatMap { number, item in
        let trial = try Trial(item.0, item.1, seed: 70 + number)
        let run = try trial.run(.float32, isTraining: true)
        return try ([run.y] + run.flows + run.buffers).map { try $0.floats() }
      }
      if known.isEmpty { known = bits }
      #expect(bits == known, "\(count) threads")
    }
  }
}
