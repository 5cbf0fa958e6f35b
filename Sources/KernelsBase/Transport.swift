/// Passes over one row of costs, of which an assignment takes thousands. Places are kept as numbers, so that one mask
/// serves them and the costs.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func relax(
    _ c: FloatIn, _ v: DoubleIn, shift: Double, row: Double, key: DoubleOut, from: DoubleOut,
    _ n: Int
  ) -> (least: Double, place: Int) {
    let (offset, own) = (D8(repeating: shift), D8(repeating: row))
    var least = D8(repeating: .infinity)
    var (places, place) = (D8(), firstPlaces)
    var j = 0
    while j < n {
      let candidate = widened(eight(c, j)) - load(v, j) + offset
      let old = load(key, j)
      let isLess = candidate .< old
      let now = old.replacing(with: candidate, where: isLess)
      store(now, key, j)
      store(load(from, j).replacing(with: own, where: isLess), from, j)
      let isLeast = now .< least
      least = least.replacing(with: now, where: isLeast)
      places = places.replacing(with: place, where: isLeast)
      place = place + 8
      j &+= 8
    }
    var best = 0
    for lane in 1..<8 where isBefore(lane, best, least, places) { best = lane }
    return (least[best], Int(places[best]))
  }

  public static func twoLeast(_ c: FloatIn, _ v: DoubleIn, _ n: Int) -> (
    first: Double, place: Int, second: Double, next: Int
  ) {
    var (least, second) = (D8(repeating: .infinity), D8(repeating: .infinity))
    var (places, seconds, place) = (D8(), D8(), firstPlaces)
    var j = 0
    while j < n {
      let value = widened(eight(c, j)) - load(v, j)
      let isLeast = value .< least
      let isSecond = value .< second
      // The least so far falls to the second place, where a new one takes its own.
      second = second.replacing(with: value, where: isSecond).replacing(
        with: least, where: isLeast)
      seconds = seconds.replacing(with: place, where: isSecond).replacing(
        with: places, where: isLeast)
      least = least.replacing(with: value, where: isLeast)
      places = places.replacing(with: place, where: isLeast)
      place = place + 8
      j &+= 8
    }
    var best = 0
    for lane in 1..<8 where isBefore(lane, best, least, places) { best = lane }
    var (other, next) = (second[best], seconds[best])
    for lane in 0..<8 where lane != best && least[lane] < other {
      (other, next) = (least[lane], places[lane])
    }
    return (least[best], Int(places[best]), other, Int(next))
  }
}

@inline(__always) private var firstPlaces: D8 { D8(0, 1, 2, 3, 4, 5, 6, 7) }

@inline(__always) private func eight(_ p: FloatIn, _ i: Int) -> SIMD8<Float> {
  UnsafeRawPointer(p + i).loadUnaligned(as: SIMD8<Float>.self)
}

/// Whether a lane has a smaller number than another, or the same at an earlier place.
@inline(__always) private func isBefore(_ a: Int, _ b: Int, _ numbers: D8, _ places: D8) -> Bool {
  numbers[a] < numbers[b] || (numbers[a] == numbers[b] && places[a] < places[b])
}
