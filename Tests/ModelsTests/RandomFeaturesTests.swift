// The random-features model: its formula, its frozen first layer, its linearity.

import Autodiff
import Catalog
import Glibc
import Layers
import Models
import Tensors
import TestSupport
import Testing

private func network(
  _ dimension: Int = 2, width: Int = 7, activation: String = "relu", features: Int = 6
) throws -> RandomFeatures {
  var options = RandomFeatures.Options()
  options.point.dimension = try Count(dimension)
  options.width = try Count(width)
  options.activation = activation
  options.time = .init(features: try Count(features), scale: 1)
  return try RandomFeatures(options, shape: [dimension], seed: 1)
}

@Suite struct RandomFeaturesTests {
  @Test("s = (1/m) A σ(W x + U e(t)), by a naive loop", arguments: ["relu", "silu", "tanh"])
  func naive(_ activation: String) throws {
    let network = try network(activation: activation)
    var p = try network.parameters.views.map { try $0.converted(to: .float64) }
    p[3] = try RandomStream(seed: 2).normal(p[3].shape, .float64)
    let (x, t) = ([0.4, -1.1], 0.3)
    let score = try network.output(
      Tensor(x, shape: [1, 2]), Tensor([t]), NetworkCall(network.parameters, at: p)
    ).doubles()
    let n = try p.map { try $0.doubles() }
    let e = n[0].map { sin(2 * .pi * $0 * t) } + n[0].map { cos(2 * .pi * $0 * t) } + [1]
    var expected = [0.0, 0.0]
    for unit in 0..<7 {
      var h = 0.0
      for i in 0..<2 { h += n[1][unit * 2 + i] * x[i] }
      for i in 0..<7 { h += n[2][unit * 7 + i] * e[i] }
      let y = activation == "relu" ? max(h, 0) : activation == "tanh" ? tanh(h) : h / (1 + exp(-h))
      for i in 0..<2 { expected[i] += n[3][i * 7 + unit] * y / 7 }
    }
    for (a, b) in zip(score, expected) { #expect(abs(a - b) < 1e-12) }
  }

  @Test("each unit has ‖w‖₁ + ‖u‖₁ = 1; A starts at 0 and alone is trained")
  func start() throws {
    let network = try network(3, width: 50)
    let (w, u) = (
      try network.parameters.views[1].doubles(), try network.parameters.views[2].doubles()
    )
    for unit in 0..<50 {
      let norm =
        w[unit * 3..<unit * 3 + 3].map(abs).reduce(0, +)
        + u[unit * 7..<unit * 7 + 7].map(abs).reduce(0, +)
      #expect(abs(norm - 1) < 1e-6)
    }
    #expect(network.parameters.items.map(\.name) == ["omega", "w", "u", "a"])
    #expect(network.parameters.items.map(\.isTrained) == [false, false, false, true])
    #expect(network.parameters.trained.count == 3 * 50)
    #expect(network.parameters.trained.upperBound == network.parameters.count)
    let x = try RandomStream(seed: 1).normal([4, 3])
    let output = try network.output(x, .full([4], 0.5), NetworkCall(network.parameters))
    #expect(try output.floats().allSatisfy { $0 == 0 })
  }

  @Test("is linear in A, and its gradient is the features")
  func linear() throws {
    let network = try network(1, width: 9)
    let x = try RandomStream(seed: 3).normal([5, 1], .float64)
    let t = try Tensor([0.1, 0.2, 0.5, 0.7, 0.9])
    let frozen = try network.parameters.views.map { try $0.converted(to: .float64) }
    func score(_ a: Tensor) throws -> Tensor {
      try network.output(
        x, t, NetworkCall(network.parameters, at: Array(frozen.dropLast()) + [a]))
    }
    let a = try RandomStream(seed: 4).normal([1, 9], .float64)
    let b = try RandomStream(seed: 5).normal([1, 9], .float64)
    let both = try score(a + b).doubles()
    let apart = try (score(a) + score(b)).doubles()
    for (p, q) in zip(both, apart) { #expect(abs(p - q) < 1e-14) }
    let gradient = try vjp([a]) { try sum(score($0[0])) }.cotangents[0].doubles()
    let call = NetworkCall(network.parameters, at: frozen)
    let features = try sum(network.features(x, t, call), axis: 0).doubles()
    for (p, q) in zip(gradient, features) { #expect(abs(p - q / 9) < 1e-14) }
  }

  @Test("at one time it is the same row by row", arguments: ["relu", "silu", "tanh"], [1, 3])
  func rows(_ activation: String, _ dimension: Int) throws {
    let network = try network(dimension, width: 40, activation: activation)
    let a = try RandomStream(seed: 5).normal([dimension, 40]).floats()
    a.withUnsafeBufferPointer { network.parameters.setTrained($0) }
    for dtype in [DType.float64, .float32] {
      // In no order, and beyond all kinks.
      let x = try RandomStream(seed: 6).normal([300, dimension], .float64) * 20
      let exact = try network.output(
        x, .full([300], 0.3, .float64), NetworkCall(network.parameters)
      ).doubles()
      let rows = try #require(try network.rows(x.converted(to: dtype), at: 0.3))
      #expect(rows.dtype == dtype)
      let tolerance = dtype == .float64 ? 1e-13 : 1e-5
      for (p, q) in zip(try rows.doubles(), exact) { #expect(abs(p - q) < tolerance) }
    }
  }

  @Test("from Lua, trained: only A moves")
  func lua() throws {
    let program = """
      local m = nn.random_features{width = 50, sde = sde.vp(), seed = 1}
      print(m, m.parameter_count)
      local before = m:parameters()
      local w, u, a = before.w:copy(), before.u:copy(), before.a:copy()
      local x = random.stream(1):normal{64, 1}
      train(m, x, {steps = 20, batch = 16, optimizer = optim.sgd{rate = 1}, seed = 1})
      local p = m:parameters()
      print((p.w - w):abs():max():item(), (p.u - u):abs():max():item(), (p.a - a):abs():max():item() > 0)
      """
    let result = try Command(Products.moondrift, ["-"], input: program).run()
    #expect(result.err == "")
    #expect(
      result.out == """
        random_features(1 → 50 frozen → 1, relu, 50 parameters)	50
        0.0	0.0	true

        """)
  }
}
