// Which of very many marks can be seen.

import Glibc

/// Of the marks whose centres share one half of a dot, only the last few show: those drawn before
/// lie below so much colour that they change no shade. A cloud of any size so becomes one that the
/// surface has room for.
struct Visibility {
  private static let few = 20_000
  private static let mostCells = 1 << 24
  let frame: Rect
  /// The side of a cell.
  let dot: Double
  let alpha: Double

  /// The numbers of the points that show, in order; nil: all of them.
  func seen(_ points: [Point]) -> [Int]? {
    guard points.count > Self.few else { return nil }
    let across = (frame.width / dot).rounded(.up) + 1
    let cells = across * ((frame.height / dot).rounded(.up) + 1)
    guard cells > 0, cells <= Double(Self.mostCells) else { return nil }
    let most = most
    var counts = [UInt16](repeating: 0, count: Int(clamping: cells))
    var kept: [Int] = []
    for index in points.indices.reversed() {
      let point = points[index]
      let column = ((point.x - frame.x) / dot).rounded(.down)
      let row = ((point.y - frame.y) / dot).rounded(.down)
      let cell = min(max(Int(clamping: row * across + column), 0), counts.count - 1)
      guard counts[cell] < most else { continue }
      counts[cell] += 1
      kept.append(index)
    }
    return kept.reversed()
  }

  /// So many layers leave less than a 256th of what is below: (1 − α)^k < 1/256.
  private var most: UInt16 {
    guard alpha < 0.999 else { return 1 }
    guard alpha > 0.001 else { return .max }
    return UInt16(min((log(1.0 / 256) / log(1 - alpha)).rounded(.up), 65_535))
  }
}
