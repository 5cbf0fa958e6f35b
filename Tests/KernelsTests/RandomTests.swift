import Glibc
import KernelsBase
import Testing

/// Philox 4×32-10 as the paper writes it, one block.
func philox(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
  var (c, k) = (counter, key)
  for _ in 0..<10 {
    let p0 = (0xD251_1F53 as UInt32).multipliedFullWidth(by: c[0])
    let p1 = (0xCD9E_8D57 as UInt32).multipliedFullWidth(by: c[2])
    c = [p1.high ^ c[1] ^ k[0], p1.low, p0.high ^ c[3] ^ k[1], p0.low]
    k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
  }
  return c
}

@Suite("Random kernels") struct RandomTests {
  private func words(_ k: any KernelSet.Type, _ p: Place) -> [UInt32] {
    var out = [UInt32](repeating: 0xABCD, count: p.rows * p.columns + 1)
    k.words(
      &out, rows: p.rows, columns: p.columns, key: p.key, step: p.step, firstRow: p.firstRow)
    #expect(out.last == 0xABCD)
    return out.dropLast()
  }

  struct Place {
    var rows: Int
    var columns: Int
    var key: UInt64 = 0x0123_4567_89AB_CDEF
    var step: UInt32 = 7
    var firstRow: UInt64 = 0
  }

  typealias FloatDraw = (FloatOut, Int, Int, UInt64, UInt32, UInt64) -> Void
  typealias DoubleDraw = (DoubleOut, Int, Int, UInt64, UInt32, UInt64) -> Void

  private func floats(_ draw: FloatDraw, _ p: Place) -> [Float] {
    var out = Guarded<Float>(count: p.rows * p.columns)
    out.with { draw($0, p.rows, p.columns, p.key, p.step, p.firstRow) }
    return out.contents
  }

  private func doubles(_ draw: DoubleDraw, _ p: Place) -> [Double] {
    var out = Guarded<Double>(count: p.rows * p.columns)
    out.with { draw($0, p.rows, p.columns, p.key, p.step, p.firstRow) }
    return out.contents
  }

