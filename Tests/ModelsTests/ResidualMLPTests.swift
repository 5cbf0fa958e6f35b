// The residual network: its formula by a naive loop, its parametrisations, its gradients.

import Catalog
import Autodiff
import Glibc
import Models
import Processes
import TestSupport
import Tensors
import Testing

private let edm = EDM()

private func network(
  _ dimension: Int, width: Int, blocks: Int, embedding: Int = 4, data: Tensor? = nil
) throws -> ScoreModel {
  var options = ResidualMLP.Options()
  options.point.dimension = try Count(dimension)
  options.width = try Count(width)
  options.blocks = try Count(blocks)
  options.embedding = try Count(embedding)
  options.prediction.sigmaData = data.map { .second($0) } ?? .first(0.5)
  options.prediction.predicts = data == nil ? "edm" : "gaussian"
  return try ResidualMLP.model(options, sde: SDE(edm), seed: 1)
}

/// Four points in the plane; their mean is (0.5, 4).
private func fourPoints() throws -> Tensor {
  try Tensor([0, 3, 1, 3, 4, 3, -3, 7], shape: [4, 2])
}

/// Six points of a plane in space: no variance along (1, 1, 1).
private func planePoints() throws -> Tensor {
  let plane = try RandomStream(seed: 8).normal([6, 2], .float64)
  return try matmul(plane, Tensor([1, -1, 0, 1, 1, -2], shape: [2, 3]))
}

/// Parameters away from their start, in float64.
private func randomParameters(_ model: ScoreModel) throws -> [Tensor] {
  let stream = RandomStream(seed: 2)
  return try #require(model.network).parameters.views.map {
    try stream.normal($0.shape, .float64) * 0.4
  }
}

extension ScoreModel {
  /// The score with other parameters.
  fileprivate func score(_ x: Tensor, _ t: Tensor, parameters: [Tensor]) throws -> Tensor {
    try #require(networkScore).bound(to: parameters).score(x, t, process: process)
  }

  /// What the gaussian parametrisation keeps of the data: μ, U, λ.
  fileprivate var fitted: [Tensor] {
    networkScore?.parametrization.tensors.map(\.tensor) ?? []
  }
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

  /// F(u; σ).
  func residual(_ u: [Double], _ sigma: Double, blocks: Int, embedding: Int) -> [Double] {
    let pairs = embedding / 2
    let level = log(sigma) / 4
    let omega = (0..<pairs).map { pow(64, Double($0) / Double(pairs - 1)) }
    let gamma = omega.map { sin($0 * level) } + omega.map { cos($0 * level) }
    var h = zip(product(u, p[0], columns: width), p[1]).map(+)
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
    return zip(product(norm(h, last[0], last[1]), last[2], columns: d), last[3]).map(+)
  }

