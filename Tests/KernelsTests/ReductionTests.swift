import Glibc
import KernelsBase
import Testing

@Suite("Reductions and rows") struct ReductionTests {
  @Test("agree with loops in double", arguments: Level.all)
  func plainLoops(level: Level) {
    let k = level.kernels
    for n in lengths {
      let x: [Float] = spread(-1...1, n, seed: 11)
      let y: [Float] = spread(-1...1, n, seed: 12)
      let wide = x.map { Double($0) }
      let products = zip(x, y).map { Double($0) * Double($1) }
      let size = 1e-6 * (1 + Double(n).squareRoot())
      #expect(abs(Double(k.sum(x, n)) - wide.reduce(0, +)) <= size, "sum \(n)")
      #expect(abs(Double(k.dot(x, y, n)) - products.reduce(0, +)) <= size, "dot \(n)")
      let squares = wide.map { $0 * $0 }.reduce(0, +)
      #expect(abs(Double(k.sumOfSquares(x, n)) - squares) <= 3e-7 * squares, "squares \(n)")
      #expect(k.maximum(x, n) == x.max() ?? -.infinity)
      #expect(k.minimum(x, n) == x.min() ?? .infinity)
      #expect(k.isFinite(x, n))
    }
  }

  @Test("in double too", arguments: Level.all)
  func doubles(level: Level) {
    let k = level.kernels
    for n in lengths {
      let x: [Double] = spread(-1...1, n, seed: 11)
      let y: [Double] = spread(-1...1, n, seed: 12)
      let size = 1e-15 * (1 + Double(n).squareRoot()) * 4
      #expect(abs(k.sum(x, n) - compensated(x)) <= size)
      #expect(abs(k.dot(x, y, n) - compensated(zip(x, y).map(*))) <= size)
      let squares = compensated(x.map { $0 * $0 })
      #expect(abs(k.sumOfSquares(x, n) - squares) <= 1e-15 * squares)
      #expect(k.maximum(x, n) == x.max() ?? -.infinity)
      #expect(k.minimum(x, n) == x.min() ?? .infinity)
      #expect(k.isFinite(x, n))
    }
  }

  /// Kahan's sum.
  private func compensated(_ x: [Double]) -> Double {
    var (sum, lost) = (0.0, 0.0)
    for v in x {
      let t = v - lost
      let next = sum + t
      lost = (next - sum) - t
      sum = next
    }
    return sum
  }

  @Test("a long sum loses nothing", arguments: Level.all)
  func longSum(level: Level) {
    let tenths = [Float](repeating: 0.1, count: 10_000_000)
    let expected = 1e7 * Double(0.1 as Float)
    #expect(abs(Double(level.kernels.sum(tenths, tenths.count)) / expected - 1) < 3e-7)
    let x = [Double](repeating: 0.1, count: 1_000_000)
    #expect(abs(level.kernels.sum(x, x.count) / 1e5 - 1) < 1e-15)
    #expect(level.kernels.sum([.infinity, 1] as [Double], 2) == .infinity)
    #expect(level.kernels.sum([.infinity, 1] as [Float], 2) == .infinity)
  }