  @Test("the reference meets the known answers of Random123")
  func knownAnswers() {
    #expect(
      philox([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    let ones = UInt32.max
    #expect(
      philox([ones, ones, ones, ones], [ones, ones])
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      philox(
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test("words are those of the reference", arguments: Level.all)
  func referenceWords(level: Level) {
    for (rows, columns) in [(1, 4), (1, 1), (1, 300), (40, 1), (17, 3), (5, 5), (9, 8), (3, 130)] {
      for (key, step, first) in [
        (0, 0, 0), (0x299f_31d0_a409_3822, 0x0370_7344, 0x1319_8a2e_85a3_08d3),
        (UInt64.max, UInt32.max, UInt64.max - 2), (5, 1, (1 << 32) - 3),
      ] as [(UInt64, UInt32, UInt64)] {
        let place = Place(rows: rows, columns: columns, key: key, step: step, firstRow: first)
        let got = words(level.kernels, place)
        let keys = [UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)]
        for r in 0..<rows {
          let row = first &+ UInt64(r)
          for c in 0..<columns {
            let counter = [
              UInt32(c / 4), UInt32(truncatingIfNeeded: row),
              UInt32(truncatingIfNeeded: row >> 32), step,
            ]
            if got[r * columns + c] != philox(counter, keys)[c % 4] {
              Issue.record("row \(r), column \(c) of \(rows) × \(columns), first \(first)")
              return
            }
          }
        }
      }
    }
  }

  @Test("numbers are the stated functions of the words", arguments: Level.all)
  func formulas(level: Level) {
    let k = level.kernels
    let place = Place(rows: 50, columns: 8)
    let w = words(k, place)
    let u = floats(k.uniform, place)
    for (a, b) in zip(u, w) { #expect(Double(a) == (Double(b >> 9) + 0.5) / 8_388_608) }
    let z = floats(k.normal, place)
    for i in stride(from: 0, to: w.count, by: 2) {
      let radius = (-2 * log((Double(w[i] >> 1) + 0.5) / 2_147_483_648)).squareRoot()
      let angle = 2 * Double.pi * Double(w[i + 1]) / 4_294_967_296
      #expect(abs(Double(z[i]) - radius * cos(angle)) < 3e-6)
      #expect(abs(Double(z[i + 1]) - radius * sin(angle)) < 3e-6)
    }
    let half = Place(rows: 50, columns: 4)  // two words a number
    let ud = doubles(k.uniform, half)
    let zd = doubles(k.normal, half)
    for i in 0..<200 {
      let bits = UInt64(w[2 * i + 1]) << 32 | UInt64(w[2 * i])
      #expect(ud[i] == (Double(bits >> 12) + 0.5) / 4_503_599_627_370_496)
      if i % 2 == 0 {
        let angleBits = UInt64(w[2 * i + 3]) << 32 | UInt64(w[2 * i + 2])
        let angle = 2 * Double.pi * Double(angleBits) / 18_446_744_073_709_551_616
        let radius = (-2 * log(ud[i])).squareRoot()
        #expect(abs(zd[i] - radius * cos(angle)) < 1e-14)
        #expect(abs(zd[i + 1] - radius * sin(angle)) < 1e-14)
      }
    }
  }

  @Test("a row's numbers depend on nothing but its place", arguments: Level.all)
  func invariance(level: Level) {
    let k = level.kernels
    let first: UInt64 = (1 << 32) - 20
    let all = Place(rows: 70, columns: 150, firstRow: first)
    let (u, z) = (floats(k.uniform, all), floats(k.normal, all))
    let (ud, zd) = (doubles(k.uniform, all), doubles(k.normal, all))
    let sizes = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 66, 67, 70]
    for rows in sizes {
      for columns in sizes + [128, 129, 150] {
        let skip = (rows * columns) % (71 - rows)
        let part = Place(rows: rows, columns: columns, firstRow: first + UInt64(skip))
        func same<T: Equatable>(_ got: [T], _ whole: [T]) -> Bool {
          (0..<rows).allSatisfy { r in
            got[(r * columns)..<((r + 1) * columns)]
              == whole[((r + skip) * 150)..<((r + skip) * 150 + columns)]
          }
        }
        #expect(same(floats(k.uniform, part), u), "uniform \(rows) × \(columns)")
        #expect(same(floats(k.normal, part), z), "normal \(rows) × \(columns)")
        #expect(same(doubles(k.uniform, part), ud), "double uniform \(rows) × \(columns)")
        #expect(same(doubles(k.normal, part), zd), "double normal \(rows) × \(columns)")
      }
    }
  }

  @Test("every level gives the same bits")
  func sameBits() {
    for (rows, columns) in [(100_003, 1), (3, 10_007), (1001, 6), (500, 4)] {
      let place = Place(rows: rows, columns: columns)
      let base = Level.base.kernels
      for level in Level.all.dropFirst() {
        let k = level.kernels
        #expect(bits(floats(k.uniform, place)) == bits(floats(base.uniform, place)))
        #expect(bits(floats(k.normal, place)) == bits(floats(base.normal, place)))
        #expect(bits(doubles(k.uniform, place)) == bits(doubles(base.uniform, place)))
        #expect(bits(doubles(k.normal, place)) == bits(doubles(base.normal, place)))
      }
    }
  }

  /// √n times the largest distance between the empirical and the given distribution.
  private func kolmogorov(_ x: [Double], _ distribution: (Double) -> Double) -> Double {
    let n = Double(x.count)
    var worst = 0.0
    for (i, v) in x.sorted().enumerated() {
      let p = distribution(v)
      worst = max(worst, p - Double(i) / n, Double(i + 1) / n - p)
    }
    return worst * n.squareRoot()
  }

  // bounds: 6 standard errors; Kolmogorov's 2.75 has probability 5e-7
  @Test(
    "moments, distribution and independence of neighbours",
    arguments: [(250_000, 1), (50, 5000), (62_500, 4), (83_333, 3)])
  func statistics(rows: Int, columns: Int) {
    let k = (Level.all.last ?? .base).kernels
    let place = Place(rows: rows, columns: columns, key: 42)
    let n = Double(rows * columns)
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
    for u in [floats(k.uniform, place).map { Double($0) }, doubles(k.uniform, place)] {
      #expect(u.allSatisfy { $0 > 0 && $0 < 1 })
      #expect(abs(mean(u) - 0.5) < 6 * (1 / (12 * n)).squareRoot())
      #expect(kolmogorov(u) { $0 } < 2.75)
    }
    for z in [floats(k.normal, place).map { Double($0) }, doubles(k.normal, place)] {
      #expect(abs(mean(z)) < 6 / n.squareRoot())
      #expect(abs(mean(z.map { $0 * $0 }) - 1) < 6 * (2 / n).squareRoot())
      #expect(abs(mean(z.map { $0 * $0 * $0 })) < 6 * (15 / n).squareRoot())
      #expect(abs(mean(z.map { $0 * $0 * $0 * $0 }) - 3) < 6 * (96 / n).squareRoot())
      #expect(kolmogorov(z) { 0.5 * erfc(-$0 / 2.0.squareRoot()) } < 2.75)
      for lag in [1, columns, 2 * columns] {
        let products = zip(z, z.dropFirst(lag)).map(*)
        #expect(abs(mean(products)) < 6 / n.squareRoot(), "lag \(lag)")
        let squares = zip(z, z.dropFirst(lag)).map { ($0 * $0 - 1) * ($1 * $1 - 1) / 2 }
        #expect(abs(mean(squares)) < 6 / n.squareRoot(), "squares, lag \(lag)")
      }
    }
  }

  @Test("keys of neighbouring seeds and purposes differ in about half of their bits")
  func mixing() {
    var seen = Set<UInt64>()
    var flips = 0
    for seed in 0..<100 as Range<UInt64> {
      for purpose in 0..<100 as Range<UInt64> {
        let key = mix(seed: seed, purpose: purpose)
        seen.insert(key)
        flips += (key ^ mix(seed: seed, purpose: purpose + 1)).nonzeroBitCount
        flips += (key ^ mix(seed: seed + 1, purpose: purpose)).nonzeroBitCount
      }
    }
    #expect(seen.count == 10_000)
    #expect(abs(Double(flips) / 20_000 - 32) < 0.2)  // 6 standard errors of √16/√20000
  }
}
