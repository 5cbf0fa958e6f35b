/// Elementwise operations on two rows, either of which may be a single repeated number.

#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func add(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 + $1 }
  }

  public static func subtract(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 - $1 }
  }

  public static func multiply(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 * $1 }
  }

  public static func divide(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 / $1 }
  }

  public static func maximum(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $1.replacing(with: $0, where: ($0 .> $1) .| ($0 .!= $0)) }
  }

  public static func minimum(
    _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $1.replacing(with: $0, where: ($0 .< $1) .| ($0 .!= $0)) }
  }

  public static func add(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 + $1 }
  }

  public static func subtract(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 - $1 }
  }

  public static func multiply(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 * $1 }
  }

  public static func divide(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $0 / $1 }
  }

  public static func maximum(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $1.replacing(with: $0, where: ($0 .> $1) .| ($0 .!= $0)) }
  }

  public static func minimum(
    _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int
  ) {
    broadcast(a, aStep, b, bStep, y, n) { $1.replacing(with: $0, where: ($0 .< $1) .| ($0 .!= $0)) }
  }
}

@inline(__always) func broadcast(
  _ a: FloatIn, _ aStep: Int, _ b: FloatIn, _ bStep: Int, _ y: FloatOut, _ n: Int,
  _ f: (F16, F16) -> F16
) {
  if n <= 0 { return }
  if aStep != 0 && bStep != 0 {
    map(a, b, y, n, f)
  } else if aStep != 0 {
    let right = F16(repeating: b.pointee)
    map(a, y, n) { f($0, right) }
  } else if bStep != 0 {
    let left = F16(repeating: a.pointee)
    map(b, y, n) { f(left, $0) }
  } else {
    Kernels.fill(y, f(F16(repeating: a.pointee), F16(repeating: b.pointee))[0], n)
  }
}

@inline(__always) func broadcast(
  _ a: DoubleIn, _ aStep: Int, _ b: DoubleIn, _ bStep: Int, _ y: DoubleOut, _ n: Int,
  _ f: (D8, D8) -> D8
) {
  if n <= 0 { return }
  if aStep != 0 && bStep != 0 {
    map(a, b, y, n, f)
  } else if aStep != 0 {
    let right = D8(repeating: b.pointee)
    map(a, y, n) { f($0, right) }
  } else if bStep != 0 {
    let left = D8(repeating: a.pointee)
    map(b, y, n) { f(left, $0) }
  } else {
    Kernels.fill(y, f(D8(repeating: a.pointee), D8(repeating: b.pointee))[0], n)
  }
}