  @Test("sums of columns agree with loops in double, and read nothing else", arguments: Level.all)
  func columns(level: Level) {
    let k = level.kernels
    for (count, rows, columns) in [
      (1, 1, 1), (1, 0, 3), (3, 2, 2), (2, 15, 7), (1, 16, 8), (4, 33, 15), (1, 70, 16),
      (2, 37, 17),
      (1, 100, 127), (1, 5, 128), (1, 67, 130), (1, 200, 145), (5, 4, 31),
    ] {
      let x: [Float] = spread(0.1...1, count * rows * columns, seed: 3)
      let wide: [Double] = spread(0.1...1, count * rows * columns, seed: 4)
      func sums<T: BinaryFloatingPoint>(_ x: [T], _ c: Int) -> [Double] {
        (0..<columns).map { j in
          (0..<rows).reduce(0) { $0 + Double(x[(c * rows + $1) * columns + j]) }
        }
      }
      let what = "\(count) × \(rows) × \(columns)"
      let expected = (0..<count).flatMap { sums(x, $0) }
      let expectedWide = (0..<count).flatMap { sums(wide, $0) }
      var y = Guarded<Float>(count: count * columns)
      y.with { k.sumRows(x, $0, count: count, rows: rows, columns: columns) }
      for (a, b) in zip(y.contents, expected) { #expect(abs(Double(a) - b) <= 3e-7 * b, "\(what)") }
      var z = Guarded<Double>(count: count * columns)
      z.with { k.sumRows(wide, $0, count: count, rows: rows, columns: columns) }
      for (a, b) in zip(z.contents, expectedWide) {
        #expect(abs(a - b) <= 1e-15 * 40 * b, "\(what)")
      }
      // A strip of the columns, added to what is there.
      let strip = max(1, columns - 3)
      var total = Guarded([Double](repeating: 1, count: strip))
      total.with { k.addRows(x, step: columns, $0, rows: rows, columns: strip) }
      for (a, b) in zip(total.contents, expected) { #expect(abs(a - 1 - b) <= 3e-7 * b, "\(what)") }
      var wideTotal = Guarded([Double](repeating: 1, count: strip))
      wideTotal.with { k.addRows(wide, step: columns, $0, rows: rows, columns: strip) }
      for (a, b) in zip(wideTotal.contents, expectedWide) {
        #expect(abs(a - 1 - b) <= 1e-15 * 40 * (1 + b), "\(what)")
      }
      var base = Guarded<Float>(count: count * columns)
      base.with { Level.base.kernels.sumRows(x, $0, count: count, rows: rows, columns: columns) }
      #expect(bits(y.contents) == bits(base.contents), "\(what)")
    }
  }

  @Test("plain sums have the same bits at every level")
  func sameBits() {
    for n in lengths {
      let x: [Float] = spread(-1...1, n, seed: 13)
      let y: [Double] = spread(-1...1, n, seed: 13)
      for level in Level.all {
        #expect(level.kernels.sum(x, n).bitPattern == Level.base.kernels.sum(x, n).bitPattern)
        #expect(level.kernels.sum(y, n).bitPattern == Level.base.kernels.sum(y, n).bitPattern)
      }
    }
  }

  @Test("one NaN anywhere is found", arguments: Level.all)
  func nan(level: Level) {
    let k = level.kernels
    for n in [1, 2, 15, 16, 17, 64, 100] {
      for at in 0..<n {
        var x: [Float] = spread(-1...1, n)
        x[at] = .nan
        #expect(k.maximum(x, n).isNaN && k.minimum(x, n).isNaN && k.sum(x, n).isNaN)
        #expect(!k.isFinite(x, n))
        x[at] = -.infinity
        #expect(!k.isFinite(x, n))
        #expect(k.minimum(x, n) == -.infinity)
        var y: [Double] = spread(-1...1, n)
        y[at] = .nan
        #expect(k.maximum(y, n).isNaN && k.minimum(y, n).isNaN && k.sum(y, n).isNaN)
        #expect(!k.isFinite(y, n))
        y[at] = .infinity
        #expect(!k.isFinite(y, n) && k.maximum(y, n) == .infinity)
      }
    }
  }

  @Test("layer norm, forward and backward", arguments: Level.all)
  func layerNorm(level: Level) {
    let k = level.kernels
    for n in [1, 2, 7, 16, 33, 100] {
      let x: [Double] = spread(-2...5, n, seed: 17)
      let gain: [Double] = spread(0.5...2, n, seed: 18)
      let bias: [Double] = spread(-1...1, n, seed: 19)
      let dy: [Double] = spread(-2...2, n, seed: 20)
      func forward(_ x: [Double]) -> [Double] {
        applied(x) { _ = k.layerNorm($0, gain: gain, bias: bias, epsilon: 1e-3, $1, $2) }
      }
      let y = forward(x)
      let mean = x.reduce(0, +) / Double(n)
      let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
      for i in 0..<n {
        let expected = gain[i] * (x[i] - mean) / (variance + 1e-3).squareRoot() + bias[i]
        #expect(abs(y[i] - expected) < 1e-13)
      }
      var (dx, dGain, dBias) = (
        Guarded<Double>(count: n), Guarded([Double](repeating: 1, count: n)),
        Guarded([Double](repeating: 2, count: n))
      )
      let inverse = 1 / (variance + 1e-3).squareRoot()
      dx.with { dx in
        dGain.with { dGain in
          dBias.with { dBias in
            k.layerNormBackward(
              x, mean: mean, inverse: inverse, gain: gain, dy, dx, dGain: dGain, dBias: dBias, n)
          }
        }
      }
      for i in 0..<n {
        var (up, down) = (x, x)
        up[i] += 1e-5
        down[i] -= 1e-5
        let (a, b) = (forward(up), forward(down))
        let slope = (0..<n).map { dy[$0] * (a[$0] - b[$0]) }.reduce(0, +) / 2e-5
        #expect(abs(dx.contents[i] - slope) < 1e-6 * (1 + abs(slope)), "dx \(i) of \(n)")
        #expect(abs(dGain.contents[i] - 1 - dy[i] * (x[i] - mean) * inverse) < 1e-12)
        #expect(abs(dBias.contents[i] - 2 - dy[i]) < 1e-13)
      }
      let (xf, gf, bf) = (x.map { Float($0) }, gain.map { Float($0) }, bias.map { Float($0) })
      let yf = applied(xf) { _ = k.layerNorm($0, gain: gf, bias: bf, epsilon: 1e-3, $1, $2) }
      for i in 0..<n { #expect(abs(Double(yf[i]) - y[i]) < 1e-5) }
      var dxf = Guarded<Float>(dy.map { Float($0) })  // in place over dy
      var (gainF, biasF) = ([Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
      dxf.with {
        k.layerNormBackward(
          xf, mean: Float(mean), inverse: Float(inverse), gain: gf, $0, $0, dGain: &gainF,
          dBias: &biasF, n)
      }
      for i in 0..<n {
        #expect(abs(Double(dxf.contents[i]) - dx.contents[i]) < 1e-4)
      }
    }
  }
}
