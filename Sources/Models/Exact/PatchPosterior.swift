import Glibc
import KernelsBase
import Runtime
import Tensors

/// E[x_0[p] | x] for each pixel p, with weights of training pixels by how well what lies about them fits:
///
/// E[p] = Σ_k W_k(p) φ_k[p],   W(p) ∝ exp(−D_k(p)/2s²),   D_k(p) = Σ_{q ∈ Ω(p)} ‖x[q] − r φ_k[q]‖².
///
/// φ_k are the training pictures or all their translates, Ω(p) the square about p or the whole picture. D is
/// made of differences, so that it keeps its digits where s is small, and weights are taken relative to the
/// greatest so far, so that they are normalised at any distance. Pictures go through in blocks that the
/// shape alone decides: the same bits on any number of threads.
struct PatchPosterior {
  /// r, s and the width of a patch of one x; width 0 stands for the whole picture.
  struct Query {
    let r: Double
    let s: Double
    let width: Int
  }

  struct Law {
    /// [n d].
    var means: [Double]
    /// ln Σ_k exp(−D_k/2s²)/K where whole pictures are compared.
    var logMass: [Double]
  }

  private static let blocks = 8
  private static let rowsAtOnce = 8

  let count: Int
  private let channels: Int
  private let height: Int
  private let width: Int
  private let isEquivariant: Bool
  private let isCircular: Bool
  /// Shape [n, c, h, w], float64.
  private let pictures: Tensor

  private var pixels: Int { height * width }
  private var dimension: Int { channels * pixels }

  /// - Parameter data: shape [n, h, w] or [n, c, h, w].
  init(_ data: Tensor, isEquivariant: Bool, isCircular: Bool) throws {
    count = data.shape[0]
    channels = data.rank == 4 ? data.shape[1] : 1
    (height, width) = (data.shape[data.rank - 2], data.shape[data.rank - 1])
    (self.isEquivariant, self.isCircular) = (isEquivariant, isCircular)
    pictures = try data.converted(to: .float64).copied()
  }

