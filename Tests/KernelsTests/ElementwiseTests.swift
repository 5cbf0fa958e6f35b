import Glibc
import KernelsBase
import Testing

/// A unary kernel beside the C library's function.
struct UnaryCase: CustomTestStringConvertible, Sendable {
  typealias FloatKernel = (FloatIn, FloatOut, Int) -> Void
  typealias DoubleKernel = (DoubleIn, DoubleOut, Int) -> Void

  let testDescription: String
  let float: @Sendable (any KernelSet.Type) -> FloatKernel
  let double: @Sendable (any KernelSet.Type) -> DoubleKernel
  let reference: @Sendable (Double) -> Double
  /// Where the error is measured, and how many units in the last place it may be.
  var ranges: [ClosedRange<Double>] = [-1...1, -30...30]
  var floatUlps = 2.0
  var doubleUlps = 2.0

  static let all: [UnaryCase] = [
    UnaryCase(
      testDescription: "negative", float: { $0.negative }, double: { $0.negative },
      reference: { -$0 }, floatUlps: 0, doubleUlps: 0),
    UnaryCase(
      testDescription: "absolute", float: { $0.absolute }, double: { $0.absolute },
      reference: { $0.magnitude }, floatUlps: 0, doubleUlps: 0),
    UnaryCase(
      testDescription: "reciprocal", float: { $0.reciprocal }, double: { $0.reciprocal },
      reference: { 1 / $0 }, floatUlps: 0.51, doubleUlps: 0),
    UnaryCase(
      testDescription: "square", float: { $0.square }, double: { $0.square },
      reference: { $0 * $0 }, floatUlps: 0.51, doubleUlps: 0),
    UnaryCase(
      testDescription: "sqrt", float: { $0.sqrt }, double: { $0.sqrt },
      reference: { $0.squareRoot() }, floatUlps: 0.51, doubleUlps: 0),
    UnaryCase(
      testDescription: "exp", float: { $0.exp }, double: { $0.exp }, reference: { exp($0) },
      ranges: [-1...1, -30...30, -104...89]),
    UnaryCase(
      testDescription: "expm1", float: { $0.expm1 }, double: { $0.expm1 },
      reference: { expm1($0) }, ranges: [-1e-6...1e-6, -1...1, -30...30, -104...89],
      floatUlps: 2.5, doubleUlps: 3),
    UnaryCase(
      testDescription: "log", float: { $0.log }, double: { $0.log }, reference: { log($0) },
      ranges: [0.5...2, 0...1e-38, 0...1e4, 0...3e38]),
    UnaryCase(
      testDescription: "log1p", float: { $0.log1p }, double: { $0.log1p },
      reference: { log1p($0) }, ranges: [-1e-6...1e-6, -0.999...1, 0...1e6], floatUlps: 3,
      doubleUlps: 3),
    UnaryCase(
      testDescription: "tanh", float: { $0.tanh }, double: { $0.tanh }, reference: { tanh($0) },
      ranges: [-1e-3...1e-3, -1...1, -25...25], floatUlps: 4, doubleUlps: 4),
    UnaryCase(
      testDescription: "sigmoid", float: { $0.sigmoid }, double: { $0.sigmoid },
      reference: { 1 / (1 + exp(-$0)) }, ranges: [-1...1, -80...100], floatUlps: 3,
      doubleUlps: 4),
    UnaryCase(
      testDescription: "silu", float: { $0.silu }, double: { $0.silu },
      reference: { $0 / (1 + exp(-$0)) }, ranges: [-1...1, -80...100], floatUlps: 3,
      doubleUlps: 4),
    UnaryCase(
      testDescription: "relu", float: { $0.relu }, double: { $0.relu },
      reference: { $0 < 0 ? 0 : $0 }, floatUlps: 0, doubleUlps: 0),
  ]
}

@Suite("Elementwise kernels") struct ElementwiseTests {
  @Test("floats agree with the C library in double", arguments: Level.all, UnaryCase.all)
  func floats(level: Level, item: UnaryCase) {
    for range in item.ranges {
      let x: [Float] = spread(range, 100_003)
      var worst = (0.0, Float(0))
      for (a, b) in zip(x, applied(x, item.float(level.kernels))) {
        let error = ulps(b, item.reference(Double(a)))
        if error > worst.0 { worst = (error, a) }
      }
      #expect(worst.0 <= item.floatUlps, "at \(worst.1) in \(range)")
    }
  }

  @Test("doubles agree with the C library", arguments: Level.all, UnaryCase.all)
  func doubles(level: Level, item: UnaryCase) {
    for range in item.ranges {
      let x: [Double] = spread(range, 20_011)
      var worst = (0.0, 0.0)
      for (a, b) in zip(x, applied(x, item.double(level.kernels))) {
        let error = ulps(b, item.reference(a))
        if error > worst.0 { worst = (error, a) }
      }
      #expect(worst.0 <= item.doubleUlps, "at \(worst.1) in \(range)")
    }
  }

  @Test("an element's bits do not depend on the row's length", arguments: Level.all, UnaryCase.all)
  func lengthDoesNotMatter(level: Level, item: UnaryCase) {
    let x: [Float] = spread(0.1...5, 100_003)
    let y: [Double] = spread(0.1...5, 100_003)
    let wholeX = bits(applied(x, item.float(level.kernels)))
    let wholeY = bits(applied(y, item.double(level.kernels)))
    for n in lengths {
      let partX = bits(applied(Array(x.prefix(n)), item.float(level.kernels)))
      let partY = bits(applied(Array(y.prefix(n)), item.double(level.kernels)))
      #expect(partX == Array(wholeX.prefix(n)), "\(n) floats")
      #expect(partY == Array(wholeY.prefix(n)), "\(n) doubles")
    }
  }

