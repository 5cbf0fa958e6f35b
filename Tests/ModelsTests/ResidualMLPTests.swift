// The residual network: its formula by a naive loop, its preconditioning, its gradients.

import Autodiff
import Glibc
import Models
import Processes
import TestSupport
import Tensors
import Testing

private let edm = EDM(sigmaMin: 0.002, sigmaMax: 80, rho: 7)

private func network(
  _ dimension: Int, width: Int, blocks: Int, embedding: Int = 4, sigmaData: Double = 0.5
) throws -> ResidualMLP {
  try ResidualMLP(
    dimension: dimension, width: width, blocks: blocks, embedding: embedding, sigmaData: sigmaData,
    stream: RandomStream(seed: 1, purpose: .initialization))
}

/// Parameters away from their start, in float64.
private func randomParameters(_ network: ResidualMLP) throws -> [Tensor] {
  let stream = RandomStream(seed: 2)
  return try network.parameters.views.map { try stream.normal($0.shape, .float64) * 0.4 }
}

/// The network of the file's head, one number at a time.
private struct NaiveNetwork {
  let d: Int
  let width: Int
  let p: [[Double]]
  let sigmaData: Double

  func product(_ x: [Double], _ matrix: [Double], columns: Int) -> [Double] {
    (0..<columns).map { j in x.indices.map { x[$0] * matrix[$0 * columns + j] }.reduce(0, +) }
  }

  func norm(_ x: [Double], _ gain: [Double], _ shift: [Double]) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count)
    return x.indices.map { (x[$0] - mean) / (variance + 1e-5).squareRoot() * gain[$0] + shift[$0] }
  }

  func score(_ x: [Double], _ sigma: Double, blocks: Int, embedding: Int) -> [Double] {
    let total = sigma * sigma + sigmaData * sigmaData
    let pairs = embedding / 2
    let level = log(sigma) / 4
    let omega = (0..<pairs).map { pow(64, Double($0) / Double(pairs - 1)) }
    let gamma = omega.map { sin($0 * level) } + omega.map { cos($0 * level) }
    var h = zip(product(x.map { $0 / total.squareRoot() }, p[0], columns: width), p[1]).map(+)
    for block in 0..<blocks {
      let q = Array(p[(2 + 7 * block)...])
      let u = product(norm(h, q[0], q[1]), q[2], columns: width)
      let e = product(gamma, q[4], columns: width)
      let v: [Double] = (0..<width).map { i in
        let z: Double = u[i] + q[3][i] + e[i]
        return z / (1 + exp(-z))
      }
      let w = product(v, q[5], columns: width)
      for i in 0..<width { h[i] += w[i] + q[6][i] }
    }
    let last = Array(p.suffix(4))
    let f = zip(product(norm(h, last[0], last[1]), last[2], columns: d), last[3]).map(+)
    let skip = sigmaData * sigmaData / total
    let out = sigma * sigmaData / total.squareRoot()
    let denoised: [Double] = (0..<d).map { skip * x[$0] + out * f[$0] }
    return (0..<d).map { (denoised[$0] - x[$0]) / (sigma * sigma) }
  }
}

@Suite struct ResidualMLPTests {
  @Test("the score is (D − x)/σ² with D = c_skip x + c_out F, by a naive loop")
  func naive() throws {
    let network = try network(2, width: 5, blocks: 2)
    let p = try randomParameters(network)
    let plain = NaiveNetwork(
      d: 2, width: 5, p: try p.map { try $0.doubles() }, sigmaData: 0.5)
    for sigma in [0.01, 0.3, 2, 70] {
      let x = [0.7, -1.3].map { $0 * (1 + sigma) }
      let score = try network.score(
        Tensor(x, shape: [1, 2]), Tensor([sigma]), process: edm, parameters: p
      ).doubles()
      let expected = plain.score(x, sigma, blocks: 2, embedding: 4)
      for (a, b) in zip(score, expected) {
        #expect(abs(a - b) < 1e-9 * max(1, abs(b)), "σ \(sigma)")
      }
    }
  }

  @Test("starts as the score of N(0, (σ² + σ_data²) I), at every level and in both precisions")
  func start() throws {
    let model = ScoreModel(try network(3, width: 16, blocks: 2), SDE(edm))
    let x = try RandomStream(seed: 3).normal([4, 3])
    for sigma in [0.002, 0.5, 80] {
      let score = try model.score(x, at: sigma).doubles()
      for (s, value) in zip(score, try x.doubles()) {
        let exact = -value / (sigma * sigma + 0.25)
        #expect(abs(s - exact) <= 1e-6 * abs(exact))
      }
    }
  }

