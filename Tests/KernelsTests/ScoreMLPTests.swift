import Glibc
import KernelsBase
import Testing

/// The network in double, straight from its formulas.
private struct PlainScoreMLP {
  let shape: ScoreMLPShape
  var p: [Double]
  var x, gamma, z, weight, divisor: [Double]

  var count: Int { weight.count }

  static func random(_ shape: ScoreMLPShape, count: Int) -> PlainScoreMLP {
    func floats(_ range: ClosedRange<Double>, _ n: Int, _ seed: UInt64) -> [Double] {
      (spread(range, n, seed: seed) as [Float]).map { Double($0) }
    }
    return PlainScoreMLP(
      shape: shape, p: floats(-1...1, shape.parameterCount, 21),
      x: floats(-4...4, count * shape.dimension, 22),
      gamma: floats(-1...1, count * shape.features, 23),
      z: floats(-2...2, count * shape.dimension, 24), weight: floats(0.2...3, count, 25),
      divisor: floats(0.5...2, count, 26))
  }

  /// Offsets of W1, b1, E, bE, W2, b2.
  var offsets: [Int] {
    let (d, m, e) = (shape.dimension, shape.width, shape.features)
    var at = [0]
    for size in [m * d, m, m * e, m, d * m] { at.append((at.last ?? 0) + size) }
    return at
  }

  func hidden(_ i: Int) -> [(value: Double, slope: Double)] {
    let (d, e, o) = (shape.dimension, shape.features, offsets)
    return (0..<shape.width).map { k in
      var a = p[o[1] + k] + p[o[3] + k]
      for j in 0..<d { a += p[k * d + j] * x[i * d + j] }
      for j in 0..<e { a += p[o[2] + k * e + j] * gamma[i * e + j] }
      if shape.activation == .relu { return a > 0 ? (a, 1) : (0, 0) }
      let s = 1 / (1 + exp(-a))
      return (a * s, s + a * s * (1 - s))
    }
  }

  func output(_ i: Int) -> [Double] {
    let h = hidden(i)
    return (0..<shape.dimension).map { row in
      var sum = p[offsets[5] + row]
      for k in 0..<shape.width { sum += p[offsets[4] + row * shape.width + k] * h[k].value }
      return sum / divisor[i]
    }
  }

  var loss: Double {
    var total = 0.0
    for i in 0..<count {
      for (row, h) in output(i).enumerated() {
        let r = h + z[i * shape.dimension + row]
        total += weight[i] * r * r
      }
    }
    return total / Double(count)
  }

  var gradient: [Double] {
    let (d, m, e, o) = (shape.dimension, shape.width, shape.features, offsets)
    var g = [Double](repeating: 0, count: p.count)
    for i in 0..<count {
      let h = hidden(i)
      let out = output(i)
      let slopes = (0..<d).map {
        2 * weight[i] * (out[$0] + z[i * d + $0]) / (divisor[i] * Double(count))
      }
      for k in 0..<m {
        var delta = 0.0
        for row in 0..<d {
          g[o[4] + row * m + k] += slopes[row] * h[k].value
          delta += slopes[row] * p[o[4] + row * m + k]
        }
        delta *= h[k].slope
        g[o[1] + k] += delta
        g[o[3] + k] += delta
        for j in 0..<d { g[k * d + j] += delta * x[i * d + j] }
        for j in 0..<e { g[o[2] + k * e + j] += delta * gamma[i * e + j] }
      }
      for row in 0..<d { g[o[5] + row] += slopes[row] }
    }
    return g
  }

  /// Calls `body` with everything as floats.
  func asFloats<R>(_ body: (FloatIn, ScoreMLPInputs, FloatIn, FloatIn) -> R) -> R {
    func floats(_ values: [Double]) -> FloatOut {
      let result = FloatOut.allocate(capacity: values.count + 1)
      for (i, v) in values.enumerated() { result[i] = Float(v) }
      return result
    }
    let all = [p, x, gamma, z, weight, divisor].map(floats)
    defer { all.forEach { $0.deallocate() } }
    let inputs = ScoreMLPInputs(
      x: FloatIn(all[1]), gamma: FloatIn(all[2]), divisor: FloatIn(all[5]), count: count)
    return body(FloatIn(all[0]), inputs, FloatIn(all[3]), FloatIn(all[4]))
  }
}