  func law(_ x: [Double], _ queries: [Query]) throws -> Law {
    let d = dimension
    var law = Law(
      means: try checkedArray(repeating: 0, count: x.count), logMass: queries.map { _ in 0 })
    let blocks = min(Self.blocks, count)
    let size = Sums.size(channels: channels, pixels: pixels)
    let memory = try Tensor(uninitialized: [Self.rowsAtOnce * blocks, size], .float64)
    for first in stride(from: 0, to: queries.count, by: Self.rowsAtOnce) {
      let rows = first..<min(first + Self.rowsAtOnce, queries.count)
      try x.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        try WorkerPool.shared.run(chunks: rows.count * blocks) { chunk in
          let (row, block) = (rows.lowerBound + chunk / blocks, chunk % blocks)
          let sums = Sums(memory.pointer(Double.self) + chunk * size, channels, pixels)
          try fill(
            sums, x + row * d, queries[row],
            count * block / blocks..<count * (block + 1) / blocks)
        }
      }
      for row in rows {
        let start = (row - rows.lowerBound) * blocks
        let parts = (0..<blocks).map {
          Sums(memory.pointer(Double.self) + (start + $0) * size, channels, pixels)
        }
        for part in parts.dropFirst() { parts[0].add(part) }
        parts[0].write(&law.means, at: row * d)
        let candidates = Double(count) * (isEquivariant ? Double(pixels) : 1)
        law.logMass[row] = parts[0].most[0] + log(parts[0].total[0]) - log(candidates)
      }
    }
    return law
  }

  private func fill(
    _ sums: Sums, _ x: UnsafePointer<Double>, _ query: Query, _ block: Range<Int>
  ) throws {
    sums.clear()
    let radius = query.width / 2
    let frame = (width + 2 * radius) * (height + 2 * radius)
    try withUnsafeTemporaryAllocation(
      of: Double.self, capacity: dimension + 3 * frame + 2 * pixels
    ) { memory in
      guard let base = memory.baseAddress else { return }
      base.initialize(repeating: 0, count: memory.count)
      let frames = base + dimension
      let work = Work(
        moved: base, errors: frames, lines: frames + frame, squares: frames + 2 * frame,
        distances: frames + 3 * frame, scratch: frames + 3 * frame + pixels)
      for picture in block {
        for dy in shifts(height, radius, query) {
          try Cancellation.check()
          let rows = allowed(dy, height, radius)
          for dx in shifts(width, radius, query) {
            let columns = allowed(dx, width, radius)
            if query.width > 0, rows.isEmpty || columns.isEmpty { continue }
            move(picture, dy, dx, work.moved)
            if query.width == 0 {
              sums.addWhole(
                work.moved, -wholeDistance(x, query.r, work.moved) / (2 * query.s * query.s))
            } else {
              patchDistances(x, query, rows, columns, work)
              let places =
                columns.count == width
                ? [rows.lowerBound * width..<rows.upperBound * width]
                : rows.map { $0 * width + columns.lowerBound..<$0 * width + columns.upperBound }
              sums.add(
                work.moved, work.distances, 1 / (2 * query.s * query.s), places, work.scratch)
            }
          }
        }
      }
    }
  }

  private struct Work {
    /// φ_k, [c, h, w].
    let moved: UnsafeMutablePointer<Double>
    /// ‖x − r φ_k‖² of each pixel with a frame as wide as the patch reaches, sums along its rows, and sums of those.
    let errors: UnsafeMutablePointer<Double>
    let lines: UnsafeMutablePointer<Double>
    let squares: UnsafeMutablePointer<Double>
    /// D_k, [h, w].
    let distances: UnsafeMutablePointer<Double>
    let scratch: UnsafeMutablePointer<Double>
  }

  /// How far along an axis pictures are moved.
  private func shifts(_ length: Int, _ radius: Int, _ query: Query) -> ClosedRange<Int> {
    guard isEquivariant else { return 0...0 }
    if isCircular || query.width == 0 { return 0...length - 1 }
    let most = max(0, length - 1 - 2 * radius)
    return -most...most
  }

  /// The pixels along an axis that are compared to those a shift away: at which the border cuts both
  /// patches alike.
  private func allowed(_ shift: Int, _ length: Int, _ radius: Int) -> Range<Int> {
    if isCircular || shift == 0 { return 0..<length }
    let (low, high) = (max(radius, radius - shift), min(length - radius, length - radius - shift))
    return low..<max(low, high)
  }

  /// φ[p + shift], around the borders; what is not there is not compared, and stays as it is.
  private func move(_ picture: Int, _ dy: Int, _ dx: Int, _ out: UnsafeMutablePointer<Double>) {
    let source = pictures.pointer(Double.self) + picture * dimension
    let (dy, dx) = ((dy + height) % height, (dx + width) % width)
    for c in 0..<channels {
      for y in 0..<height {
        let from = source + c * pixels + (y + dy) % height * width
        let to = out + c * pixels + y * width
        to.update(from: from + dx, count: width - dx)
        (to + width - dx).update(from: from, count: dx)
      }
    }
  }

  private func wholeDistance(
    _ x: UnsafePointer<Double>, _ r: Double, _ moved: UnsafePointer<Double>
  ) -> Double {
    var total = SIMD4<Double>.zero
    let whole = dimension & ~3
    for i in stride(from: 0, to: whole, by: 4) {
      let change =
        UnsafeRawPointer(x + i).loadUnaligned(as: SIMD4<Double>.self)
        - UnsafeRawPointer(moved + i).loadUnaligned(as: SIMD4<Double>.self) * r
      total += change * change
    }
    for i in whole..<dimension { total[0] += (x[i] - r * moved[i]) * (x[i] - r * moved[i]) }
    return total.sum()
  }

  /// D of the patch about each pixel of some rows and columns.
  private func patchDistances(
    _ x: UnsafePointer<Double>, _ query: Query, _ rows: Range<Int>, _ columns: Range<Int>,
    _ work: Work
  ) {
    let radius = query.width / 2
    let padded = width + 2 * radius
    for y in max(0, rows.lowerBound - radius)..<min(height, rows.upperBound + radius) {
      let line = work.errors + (y + radius) * padded
      for i in 0..<width { line[radius + i] = 0 }
      for c in 0..<channels {
        let (own, other) = (x + c * pixels + y * width, work.moved + c * pixels + y * width)
        for i in 0..<width {
          let change = own[i] - query.r * other[i]
          line[radius + i] += change * change
        }
      }
      guard isCircular else { continue }
      for i in 0..<radius {
        line[i] = line[width + i]
        line[width + radius + i] = line[radius + i]
      }
    }
    if isCircular {
      for i in 0..<radius {
        (work.errors + i * padded).update(from: work.errors + (height + i) * padded, count: padded)
        (work.errors + (height + radius + i) * padded).update(
          from: work.errors + (radius + i) * padded, count: padded)
      }
    }
    // All rows in one loop: what runs over the end of a row is not read.
    let first = rows.lowerBound * padded
    let (squares, lines) = (rows.count * padded - 2 * radius, 2 * radius * padded)
    addShifted(work.errors + first, by: 1, query.width, squares + lines, to: work.lines + first)
    addShifted(work.lines + first, by: padded, query.width, squares, to: work.squares + first)
    for y in rows {
      (work.distances + y * width + columns.lowerBound).update(
        from: work.squares + y * padded + columns.lowerBound, count: columns.count)
    }
  }

  /// out[i] = Σ_{o < terms} from[i + o step].
  private func addShifted(
    _ from: UnsafePointer<Double>, by step: Int, _ terms: Int, _ count: Int,
    to out: UnsafeMutablePointer<Double>
  ) {
    out.update(from: from, count: count)
    for o in 1..<max(1, terms) {
      let term = from + o * step
      for i in 0..<count { out[i] += term[i] }
    }
  }
}