  /// EDM's form.
  func score(_ x: [Double], _ sigma: Double, blocks: Int, embedding: Int) -> [Double] {
    let total = sigma * sigma + sigmaData * sigmaData
    let u = x.map { $0 / total.squareRoot() }
    let f = residual(u, sigma, blocks: blocks, embedding: embedding)
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
        Tensor(x, shape: [1, 2]), Tensor([sigma]), parameters: p
      ).doubles()
      let expected = plain.score(x, sigma, blocks: 2, embedding: 4)
      for (a, b) in zip(score, expected) {
        #expect(abs(a - b) < 1e-9 * max(1, abs(b)), "σ \(sigma)")
      }
    }
  }

  @Test("with the gaussian parametrisation D is Wiener's filter and F, by a naive loop")
  func naiveGaussian() throws {
    // Independent axes, so that the principal axes are the coordinates, up to sign and order.
    let data = try Tensor([3, 0, -3, 0, 0, 1, 0, -1], shape: [4, 2])
    let network = try network(2, width: 5, blocks: 1, data: data)
    let stream = RandomStream(seed: 2)
    let p = try #require(network.network).parameters.views.map { view in
      try stream.normal(view.shape, .float64) * 0.4
    }
    let fitted = network.fitted
    let (axes, lambda) = (try fitted[1].doubles(), try fitted[2].doubles())
    #expect(zip(lambda, [0.5, 4.5]).allSatisfy { abs($0 - $1) < 1e-6 })
    let plain = NaiveNetwork(
      d: 2, width: 5, p: try p.map { try $0.doubles() }, sigmaData: 0)
    for sigma in [0.05, 1, 30] {
      let x = [0.7, -1.3]
      let y = (0..<2).map { i in x[0] * axes[i] + x[1] * axes[2 + i] }
      let shrink = lambda.map { $0 / ($0 + sigma * sigma) }
      let size = (sigma * sigma + (lambda[0] + lambda[1]) / 2).squareRoot()
      let f = plain.residual(
        y.map { $0 / size }, sigma, blocks: 1, embedding: 4)
      let inside = (0..<2).map { shrink[$0] * y[$0] + sigma * shrink[$0].squareRoot() * f[$0] }
      let score = try network.score(
        Tensor(x, shape: [1, 2]), Tensor([sigma]), parameters: p
      ).doubles()
      for i in 0..<2 {
        let denoised = axes[2 * i] * inside[0] + axes[2 * i + 1] * inside[1]
        let expected = (denoised - x[i]) / (sigma * sigma)
        #expect(abs(score[i] - expected) < 1e-5 * max(1, abs(expected)), "σ \(sigma)")
      }
    }
  }

  @Test("with the data's Gaussian it starts as −(Σ + σ² I)⁻¹ (x − μ), also where Σ is singular")
  func gaussianStart() throws {
    for data in [try fourPoints(), try planePoints()] {
      let d = data.shape[1]
      let model = try network(d, width: 8, blocks: 1, data: data)
      let center = try mean(data.converted(to: .float64), axis: 0)
      let away = try data.converted(to: .float64) - center
      let covariance = try matmul(transpose(away), away) / Double(data.shape[0])
      let x = try RandomStream(seed: 3).normal([5, d], .float64) * 3
      for sigma in [0.01, 0.5, 80] {
        let diagonal = (0..<d * d).map { $0 % (d + 1) == 0 ? sigma * sigma : 0 }
        let noisy = try covariance + Tensor(diagonal, shape: [d, d])
        let exact = try Linalg.solve(noisy, transpose(center - x))
        let score = try transpose(model.score(x, at: sigma))
        let scale = try exact.doubles().map(abs).max() ?? 0
        for (s, e) in zip(try score.doubles(), try exact.doubles()) {
          #expect(abs(s - e) < 1e-5 * scale, "σ \(sigma), d \(d)")
        }
      }
    }
  }

  @Test("starts as the score of N(0, (σ² + σ_data²) I), at every level and in both precisions")
  func start() throws {
    let model = try network(3, width: 16, blocks: 2)
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
      try network.score($0[0], t, parameters: Array($0.dropFirst()))
    }
    #expect(error < 1e-6)
  }

  @Test("so do they with the gaussian parametrisation, where Σ is singular")
  func gaussianGradients() throws {
    let network = try network(3, width: 3, blocks: 1, data: planePoints())
    let p = try randomParameters(network)
    let x = try RandomStream(seed: 5).normal([3, 3], .float64)
    let t = try Tensor([0.1, 1, 10])
    let error = try gradientError([x] + p) {
      try network.score($0[0], t, parameters: Array($0.dropFirst()))
    }
    #expect(error < 1e-6)
  }

  @Test("the float32 gradient along a direction is the slope of the loss")
  func slope() throws {
    let network = try network(6, width: 32, blocks: 3, embedding: 8)
    let stream = RandomStream(seed: 6)
    let p = try #require(network.network).parameters.views.map { try stream.normal($0.shape) * 0.3 }
    let direction = try p.map { try stream.normal($0.shape) }
    let x = try stream.normal([16, 6])
    let t = try exp(stream.normal([16]))
    func loss(_ p: [Tensor]) throws -> Tensor {
      try mean(square(network.score(x.converted(to: p[0].dtype), t, parameters: p)))
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
    let score = try #require(
      network(784, width: 8, blocks: 3, embedding: 6).networkScore)
    let network = score.network
    let block = 2 * 8 + 8 * 8 + 8 + 6 * 8 + 8 * 8 + 8
    #expect(network.parameters.trained.count == 784 * 8 + 8 + 3 * block + 16 + 8 * 784 + 784)
    let copy = try #require(try network.copied() as? ResidualMLP)
    try copy.parameters.flat.assign(.scalar(1))
    #expect(try network.parameters.flat.floats() != copy.parameters.flat.floats())
    #expect(copy.summary == network.summary)
    #expect(score.summary == "784 → 3 blocks of 8 → 784, σ_data 0.5")
  }

  @Test("from Lua: sigma_data from the data, and what is refused")
  func lua() throws {
    let program = """
      local x = tensor{{0, 2}, {4, 6}}
      print(nn.residual_mlp{dimension = 2, width = 8, sde = sde.edm(), sigma_data = x, seed = 1})
      print(nn.residual_mlp{dimension = 2, width = 8, sde = sde.ve_power(), sigma_data = 1})
      print(nn.residual_mlp{dimension = 2, width = 8, sde = sde.edm(), seed = 1,
        sigma_data = tensor{{0, 2}, {4, 6}, {1, 3}}, predicts = "gaussian"})
      local gaussian = "gaussian"
      for _, change in ipairs{{predicts = gaussian}, {predicts = "Gaussian"},
          {predicts = gaussian, sigma_data = tensor.ones{3, 4}},
          {predicts = gaussian, sigma_data = tensor.ones{3, 2}},
          {predicts = gaussian, sigma_data = tensor.zeros{0, 2}},
          {predicts = gaussian, sigma_data = tensor{{1, 0/0}, {2, 3}}},
          {sigma_data = -1}, {sigma_data = tensor.ones{3, 2}},
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
        residual_mlp(1 → 3 blocks of 8 → 1, 1 of 2 principal axes, 2057 parameters)
        nn.residual_mlp: sigma_data must be the data for the gaussian parametrisation, got 1
        nn.residual_mlp: predicts must be 'score' or 'noise' or 'clean' or 'velocity' or 'v' or 'edm' or \
        'gaussian' or 'residual' or 'transport', got 'Gaussian' (did you mean 'gaussian'?)
        nn.residual_mlp: sigma_data must have shape [n 2], got tensor 3×4 float32 [mean 1, std 0]
        nn.residual_mlp: sigma_data must hold points that differ
        nn.residual_mlp: sigma_data must have shape [n 2], got tensor 0×2 float32
        nn.residual_mlp: sigma_data must be finite
        nn.residual_mlp: sigma_data must be a positive number, got -1
        nn.residual_mlp: sigma_data must be a positive number, got 0
        nn.residual_mlp: sigma_data must not be empty data
        nn.residual_mlp: embedding must be a positive even integer, got 3
        nn.residual_mlp: width must be a positive integer, got 0
        nn.residual_mlp: sigma_data must be a number or a tensor, got 'x'

        """)
  }
}
