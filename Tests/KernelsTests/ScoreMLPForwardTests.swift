import Glibc
import KernelsBase
import Testing

/// The network at one time in double, straight from its formula.
private struct PlainNetwork {
  let shape: ScoreMLPShape
  let parameters, gamma, x: [Float]

  init(_ shape: ScoreMLPShape, count: Int, reach: Double = 4) {
    self.shape = shape
    parameters = spread(-1...1, shape.parameterCount, seed: 21)
    gamma = spread(-1...1, shape.features, seed: 23)
    x = spread(-reach...reach, count * shape.dimension, seed: 22)
  }

  /// h(x) of one example, and the same with the size of each term, which its rounding follows.
  func output(_ i: Int) -> [(value: Double, size: Double)] {
    let (d, m, e) = (shape.dimension, shape.width, shape.features)
    let (b1, rowsE) = (m * d, m * d + m)
    let (bE, w2) = (rowsE + m * e, rowsE + m * e + m)
    func term(_ a: Int, _ b: Float) -> Double { Double(parameters[a]) * Double(b) }
    var result = (0..<d).map { row in
      (value: term(w2 + d * m + row, 1), size: abs(term(w2 + d * m + row, 1)))
    }
    for k in 0..<m {
      var (a, size) = (0.0, 0.0)
      func add(_ term: Double) { (a, size) = (a + term, size + abs(term)) }
      add(term(b1 + k, 1))
      add(term(bE + k, 1))
      for j in 0..<d { add(term(k * d + j, x[i * d + j])) }
      for j in 0..<e { add(term(rowsE + k * e + j, gamma[j])) }
      let h = shape.activation == .relu ? max(a, 0) : a / (1 + exp(-a))
      for row in 0..<d {
        result[row].value += Double(parameters[w2 + row * m + k]) * h
        result[row].size += abs(Double(parameters[w2 + row * m + k])) * size
      }
    }
    return result
  }

  func run(
    _ level: Level, _ examples: Range<Int>, keep: Float = 0, factor: Float = 1
  ) -> [Float] {
    var units = Guarded<Float>(count: shape.unitCount)
    units.with { level.kernels.scoreMLPUnits(parameters, shape, gamma: gamma, $0) }
    // the workspace may hold anything
    var workspace = Guarded([Float](repeating: .nan, count: shape.forwardWorkspaceCount))
    var out = Guarded<Float>(count: examples.count * shape.dimension)
    let part = Array(
      x[examples.lowerBound * shape.dimension..<examples.upperBound * shape.dimension])
    let ready = units.contents
    workspace.with { work in
      out.with {
        level.kernels.scoreMLPForward(
          ready, shape, part, keep: keep, factor: factor, workspace: work, $0,
          count: examples.count)
      }
    }
    _ = workspace.contents
    return out.contents
  }
}

@Suite("The score network at one time") struct ScoreMLPForwardTests {
  static let shapes: [ScoreMLPShape] = [
    (1, 16, 4), (1, 7, 2), (2, 16, 4), (1, 33, 4), (3, 5, 6), (2, 128, 16), (1, 1, 0), (8, 20, 3),
    (1, 256, 4),
  ].flatMap { d, m, e in
    [ScoreMLPActivation.swish, .relu].map {
      ScoreMLPShape(dimension: d, width: m, features: e, activation: $0)
    }
  }

  /// Arguments near 0, where swish bends, and in the hundreds, where a power would overflow.
  @Test("it agrees with the formula", arguments: Level.all, shapes)
  func formula(level: Level, shape: ScoreMLPShape) {
    for reach in [0.5, 4, 400, 1e6] {
      for count in [1, 15, 16, 17, 70] {
        let plain = PlainNetwork(shape, count: count, reach: reach)
        let found = plain.run(level, 0..<count)
        for i in 0..<count {
          for (j, want) in plain.output(i).enumerated() {
            let got = Double(found[i * shape.dimension + j])
            #expect(abs(got - want.value) < 1e-6 * (1 + want.size), "reach \(reach), \(count)")
          }
        }
      }
    }
  }

  @Test("keep · x + factor · h", arguments: Level.all, shapes)
  func combination(level: Level, shape: ScoreMLPShape) {
    let plain = PlainNetwork(shape, count: 40)
    let found = plain.run(level, 0..<40, keep: 0.75, factor: -3)
    for (place, h) in plain.run(level, 0..<40).enumerated() {
      let want = 0.75 * Double(plain.x[place]) - 3 * Double(h)
      #expect(abs(Double(found[place]) - want) < 1e-6 * (1 + abs(want)))
    }
  }

  /// Among large numbers the kernel clamps arguments, among small ones it need not.
  @Test("a row does not depend on its neighbours", arguments: Level.all, shapes)
  func neighbours(level: Level, shape: ScoreMLPShape) {
    for reach in [4.0, 60, 400] {
      let plain = PlainNetwork(shape, count: 100, reach: reach)
      let (whole, d) = (plain.run(level, 0..<100), shape.dimension)
      for rows in [0..<1, 3..<8, 17..<33, 50..<81, 99..<100] {
        let part = plain.run(level, rows)
        let same = whole[rows.lowerBound * d..<rows.upperBound * d]
        #expect(part.map(\.bitPattern) == same.map(\.bitPattern), "reach \(reach), \(rows)")
      }
    }
  }

  @Test("NaN stays NaN, in its row alone", arguments: Level.all, shapes)
  func notANumber(level: Level, shape: ScoreMLPShape) {
    var units = [Float](repeating: 0, count: shape.unitCount)
    let plain = PlainNetwork(shape, count: 20)
    level.kernels.scoreMLPUnits(plain.parameters, shape, gamma: plain.gamma, &units)
    let d = shape.dimension
    var x = plain.x
    x[7 * d] = .nan
    var out = [Float](repeating: 0, count: 20 * d)
    var work = [Float](repeating: 0, count: shape.forwardWorkspaceCount)
    level.kernels.scoreMLPForward(
      units, shape, x, keep: 1, factor: 1, workspace: &work, &out, count: 20)
    for i in 0..<20 {
      #expect(out[i * d..<(i + 1) * d].contains { $0.isNaN } == (i == 7))
    }
  }
}
