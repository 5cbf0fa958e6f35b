/// Reductions of one row to a number, in an order fixed by its length alone.
///
/// A block of 1024 elements is summed in four vectors; block sums are added in a wider sum
/// (double for floats; two-term, after Knuth 1969 "TwoSum", for doubles), so that the error does
/// not grow with the length.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func sum(_ x: FloatIn, _ n: Int) -> Float {
    blockedSum(x, x, n, padding: 0, Fold.sum)
  }

  public static func dot(_ x: FloatIn, _ y: FloatIn, _ n: Int) -> Float {
    blockedSum(x, y, n, padding: 0, Fold.product)
  }

  public static func sumOfSquares(_ x: FloatIn, _ n: Int) -> Float {
    blockedSum(x, x, n, padding: 0, Fold.product)
  }

  public static func maximum(_ x: FloatIn, _ n: Int) -> Float {
    fold(x, n, -Float.infinity, Fold.larger)
  }

  public static func minimum(_ x: FloatIn, _ n: Int) -> Float {
    fold(x, n, Float.infinity, Fold.smaller)
  }

  public static func isFinite(_ x: FloatIn, _ n: Int) -> Bool {
    fold(x, n, 0, Fold.finite) == 0
  }

  public static func sum(_ x: DoubleIn, _ n: Int) -> Double {
    blockedSum(x, x, n, padding: 0, Fold.sum)
  }

  public static func dot(_ x: DoubleIn, _ y: DoubleIn, _ n: Int) -> Double {
    blockedSum(x, y, n, padding: 0, Fold.product)
  }

  public static func sumOfSquares(_ x: DoubleIn, _ n: Int) -> Double {
    blockedSum(x, x, n, padding: 0, Fold.product)
  }

  public static func maximum(_ x: DoubleIn, _ n: Int) -> Double {
    fold(x, n, -Double.infinity, Fold.larger)
  }

  public static func minimum(_ x: DoubleIn, _ n: Int) -> Double {
    fold(x, n, Double.infinity, Fold.smaller)
  }

  public static func isFinite(_ x: DoubleIn, _ n: Int) -> Bool {
    fold(x, n, 0, Fold.finite) == 0
  }
}

/// What one vector does to an accumulator. Named, so that it is inlined wherever it is used.
private enum Fold {
  @inline(__always) static func sum(_ a: F16, _ v: F16, _: F16) -> F16 { a + v }
  @inline(__always) static func sum(_ a: D8, _ v: D8, _: D8) -> D8 { a + v }
  @inline(__always) static func product(_ a: F16, _ v: F16, _ w: F16) -> F16 { fma(v, w, a) }
  @inline(__always) static func product(_ a: D8, _ v: D8, _ w: D8) -> D8 { fma(v, w, a) }

  /// A NaN on either side wins.
  @inline(__always) static func larger(_ a: F16, _ v: F16) -> F16 {
    a.replacing(with: v, where: (v .> a) .| (v .!= v))
  }
  @inline(__always) static func larger(_ a: D8, _ v: D8) -> D8 {
    a.replacing(with: v, where: (v .> a) .| (v .!= v))
  }
  @inline(__always) static func smaller(_ a: F16, _ v: F16) -> F16 {
    a.replacing(with: v, where: (v .< a) .| (v .!= v))
  }
  @inline(__always) static func smaller(_ a: D8, _ v: D8) -> D8 {
    a.replacing(with: v, where: (v .< a) .| (v .!= v))
  }

  /// v − v is 0 where v is finite, NaN where not.
  @inline(__always) static func finite(_ a: F16, _ v: F16) -> F16 { a + (v - v) }
  @inline(__always) static func finite(_ a: D8, _ v: D8) -> D8 { a + (v - v) }
}

/// Elements summed before the wider sum takes over.
private var blockLength: Int { 1024 }

/// Sum over one block: `add(accumulator, x, y)`, four accumulators, the tail padded.
@inline(__always) private func blockSum(
  _ x: FloatIn, _ y: FloatIn, _ n: Int, padding: Float, _ add: (F16, F16, F16) -> F16
) -> F16 {
  var (a, b, c, d) = (F16(), F16(), F16(), F16())
  var i = 0
  while i &+ 64 <= n {
    a = add(a, load(x, i), load(y, i))
    b = add(b, load(x, i &+ 16), load(y, i &+ 16))
    c = add(c, load(x, i &+ 32), load(y, i &+ 32))
    d = add(d, load(x, i &+ 48), load(y, i &+ 48))
    i &+= 64
  }
  while i &+ 16 <= n {
    a = add(a, load(x, i), load(y, i))
    i &+= 16
  }
  if i < n {
    b = add(b, loadPart(x + i, n &- i, padding), loadPart(y + i, n &- i, padding))
  }
  return (a + b) + (c + d)
}