/// Σ W, Σ W φ and the greatest exponent so far, of each pixel; of whole pictures all pixels share the first.
private struct Sums {
  let most: UnsafeMutablePointer<Double>
  let total: UnsafeMutablePointer<Double>
  /// Σ W φ, [c, h, w].
  let values: UnsafeMutablePointer<Double>
  private let channels: Int
  private let pixels: Int

  /// What weighs e^−reach of the greatest is left out.
  private static let reach = 45.0

  static func size(channels: Int, pixels: Int) -> Int { (channels + 2) * pixels }

  init(_ memory: UnsafeMutablePointer<Double>, _ channels: Int, _ pixels: Int) {
    (most, total, values) = (memory, memory + pixels, memory + 2 * pixels)
    (self.channels, self.pixels) = (channels, pixels)
  }

  func clear() {
    most.update(repeating: -.infinity, count: pixels)
    total.update(repeating: 0, count: (channels + 1) * pixels)
  }

  /// Adds one candidate to some pixels.
  ///
  /// - Parameter scratch: room for a number for each pixel.
  func add(
    _ picture: UnsafePointer<Double>, _ distances: UnsafePointer<Double>, _ factor: Double,
    _ places: [Range<Int>], _ scratch: UnsafeMutablePointer<Double>
  ) {
    for range in places {
      let (first, count) = (range.lowerBound, range.count)
      let (most, far) = (most + first, distances + first)
      for i in 0..<count { scratch[i] = -abs(far[i] * factor + most[i]) }
      kernels.exp(UnsafePointer(scratch), scratch, count)
      for i in 0..<count {
        let isMost = -far[i] * factor > most[i]
        let share = isMost ? 1 : scratch[i]
        scratch[i] = isMost ? scratch[i] : 1
        most[i] = isMost ? -far[i] * factor : most[i]
        total[first + i] = total[first + i] * scratch[i] + share
        for c in 0..<channels {
          let place = c * pixels + first + i
          values[place] = values[place] * scratch[i] + share * picture[place]
        }
      }
    }
  }

  /// Adds `weight` e^exponent of a pixel whose values are picture/weight.
  @inline(__always)
  private func add(
    _ p: Int, _ exponent: Double, _ weight: Double, _ picture: UnsafePointer<Double>
  ) {
    let change = exponent - most[p]
    if change > 0 {
      let keep = exp(-change)
      most[p] = exponent
      total[p] = total[p] * keep + weight
      for c in 0..<channels {
        values[c * pixels + p] = values[c * pixels + p] * keep + picture[c * pixels + p]
      }
    } else if change > -Self.reach {
      let share = exp(change)
      total[p] += share * weight
      for c in 0..<channels { values[c * pixels + p] += share * picture[c * pixels + p] }
    }
  }

  /// Adds a candidate to the whole picture.
  func addWhole(_ picture: UnsafePointer<Double>, _ exponent: Double, weight: Double = 1) {
    let change = exponent - most[0]
    let size = channels * pixels
    if change > 0 {
      let keep = exp(-change)
      for p in 0..<pixels {
        most[p] = exponent
        total[p] = total[p] * keep + weight
      }
      for i in 0..<size { values[i] = values[i] * keep + picture[i] }
    } else if change > -Self.reach {
      let share = exp(change)
      for p in 0..<pixels { total[p] += share * weight }
      for i in 0..<size { values[i] += share * picture[i] }
    }
  }

  /// Adds the sums of other candidates.
  func add(_ other: Sums) {
    for p in 0..<pixels where other.total[p] > 0 {
      add(p, other.most[p], other.total[p], UnsafePointer(other.values))
    }
  }

  func write(_ means: inout [Double], at start: Int) {
    for c in 0..<channels {
      for p in 0..<pixels { means[start + c * pixels + p] = values[c * pixels + p] / total[p] }
    }
  }
}