  @Test("NaN in, NaN out", arguments: Level.all, UnaryCase.all)
  func nan(level: Level, item: UnaryCase) {
    #expect(applied([Float.nan], item.float(level.kernels))[0].isNaN)
    #expect(applied([Double.nan], item.double(level.kernels))[0].isNaN)
  }

  @Test("sine and cosine, near and beyond the vector reduction", arguments: Level.all)
  func trigonometry(level: Level) {
    let k = level.kernels
    for reach in [1.0, 100, 1e4, 1e7] {
      let x: [Float] = spread(-reach...reach, 20_011)
      for (a, (s, c)) in zip(x, zip(applied(x, k.sin), applied(x, k.cos))) {
        #expect(abs(Double(s) - sin(Double(a))) < 2e-7, "sin \(a)")
        #expect(abs(Double(c) - cos(Double(a))) < 2e-7, "cos \(a)")
      }
    }
    for reach in [1.0, 1e6, 1e9] {
      let x: [Double] = spread(-reach...reach, 20_011)
      for (a, (s, c)) in zip(x, zip(applied(x, k.sin), applied(x, k.cos))) {
        #expect(abs(s - sin(a)) < 4e-16, "sin \(a)")
        #expect(abs(c - cos(a)) < 4e-16, "cos \(a)")
      }
    }
    for n in lengths {  // mixed, so that the fall-back meets every lane
      var x: [Float] = spread(-3...3, n)
      if n > 0 { x[n / 2] = 5e8 }
      for (a, s) in zip(x, applied(x, k.sin)) { #expect(abs(s - sin(a)) < 2e-7) }
    }
    for x in [Float.infinity, -.infinity, .nan] {
      #expect(applied([x] as [Float], k.sin)[0].isNaN && applied([x], k.cos)[0].isNaN)
    }
  }

  @Test("special values", arguments: Level.all)
  func specialValues(level: Level) {
    let k = level.kernels
    let inf = Float.infinity
    let tiny = Float.leastNonzeroMagnitude
    #expect(
      applied([89, inf, -104, -inf, 0, 88.5] as [Float], k.exp) == [
        inf, inf, 0, 0, 1, Float(exp(88.5 as Double)),
      ])
    #expect(
      applied([0, -0.0, inf, 1, tiny] as [Float], k.log) == [
        -inf, -inf, inf, 0, Float(log(Double(tiny))),
      ])
    #expect(applied([-1, -inf, -tiny] as [Float], k.log).map(\.isNaN).contains(false) == false)
    #expect(applied([inf, -inf, 20, -20] as [Float], k.tanh) == [1, -1, 1, -1])
    #expect(applied([inf, -inf, 100, -200] as [Float], k.sigmoid) == [1, 0, 1, 0])
    #expect(applied([inf, 100, -200] as [Float], k.silu) == [inf, 100, 0])
    #expect(applied([-inf] as [Float], k.silu)[0].isNaN, "x / (1 + exp(-x)), as PyTorch")
    #expect(applied([inf, -inf, -3, 0] as [Float], k.relu) == [inf, 0, 0, 0])
    #expect(applied([inf, -inf, 90, -100] as [Float], k.expm1) == [inf, -1, inf, -1])
    #expect(applied([inf, -1, 0] as [Float], k.log1p) == [inf, -inf, 0])
    #expect(applied([-2] as [Float], k.log1p)[0].isNaN)
    #expect(applied([0, -0.0, inf] as [Float], k.reciprocal) == [inf, -inf, 0])
    #expect(applied([-1] as [Float], k.sqrt)[0].isNaN)
    for f in [k.expm1, k.log1p, k.tanh] as [UnaryCase.FloatKernel] {
      let y = applied([0, -0.0, tiny, -tiny, 1e-30], f)
      #expect(bits(y) == bits([0, -0.0, tiny, -tiny, 1e-30]), "small x stays x")
    }
  }

  @Test("special values in double", arguments: Level.all)
  func specialDoubles(level: Level) {
    let k = level.kernels
    let inf = Double.infinity
    let tiny = Double.leastNonzeroMagnitude
    #expect(applied([710, inf, -746, -inf, 0] as [Double], k.exp) == [inf, inf, 0, 0, 1])
    #expect(ulps(applied([-740] as [Double], k.exp)[0], exp(-740 as Double)) <= 1, "denormal")
    #expect(applied([0, inf, 1] as [Double], k.log) == [-inf, inf, 0])
    #expect(ulps(applied([tiny] as [Double], k.log)[0], log(tiny)) <= 1)
    #expect(applied([-1.0, -inf] as [Double], k.log).map(\.isNaN).contains(false) == false)
    #expect(applied([inf, -inf, 40, -40] as [Double], k.tanh) == [1, -1, 1, -1])
    #expect(applied([inf, -inf] as [Double], k.sigmoid) == [1, 0])
    #expect(applied([inf, -inf] as [Double], k.expm1) == [inf, -1])
    #expect(applied([inf, -1] as [Double], k.log1p) == [inf, -inf])
    #expect(bits(applied([-0.0, tiny] as [Double], k.tanh)) == bits([-0.0, tiny]))
  }

  @Test("exp meets every float exponent", arguments: Level.all)
  func expSweep(level: Level) {
    let x = (0..<4000).map { Float(-104 + 0.04829 * Double($0)) }.filter { $0 < 88.7 }
    for (a, b) in zip(x, applied(x, level.kernels.exp)) {
      #expect(ulps(b, exp(Double(a))) <= 2, "exp \(a)")
    }
  }
}