/// Sum over one block: `add(accumulator, x, y)`, four accumulators, the tail padded.
@inline(__always) private func blockSum(
  _ x: DoubleIn, _ y: DoubleIn, _ n: Int, padding: Double, _ add: (D8, D8, D8) -> D8
) -> D8 {
  var (a, b, c, d) = (D8(), D8(), D8(), D8())
  var i = 0
  while i &+ 32 <= n {
    a = add(a, load(x, i), load(y, i))
    b = add(b, load(x, i &+ 8), load(y, i &+ 8))
    c = add(c, load(x, i &+ 16), load(y, i &+ 16))
    d = add(d, load(x, i &+ 24), load(y, i &+ 24))
    i &+= 32
  }
  while i &+ 8 <= n {
    a = add(a, load(x, i), load(y, i))
    i &+= 8
  }
  if i < n {
    b = add(b, loadPart(x + i, n &- i, padding), loadPart(y + i, n &- i, padding))
  }
  return (a + b) + (c + d)
}

@inline(__always) private func blockedSum(
  _ x: FloatIn, _ y: FloatIn, _ n: Int, padding: Float, _ add: (F16, F16, F16) -> F16
) -> Float {
  var total = D8()
  var start = 0
  while start < n {
    let block = blockSum(x + start, y + start, min(blockLength, n &- start), padding: padding, add)
    total += widened(block.lowHalf) + widened(block.highHalf)
    start &+= blockLength
  }
  return Float(laneSum(total))
}

@inline(__always) private func blockedSum(
  _ x: DoubleIn, _ y: DoubleIn, _ n: Int, padding: Double, _ add: (D8, D8, D8) -> D8
) -> Double {
  var (total, error) = (D8(), D8())
  var start = 0
  while start < n {
    let block = blockSum(x + start, y + start, min(blockLength, n &- start), padding: padding, add)
    let sum = total + block
    let part = sum - total
    error += (total - (sum - part)) + (block - part)
    total = sum
    start &+= blockLength
  }
  let plain = laneSum(total)
  // an infinite sum has no meaningful error term
  return (plain - plain) == 0 ? plain + laneSum(error) : plain
}

/// Lane i from lane (i + by) mod the number of lanes, through memory.
@inline(__always) private func rotated(_ v: F16, _ by: Int) -> F16 {
  var twice = (v, v)
  return withUnsafeMutablePointer(to: &twice) {
    (UnsafeMutableRawPointer($0) + 4 &* by).loadUnaligned(as: F16.self)
  }
}

@inline(__always) private func rotated(_ v: D8, _ by: Int) -> D8 {
  var twice = (v, v)
  return withUnsafeMutablePointer(to: &twice) {
    (UnsafeMutableRawPointer($0) + 8 &* by).loadUnaligned(as: D8.self)
  }
}

@inline(__always) func laneSum(_ v: D8) -> Double {
  let four = v.lowHalf + v.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

@inline(__always) func laneSum(_ v: F16) -> Float {
  let eight = v.lowHalf + v.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// Folds a row by an operation whose order does not matter, `identity` being neutral.
@inline(__always) private func fold(
  _ x: FloatIn, _ n: Int, _ identity: Float, _ f: (F16, F16) -> F16
) -> Float {
  var a = F16(repeating: identity)
  var (b, c, d) = (a, a, a)
  var i = 0
  while i &+ 64 <= n {
    a = f(a, load(x, i))
    b = f(b, load(x, i &+ 16))
    c = f(c, load(x, i &+ 32))
    d = f(d, load(x, i &+ 48))
    i &+= 64
  }
  while i &+ 16 <= n {
    a = f(a, load(x, i))
    i &+= 16
  }
  if i < n { b = f(b, loadPart(x + i, n &- i, identity)) }
  let v = f(f(a, b), f(c, d))
  // halves onto each other: every lane ends with the whole
  var r = v
  var width = 8
  while width > 0 {
    r = f(r, rotated(r, width))
    width /= 2
  }
  return r[0]
}

/// Folds a row by an operation whose order does not matter, `identity` being neutral.
@inline(__always) private func fold(
  _ x: DoubleIn, _ n: Int, _ identity: Double, _ f: (D8, D8) -> D8
) -> Double {
  var a = D8(repeating: identity)
  var (b, c, d) = (a, a, a)
  var i = 0
  while i &+ 32 <= n {
    a = f(a, load(x, i))
    b = f(b, load(x, i &+ 8))
    c = f(c, load(x, i &+ 16))
    d = f(d, load(x, i &+ 24))
    i &+= 32
  }
  while i &+ 8 <= n {
    a = f(a, load(x, i))
    i &+= 8
  }
  if i < n { b = f(b, loadPart(x + i, n &- i, identity)) }
  let v = f(f(a, b), f(c, d))
  // halves onto each other: every lane ends with the whole
  var r = v
  var width = 4
  while width > 0 {
    r = f(r, rotated(r, width))
    width /= 2
  }
  return r[0]
}