@Suite("The fused step of the score network") struct ScoreMLPTests {
  static let shapes: [ScoreMLPShape] = [
    (1, 16, 4), (1, 16, 2), (1, 7, 4), (2, 16, 4), (1, 33, 4), (3, 5, 6), (2, 128, 16), (1, 1, 0),
    (5, 20, 3), (1, 48, 4),
  ].flatMap { d, m, e in
    [ScoreMLPActivation.swish, .relu].map {
      ScoreMLPShape(dimension: d, width: m, features: e, activation: $0)
    }
  }

  static let counts = [1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100]

  @Test("the plain gradient agrees with finite differences", arguments: shapes)
  func finiteDifferences(shape: ScoreMLPShape) {
    let plain = PlainScoreMLP.random(shape, count: 5)
    let g = plain.gradient
    for i in stride(from: 0, to: plain.p.count, by: max(1, plain.p.count / 60)) {
      var (up, down) = (plain, plain)
      up.p[i] += 1e-6
      down.p[i] -= 1e-6
      let slope = (up.loss - down.loss) / 2e-6
      #expect(abs(g[i] - slope) < 1e-6 * (1 + abs(slope)), "parameter \(i)")
    }
  }

  @Test("loss and gradient agree with the plain ones", arguments: Level.all, shapes)
  func gradient(level: Level, shape: ScoreMLPShape) {
    for count in Self.counts {
      let plain = PlainScoreMLP.random(shape, count: count)
      let expected = plain.gradient
      let scale = expected.map(\.magnitude).max() ?? 1
      for firstLayer in [true, false] {
        var gradient = Guarded<Float>(count: shape.parameterCount)
        // the workspace may hold anything
        var workspace = Guarded([Float](repeating: .nan, count: shape.workspaceCount))
        let loss = gradient.with { g in
          workspace.with { work in
            plain.asFloats { p, inputs, z, w in
              level.kernels.scoreMLPLossAndGradient(
                p, shape, inputs, z: z, weight: w, firstLayer: firstLayer, workspace: work,
                gradient: g)
            }
          }
        }
        _ = workspace.contents
        let expectedLoss = plain.loss
        #expect(abs(Double(loss) - expectedLoss) < 3e-6 * expectedLoss)
        for (i, got) in gradient.contents.enumerated() {
          if !firstLayer && i < shape.firstLayerCount {
            #expect(got == -777, "left as it was")
          } else if abs(Double(got) - expected[i]) > 4e-6 * scale {
            Issue.record("count \(count), parameter \(i): \(got), not \(expected[i])")
            return
          }
        }
      }
    }
  }

  @Test("saturated units and infinite inputs", arguments: Level.all)
  func extremes(level: Level) {
    let shape = ScoreMLPShape(dimension: 1, width: 16, features: 4)
    var plain = PlainScoreMLP.random(shape, count: 40)
    for i in 0..<40 { plain.x[i] *= 100 }  // arguments up to 400
    var gradient = [Float](repeating: 0, count: shape.parameterCount)
    var work = [Float](repeating: 0, count: shape.workspaceCount)
    func run() -> Float {
      plain.asFloats { p, inputs, z, w in
        level.kernels.scoreMLPLossAndGradient(
          p, shape, inputs, z: z, weight: w, firstLayer: true, workspace: &work,
          gradient: &gradient)
      }
    }
    #expect(abs(Double(run()) / plain.loss - 1) < 1e-5)
    let expected = plain.gradient
    let scale = expected.map(\.magnitude).max() ?? 1
    for i in 0..<expected.count { #expect(abs(Double(gradient[i]) - expected[i]) < 1e-5 * scale) }
    plain.x[7] = .nan
    #expect(run().isNaN)
  }

  @Test("Fourier features", arguments: Level.all, [1, 2, 3, 8, 16, 21, 32])
  func fourier(level: Level, frequencies: Int) {
    let omega: [Float] = spread(-60...60, frequencies, seed: 31)
    for count in [0, 1, 2, 8, 15, 16, 17, 32, 33, 100] {
      let t: [Float] = spread(0...1, count, seed: 32)
      var out = Guarded<Float>(count: count * 2 * frequencies)
      out.with {
        level.kernels.fourierFeatures(t, omega, $0, count: count, frequencies: frequencies)
      }
      let got = out.contents
      for i in 0..<count {
        for j in 0..<frequencies {
          // the product is rounded to float, as a network in float sees it
          let turns = Double(t[i] * omega[j])
          let row = i * 2 * frequencies
          #expect(abs(Double(got[row + j]) - sin(2 * .pi * turns)) < 3e-7)
          #expect(abs(Double(got[row + frequencies + j]) - cos(2 * .pi * turns)) < 3e-7)
        }
      }
    }
  }
}
