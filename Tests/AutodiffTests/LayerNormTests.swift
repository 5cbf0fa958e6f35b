// Layer normalisation: its value, its derivatives in both forms, and its derivatives' derivatives.

import Autodiff
import Runtime
import Tensors
import TestSupport
import Testing

private func points(_ shape: Shape, seed: Int) throws -> Tensor {
  try RandomStream(seed: seed).normal(shape, .float64)
}

/// The definition, in elementary operations.
private func composed(_ x: Tensor, _ gain: Tensor, _ bias: Tensor) throws -> Tensor {
  let centered = try x - mean(x, axis: 1, keepingAxis: true)
  let variance = try mean(square(centered), axis: 1, keepingAxis: true)
  return try centered / sqrt(variance + 1e-5) * gain + bias
}

private func largestDifference(_ a: Tensor, _ b: Tensor) throws -> Double {
  try zip(a.doubles(), b.doubles()).map { abs($0 - $1) }.max() ?? 0
}

@Suite struct LayerNormTests {
  @Test("a row of three by hand")
  func byHand() throws {
    let x = try Tensor([1.0, 2, 3], shape: [1, 3])
    let y = try layerNorm(x, gain: Tensor([1.0, 2, 1]), bias: Tensor([0.0, 0, 5])).doubles()
    let unit = 1 / (2.0 / 3 + 1e-5).squareRoot()
    for (a, b) in zip(y, [-unit, 0, 5 + unit]) { #expect(abs(a - b) < 1e-12) }
  }

  @Test("float64 points before a float32 gain: the value and gradients of float64 throughout")
  func mixedPrecisions() throws {
    let x = try points([4, 5], seed: 1)
    let narrow = try (2...3).map { try points([5], seed: $0).converted(to: .float32) }
    let wide = try narrow.map { try $0.converted(to: .float64) }
    func loss(_ p: [Tensor]) throws -> Tensor {
      try sum(square(layerNorm(p[0], gain: p[1], bias: p[2])))
    }
    let (mixed, flows) = try vjp([x] + narrow, of: loss)
    let (exact, wideFlows) = try vjp([x] + wide, of: loss)
    #expect(try mixed.item() == exact.item())
    #expect(flows.map(\.dtype) == [.float64, .float32, .float32])
    for (a, b) in zip(flows, wideFlows) { #expect(try largestDifference(a, b) < 1e-5) }
  }

  @Test("value and gradients are those of the definition, in both precisions")
  func definition() throws {
    let inputs = try [
      points([40, 1100], seed: 1), points([1100], seed: 2), points([1100], seed: 3),
    ]
    let v = try points([40, 1100], seed: 4)
    for (dtype, tolerance) in [(DType.float64, 1e-10), (.float32, 3e-5)] {
      let own = try inputs.map { try $0.converted(to: dtype) }
      let weights = try v.converted(to: dtype)
      let fused = try vjp(own, cotangent: weights) {
        try layerNorm($0[0], gain: $0[1], bias: $0[2])
      }
      let plain = try vjp(own, cotangent: weights) { try composed($0[0], $0[1], $0[2]) }
      #expect(fused.value.dtype == dtype)
      #expect(try largestDifference(fused.value, plain.value) < tolerance)
      for (a, b) in zip(fused.cotangents, plain.cotangents) {
        #expect(try largestDifference(a, b) < 10 * tolerance)
      }
    }
  }

  @Test("gradients agree with finite differences, and the second ones too")
  func differences() throws {
    let inputs = try [points([3, 4], seed: 1), points([4], seed: 2), points([4], seed: 3)]
    #expect(
      try gradientError(inputs) { try layerNorm($0[0], gain: $0[1], bias: $0[2]) } < 1e-8)
    // The gradient of a cubic in y, differentiated once more.
    let slope: ([Tensor]) throws -> Tensor = { outer in
      let flows = try vjp(outer) {
        let y = try layerNorm($0[0], gain: $0[1], bias: $0[2])
        return try sum(y * square(y))
      }.cotangents
      return try concatenate(flows.map { try reshape($0, to: [-1]) }, axis: 0)
    }
    #expect(try gradientError(inputs, of: slope) < 1e-6)
  }

  @Test("the same bits at any number of threads")
  func threads() throws {
    let x = try points([300, 512], seed: 1).converted(to: .float32)
    let gain = try points([512], seed: 2).converted(to: .float32)
    func flows() throws -> [[Float]] {
      try vjp([x, gain, gain], cotangent: x) { try layerNorm($0[0], gain: $0[1], bias: $0[2]) }
        .cotangents.map { try $0.floats() }
    }
    let before = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = before }
    WorkerPool.shared.threadCount = 1
    let alone = try flows()
    WorkerPool.shared.threadCount = 4
    #expect(try flows() == alone)
  }
}
