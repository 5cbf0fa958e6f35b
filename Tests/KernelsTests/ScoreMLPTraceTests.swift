import Glibc
import KernelsBase
import Testing

@Suite("The score network with the trace of its slope") struct ScoreMLPTraceTests {
  /// h and Tr ∂h/∂x of one example in double, straight from the formula, and the size of the terms.
  private func plain(
    _ shape: ScoreMLPShape, _ p: [Float], _ x: ArraySlice<Float>, _ gamma: ArraySlice<Float>
  ) -> (h: [Double], trace: Double, size: Double) {
    let (d, m, e) = (shape.dimension, shape.width, shape.features)
    let (x, gamma) = (x.map(Double.init), gamma.map(Double.init))
    let (rowsE, w2) = (m * d + m, m * d + 2 * m + m * e)
    var h = (0..<d).map { Double(p[w2 + d * m + $0]) }
    var (trace, size) = (0.0, 1.0)
    for k in 0..<m {
      var a = Double(p[m * d + k]) + Double(p[rowsE + m * e + k])
      for j in 0..<d { a += Double(p[k * d + j]) * x[j] }
      for j in 0..<e { a += Double(p[rowsE + k * e + j]) * gamma[j] }
      let s = shape.activation == .relu ? (a > 0 ? 1 : 0) : 1 / (1 + exp(-a))
      let slope = shape.activation == .relu ? s : s + a * s * (1 - s)
      for o in 0..<d {
        let weight = Double(p[w2 + o * m + k])
        h[o] += weight * a * s
        trace += weight * slope * Double(p[k * d + o])
        size += abs(weight) * (1 + abs(a))
      }
    }
    return (h, trace, size)
  }

  @Test(
    "value and trace agree with the formula, whatever the number of rows", arguments: Level.all,
    ScoreMLPForwardTests.shapes)
  func formula(level: Level, shape: ScoreMLPShape) {
    let (d, e) = (shape.dimension, shape.features)
    let p: [Float] = spread(-1...1, shape.parameterCount, seed: 31)
    for reach in [Double(4), 400] {
      let x: [Float] = spread(-reach...reach, 70 * d, seed: 32)
      let gamma: [Float] = spread(-1...1, 70 * e, seed: 33)
      for count in [1, 15, 16, 17, 70] {
        let (points, features) = (Array(x[..<(count * d)]), Array(gamma[..<(count * e)]))
        // the workspace may hold anything
        var workspace = [Float](repeating: .nan, count: shape.traceWorkspaceCount)
        var values = [Float](repeating: .nan, count: count * d)
        var traces = [Float](repeating: .nan, count: count)
        level.kernels.scoreMLPTrace(
          p, shape, points, gamma: features, workspace: &workspace, &values, trace: &traces,
          count: count)
        for i in 0..<count {
          let want = plain(shape, p, x[i * d..<(i + 1) * d], gamma[i * e..<(i + 1) * e])
          for o in 0..<d {
            #expect(abs(Double(values[i * d + o]) - want.h[o]) < 1e-6 * want.size)
          }
          #expect(abs(Double(traces[i]) - want.trace) < 3e-6 * want.size)
        }
      }
    }
  }
}