  @Test("gradients in x and in every parameter agree with finite differences")
  func gradients() throws {
    let network = try network(2, width: 3, blocks: 1)
    let p = try randomParameters(network)
    let x = try RandomStream(seed: 5).normal([3, 2], .float64)
    let t = try Tensor([0.1, 1, 10])
    let error = try gradientError([x] + p) {
      try network.score($0[0], t, process: edm, parameters: Array($0.dropFirst()))
    }
    #expect(error < 1e-6)
  }

  @Test("the float32 gradient along a direction is the slope of the loss")
  func slope() throws {
    let network = try network(6, width: 32, blocks: 3, embedding: 8)
    let stream = RandomStream(seed: 6)
    let p = try network.parameters.views.map { try stream.normal($0.shape) * 0.3 }
    let direction = try p.map { try stream.normal($0.shape) }
    let x = try stream.normal([16, 6])
    let t = try exp(stream.normal([16]))
    func loss(_ p: [Tensor]) throws -> Tensor {
      try mean(square(network.score(x.converted(to: p[0].dtype), t, process: edm, parameters: p)))
    }
    let flows = try vjp(p) { try loss($0) }.cotangents
    let along = try zip(flows, direction).map { try sum($0 * $1).item() }.reduce(0, +)
    let h = 1e-5
    let shifted = try [h, -h].map { h in
      try loss(
        zip(p, direction).map {
          try $0.converted(to: .float64) + $1.converted(to: .float64) * h
        }
      ).item()
    }
    let slope = (shifted[0] - shifted[1]) / (2 * h)
    #expect(abs(along - slope) < 1e-3 * abs(slope))
  }

  @Test("the number of parameters; a copy has its own")
  func parameters() throws {
    let network = try network(784, width: 8, blocks: 3, embedding: 6)
    let block = 2 * 8 + 8 * 8 + 8 + 6 * 8 + 8 * 8 + 8
    #expect(network.parameters.trained.count == 784 * 8 + 8 + 3 * block + 16 + 8 * 784 + 784)
    let copy = try #require(try network.copied() as? ResidualMLP)
    try copy.parameters.flat.assign(.scalar(1))
    #expect(try network.parameters.flat.floats() != copy.parameters.flat.floats())
    #expect(copy.summary == network.summary)
    #expect(network.summary == "784 → 3 blocks of 8 → 784, σ_data 0.5")
  }

  @Test("from Lua: sigma_data from the data, and what is refused")
  func lua() throws {
    let program = """
      local x = tensor{{0, 2}, {4, 6}}
      print(nn.residual_mlp{dimension = 2, width = 8, sde = sde.edm(), sigma_data = x, seed = 1})
      print(nn.residual_mlp{dimension = 2, width = 8, sde = sde.ve_power(), sigma_data = 1})
      for _, change in ipairs{{sde = sde.vp()}, {sigma_data = -1}, {sigma_data = tensor.ones{3, 2}},
          {sigma_data = tensor.zeros{0, 2}}, {embedding = 3}, {width = 0}, {sigma_data = "x"}} do
        local options = {dimension = 2, width = 8, sde = sde.edm(), sigma_data = 1}
        for name, value in pairs(change) do options[name] = value end
        print((select(2, pcall(nn.residual_mlp, options))))
      end
      """
    let result = try Command(Products.moondrift, ["-"], input: program).run()
    #expect(result.err == "")
    #expect(
      result.out == """
        residual_mlp(2 → 3 blocks of 8 → 2, σ_data 2.236, 2074 parameters)
        residual_mlp(2 → 3 blocks of 8 → 2, σ_data 1, 2074 parameters)
        nn.residual_mlp: sde must keep the mean of the data, as sde.edm and sde.ve_power do, \
        got sde.vp{beta_min = 0.1, beta_max = 20}
        nn.residual_mlp: sigma_data must be a positive number, got -1
        nn.residual_mlp: sigma_data must be a positive number, got 0
        nn.residual_mlp: sigma_data must not be empty data
        nn.residual_mlp: embedding must be a positive even integer, got 3
        nn.residual_mlp: width must be a positive integer, got 0
        nn.residual_mlp: sigma_data must be a number or a tensor, got 'x'

        """)
  }
}
