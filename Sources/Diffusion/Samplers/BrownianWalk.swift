import Catalog
import Glibc
import KernelsBase
import Tensors

/// A place on a path for some rows. It remembers the stretches it went through, so that times near each other
/// cost little.
struct BrownianWalk {
  /// Powers of 2 whose values the construction starts from, and how often a stretch is halved.
  private static let powers = -24...23
  private static let halvings = 22

  /// What is kept for each number: the ends between powers of 2, the middle of each half, and the draw.
  typealias Workspace = InlineArray<25, Double>
  private static let drawSlot = halvings + 2

  private struct Source {
    let stream: RandomStream
    let firstRow: Int
    let rows: Int
    let width: Int

    /// N(0, 1) numbers of a place, the same each time.
    func draw(_ place: UInt32, _ out: UnsafeMutablePointer<Double>) {
      kernels.normal(
        out, rows: rows, columns: width, key: stream.key, step: place,
        firstRow: UInt64(firstRow))
    }
  }

  private struct Stretch {
    let from: Double
    let to: Double
    /// Where the values at both ends are kept.
    let start: Int
    let end: Int
    let node: UInt32
  }

  private let source: Source
  /// So many numbers for each slot.
  private let size: Int
  private var values: [Double] = []
  /// From a stretch between powers of 2 on, each a half of the one before.
  private var stretches: [Stretch] = []
  private var power = Int.min
  /// The last two places that were asked for: a step that follows another begins where that one ends.
  private var recent: [(t: Double, value: [Double])] = []

  init(_ path: BrownianPath, firstRow: Int, rows: Int, width: Int) {
    source = Source(stream: path.stream, firstRow: firstRow, rows: rows, width: width)
    size = rows * width
  }

  /// The start of a sampler, independent of the path.
  func start() -> [Double] {
    [Double](unsafeUninitializedCapacity: size) { out, count in
      if let out = out.baseAddress { source.draw(UInt32.max, out) }
      count = size
    }
  }

  /// W(t).
  mutating func value(at t: Double) throws -> [Double] {
    if let known = recent.first(where: { $0.t == t }) { return known.value }
    let value = try found(at: t)
    if recent.count == 2 { recent.removeFirst() }
    recent.append((t, value))
    return value
  }

  private mutating func found(at t: Double) throws -> [Double] {
    let (least, most) = (Self.powers.lowerBound, Self.powers.upperBound)
    guard t >= 0, t <= exp2(Double(most)) else {
      throw UserError("a Brownian path has times from 0 to 2^\(most), got \(formatNumber(t))")
    }
    if t == 0 { return [Double](repeating: 0, count: size) }
    let power = max(Int(clamping: log2(t).rounded(.up)), least)
    if power != self.power { begin(power) }
    while let last = stretches.last, stretches.count > 1, t < last.from || t > last.to {
      stretches.removeLast()
    }
    while let last = stretches.last {
      if t == last.from { return slot(last.start) }
      if t == last.to { return slot(last.end) }
      if stretches.count > Self.halvings {
        return between(last, (t - last.from) / (last.to - last.from))
      }
      halve(last, holding: t)
    }
    return []
  }

  private func slot(_ place: Int) -> [Double] { Array(values[place * size..<(place + 1) * size]) }

  /// From 2^(power − 1) to 2^power; the lowest from 0.
  private mutating func begin(_ power: Int) {
    self.power = power
    let least = Self.powers.lowerBound
    if values.isEmpty {
      values = [Double](repeating: 0, count: (Self.drawSlot + 1) * size)
    } else {
      for i in 0..<2 * size { values[i] = 0 }
    }
    let (source, size) = (source, size)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      let (end, z) = (start + size, start + Self.drawSlot * size)
      for place in least...power {
        // The first is W(2^least), each other the difference of two neighbours.
        let spread = exp2(Double(place == least ? least : place - 1) / 2)
        source.draw(UInt32(place - least) << 26, z)
        for i in 0..<size {
          start[i] = end[i]
          end[i] += spread * z[i]
        }
      }
    }
    let from = power == least ? 0 : exp2(Double(power - 1))
    stretches = [
      Stretch(
        from: from, to: exp2(Double(power)), start: 0, end: 1,
        node: UInt32(power - least) << 26 | 1)
    ]
  }

  /// Goes on into the half of a stretch in which t lies.
  private mutating func halve(_ whole: Stretch, holding t: Double) {
    let middle = whole.from + (whole.to - whole.from) / 2
    let spread = (whole.to - whole.from).squareRoot() / 2
    let slot = stretches.count + 1
    let (source, size) = (source, size)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let all = buffer.baseAddress else { return }
      let (z, value) = (all + Self.drawSlot * size, all + slot * size)
      let (start, end) = (all + whole.start * size, all + whole.end * size)
      source.draw(whole.node, z)
      for i in 0..<size { value[i] = (start[i] + end[i]) / 2 + spread * z[i] }
    }
    // Places of a stretch between powers of 2 count from 1 as in a heap, below its own six bits.
    let (base, place) = ((whole.node >> 26) << 26, whole.node & ((1 << 26) - 1))
    stretches.append(
      t <= middle
        ? Stretch(
          from: whole.from, to: middle, start: whole.start, end: slot, node: base | place * 2)
        : Stretch(
          from: middle, to: whole.to, start: slot, end: whole.end, node: base | (place * 2 + 1)))
  }

  private func between(_ stretch: Stretch, _ share: Double) -> [Double] {
    (0..<size).map {
      let start = values[stretch.start * size + $0]
      return start + (values[stretch.end * size + $0] - start) * share
    }
  }
}
