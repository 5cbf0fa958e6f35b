import Glibc
import KernelsBase
import Testing

@Suite("Binary and blending kernels") struct BinaryTests {
  typealias Kernel<T> = (UnsafePointer<T>, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int)
    -> Void

  /// Every combination of steps beside the plain loop.
  private func check<T: BinaryFloatingPoint>(
    _ name: String, _ kernel: Kernel<T>, tolerance: Double, _ reference: (Double, Double) -> Double
  ) {
    for n in lengths {
      let a: [T] = spread(0.1...4, max(n, 1), seed: 5)
      let b: [T] = spread(-3...3, max(n, 1), seed: 6)
      for (aStep, bStep) in [(1, 1), (1, 0), (0, 1), (0, 0)] {
        var out = Guarded<T>(count: n)
        out.with { kernel(a, aStep, b, bStep, $0, n) }
        for (i, y) in out.contents.enumerated() {
          let expected = reference(Double(a[i * aStep]), Double(b[i * bStep]))
          let error = abs(Double(y) - expected)
          if error > tolerance * abs(expected) {
            Issue.record("\(name) n \(n) steps \(aStep) \(bStep) at \(i): \(y), not \(expected)")
            return
          }
        }
      }
    }
  }

  @Test("agree with plain loops at every length and step", arguments: Level.all)
  func plainLoops(level: Level) {
    let k = level.kernels
    let f = 6.1e-8  // half a unit in the last place
    check("add", k.add as Kernel<Float>, tolerance: f) { $0 + $1 }
    check("subtract", k.subtract as Kernel<Float>, tolerance: f) { $0 - $1 }
    check("multiply", k.multiply as Kernel<Float>, tolerance: f) { $0 * $1 }
    check("divide", k.divide as Kernel<Float>, tolerance: f) { $0 / $1 }
    check("power", k.power as Kernel<Float>, tolerance: f) { pow($0, $1) }
    check("maximum", k.maximum as Kernel<Float>, tolerance: 0) { max($0, $1) }
    check("minimum", k.minimum as Kernel<Float>, tolerance: 0) { min($0, $1) }
    check("add", k.add as Kernel<Double>, tolerance: 0) { $0 + $1 }
    check("subtract", k.subtract as Kernel<Double>, tolerance: 0) { $0 - $1 }
    check("multiply", k.multiply as Kernel<Double>, tolerance: 0) { $0 * $1 }
    check("divide", k.divide as Kernel<Double>, tolerance: 0) { $0 / $1 }
    check("power", k.power as Kernel<Double>, tolerance: 1e-15) { pow($0, $1) }
    check("maximum", k.maximum as Kernel<Double>, tolerance: 0) { max($0, $1) }
    check("minimum", k.minimum as Kernel<Double>, tolerance: 0) { min($0, $1) }
  }

  @Test("a NaN on either side stays NaN in maximum and minimum", arguments: Level.all)
  func nan(level: Level) {
    let k = level.kernels
    let a: [Float] = [.nan, 1, .nan, 2, .infinity]
    let b: [Float] = [1, .nan, .nan, 3, .nan]
    for kernel in [k.maximum, k.minimum] as [Kernel<Float>] {
      var out = Guarded<Float>(count: 5)
      out.with { kernel(a, 1, b, 1, $0, 5) }
      #expect(out.contents.map(\.isNaN) == [true, true, true, false, true])
    }
    let c: [Double] = [.nan, 1, 2]
    let d: [Double] = [1, .nan, 3]
    for kernel in [k.maximum, k.minimum] as [Kernel<Double>] {
      var out = Guarded<Double>(count: 3)
      out.with { kernel(c, 1, d, 1, $0, 3) }
      #expect(out.contents.map(\.isNaN) == [true, true, false])
    }
  }

  @Test("power at its special points", arguments: Level.all)
  func powers(level: Level) {
    let k = level.kernels
    let a: [Float] = [-2, -2, 0, 0, 0, .infinity, 1, .nan, 2, -8, 3, 1e30, 1e-30, 2]
    let b: [Float] = [3, 0.5, 0, 2, -1, -1, .nan, 0, .infinity, 2, 1e-9, 2, 2, -149]
    var out = Guarded<Float>(count: a.count)
    out.with { k.power(a, 1, b, 1, $0, a.count) }
    for i in 0..<a.count {
      let (got, expected) = (out.contents[i], powf(a[i], b[i]))
      #expect(got == expected || (got.isNaN && expected.isNaN), "\(a[i])^\(b[i]) = \(got)")
    }
    for exponent in [-1, 0.5, 1, 2, 3] as [Float] {  // the short cuts
      let y = applied([0.3, 1.7, 2, 9, 100]) { k.power($0, 1, [exponent], 0, $1, $2) }
      for (x, v) in zip([0.3, 1.7, 2, 9, 100] as [Float], y) {
        #expect(ulps(v, pow(Double(x), Double(exponent))) <= 1)
      }
    }
  }

  @Test("scaled sums, averages, fills and conversions", arguments: Level.all)
  func blends(level: Level) {
    let k = level.kernels
    for n in lengths {
      let x: [Float] = spread(-3...3, n, seed: 7)
      let y: [Float] = spread(-3...3, n, seed: 9)
      let axpy = applied(y) { source, out, n in
        if source != UnsafePointer(out) { out.update(from: source, count: n) }
        k.axpy(0.7, x, out, n)
      }
      let mean = applied(y) { source, out, n in
        if source != UnsafePointer(out) { out.update(from: source, count: n) }
        k.lerp(out, x, 0.25, n)
      }
      let scaled = applied(x) { k.scale(-1.5, $0, $1, $2) }
      for i in 0..<n {
        #expect(abs(axpy[i] - (y[i] + 0.7 * x[i])) <= 1e-6)
        #expect(abs(mean[i] - (y[i] + 0.25 * (x[i] - y[i]))) <= 1e-6)
        #expect(scaled[i] == -1.5 * x[i])
      }
      var filled = Guarded<Float>(count: n)
      filled.with { k.fill($0, 2.5, n) }
      #expect(filled.contents == [Float](repeating: 2.5, count: n))
      var wide = Guarded<Double>(count: n)
      wide.with { k.convert(x, $0, n) }
      #expect(wide.contents == x.map { Double($0) })
      let exact: [Double] = spread(-3...3, n)
      var narrow = Guarded<Float>(count: n)
      narrow.with { k.convert(exact, $0, n) }
      #expect(narrow.contents == exact.map { Float($0) })
    }
  }

  @Test("the same in double", arguments: Level.all)
  func doubleBlends(level: Level) {
    let k = level.kernels
    for n in lengths {
      let x: [Double] = spread(-3...3, n, seed: 7)
      let y: [Double] = spread(-3...3, n, seed: 9)
      var axpy = Guarded(y)
      axpy.with { k.axpy(0.7, x, $0, n) }
      var mean = Guarded(y)
      mean.with { k.lerp($0, x, 0.25, n) }
      let scaled = applied(x) { k.scale(-1.5, $0, $1, $2) }
      var filled = Guarded<Double>(count: n)
      filled.with { k.fill($0, 2.5, n) }
      let (u, w) = (axpy.contents, mean.contents)
      #expect(filled.contents == [Double](repeating: 2.5, count: n))
      for i in 0..<n {
        #expect(abs(u[i] - (y[i] + 0.7 * x[i])) <= 1e-14)
        #expect(abs(w[i] - (y[i] + 0.25 * (x[i] - y[i]))) <= 1e-14)
        #expect(scaled[i] == -1.5 * x[i])
      }
    }
  }
}
