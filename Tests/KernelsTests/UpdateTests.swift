import KernelsBase
import Testing

@Suite("Optimiser steps") struct UpdateTests {
  @Test("gradient descent, plain and with momentum", arguments: Level.all)
  func sgd(level: Level) {
    for n in lengths {
      let start: [Float] = spread(-1...1, n, seed: 41)
      var (plain, heavy) = (Guarded(start), Guarded(start))
      var velocity = Guarded([Float](repeating: 0, count: n))
      var (expectedPlain, expectedHeavy) = (start.map { Double($0) }, start.map { Double($0) })
      var v = [Double](repeating: 0, count: n)
      for step in 0..<3 {
        let g: [Float] = spread(-2...2, n, seed: UInt64(50 + step))
        plain.with { level.kernels.sgd($0, g, velocity: nil, rate: 0.1, momentum: 0.9, n) }
        heavy.with { p in
          velocity.with { level.kernels.sgd(p, g, velocity: $0, rate: 0.1, momentum: 0.9, n) }
        }
        for i in 0..<n {
          expectedPlain[i] -= 0.1 * Double(g[i])
          v[i] = 0.9 * v[i] + Double(g[i])
          expectedHeavy[i] -= 0.1 * v[i]
        }
      }
      for (a, b) in zip(plain.contents, expectedPlain) { #expect(abs(Double(a) - b) < 1e-6) }
      for (a, b) in zip(heavy.contents, expectedHeavy) { #expect(abs(Double(a) - b) < 1e-6) }
      for (a, b) in zip(velocity.contents, v) { #expect(abs(Double(a) - b) < 1e-6) }
    }
  }

  @Test("Adam, with decay in the gradient and apart", arguments: Level.all, [false, true])
  func adam(level: Level, decoupled: Bool) {
    for n in lengths {
      let start: [Float] = spread(-1...1, n, seed: 42)
      var p = Guarded(start)
      var (m, v) = (
        Guarded([Float](repeating: 0, count: n)), Guarded([Float](repeating: 0, count: n))
      )
      var q = start.map { Double($0) }
      var (mq, vq) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
      var (c1, c2) = (1.0, 1.0)
      for step in 1...4 {
        let g: [Float] = spread(-2...2, n, seed: UInt64(60 + step))
        c1 *= 0.9
        c2 *= 0.999
        let settings = AdamStep(
          step: step, rate: 0.01, epsilon: 1e-3, weightDecay: 0.1, decoupled: decoupled)
        p.with { p in
          m.with { m in v.with { level.kernels.adam(p, g, m, $0, settings, n) } }
        }
        for i in 0..<n {
          var slope = Double(g[i])
          if decoupled { q[i] *= 1 - 0.01 * 0.1 } else { slope += 0.1 * q[i] }
          mq[i] = 0.9 * mq[i] + 0.1 * slope
          vq[i] = 0.999 * vq[i] + 0.001 * slope * slope
          q[i] -= 0.01 * (mq[i] / (1 - c1)) / ((vq[i] / (1 - c2)).squareRoot() + 1e-3)
        }
      }
      for (a, b) in zip(p.contents, q) { #expect(abs(Double(a) - b) < 2e-6) }
      for (a, b) in zip(m.contents, mq) { #expect(abs(Double(a) - b) < 1e-6) }
      for (a, b) in zip(v.contents, vq) { #expect(abs(Double(a) - b) < 1e-6) }
    }
  }
}
