/// Norms and activations of planes, sixteen lanes at a time.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// A function of each number and its derivative times a gradient. They are types and no closures, so that each
/// loop is compiled for each of them.
private protocol LaneFunction {
  init()
  func value(_ z: F16) -> F16
  func pulled(_ z: F16, _ dy: F16) -> F16
}

private struct Identity: LaneFunction {
  @inline(__always) func value(_ z: F16) -> F16 { z }
  @inline(__always) func pulled(_ z: F16, _ dy: F16) -> F16 { dy }
}

private struct Rectified: LaneFunction {
  @inline(__always) func value(_ z: F16) -> F16 {
    z.replacing(with: F16(), where: z .<= F16())
  }
  @inline(__always) func pulled(_ z: F16, _ dy: F16) -> F16 {
    F16().replacing(with: dy, where: z .> F16())
  }
}

/// z s with s = 1/(1 + e^−z); the derivative is s (1 + z (1 − s)).
private struct Swish: LaneFunction {
  @inline(__always) func value(_ z: F16) -> F16 { VectorMath.silu(z) }
  @inline(__always) func pulled(_ z: F16, _ dy: F16) -> F16 {
    let s = VectorMath.sigmoid(z)
    return dy * s * fma(z, 1 - s, F16(repeating: 1))
  }
}

/// Numbers that are added in float before the sums go to Double.
private let runLength = 256 * 16

extension Kernels {
  public static func laneMoments(_ x: FloatIn, count: Int, into sums: DoubleOut) {
    var start = 0
    while start < count {
      let end = min(count, start &+ runLength)
      var (total, squares) = (F16(), F16())
      var i = start
      while i &+ 16 <= end {
        let v = load(x, i)
        total += v
        squares = fma(v, v, squares)
        i &+= 16
      }
      if i < end {
        let v = loadPart(x + i, end &- i)
        total += v
        squares = fma(v, v, squares)
      }
      collect(total, squares, sums)
      start = end
    }
  }

  public static func activateLanes(_ f: LaneAffine, _ x: FloatIn, _ y: FloatOut, count: Int) {
    switch f.activation {
    case .none: activate(Identity.self, f, x, y, count)
    case .relu: activate(Rectified.self, f, x, y, count)
    case .silu: activate(Swish.self, f, x, y, count)
    }
  }

  public static func laneGradientSums(
    _ f: LaneAffine, _ x: FloatIn, _ dy: FloatIn, count: Int, into sums: DoubleOut
  ) {
    switch f.activation {
    case .none: gradientSums(Identity.self, f, x, dy, count, sums)
    case .relu: gradientSums(Rectified.self, f, x, dy, count, sums)
    case .silu: gradientSums(Swish.self, f, x, dy, count, sums)
    }
  }

  public static func laneGradients(
    _ f: LaneAffine, slope: FloatIn, offset: FloatIn, _ x: FloatIn, _ dy: FloatIn, _ dx: FloatOut,
    count: Int
  ) {
    let line = (slope: load(slope, 0), offset: load(offset, 0))
    switch f.activation {
    case .none: gradients(Identity.self, f, line, x, dy, dx, count)
    case .relu: gradients(Rectified.self, f, line, x, dy, dx, count)
    case .silu: gradients(Swish.self, f, line, x, dy, dx, count)
    }
  }
}

@inline(__always) private func collect(_ a: F16, _ b: F16, _ sums: DoubleOut) {
  for lane in 0..<16 {
    sums[lane] += Double(a[lane])
    sums[16 &+ lane] += Double(b[lane])
  }
}

@inline(never) private func activate<F: LaneFunction>(
  _: F.Type, _ f: LaneAffine, _ x: FloatIn, _ y: FloatOut, _ count: Int
) {
  let (scale, shift) = (load(f.scale, 0), load(f.shift, 0))
  var i = 0
  while i &+ 16 <= count {
    store(F().value(fma(load(x, i), scale, shift)), y, i)
    i &+= 16
  }
  if i < count {
    let v = F().value(fma(loadPart(x + i, count &- i), scale, shift))
    storePart(v, y + i, count &- i)
  }
}

@inline(never) private func gradientSums<F: LaneFunction>(
  _: F.Type, _ f: LaneAffine, _ x: FloatIn, _ dy: FloatIn, _ count: Int, _ sums: DoubleOut
) {
  let (scale, shift) = (load(f.scale, 0), load(f.shift, 0))
  var start = 0
  while start < count {
    let end = min(count, start &+ runLength)
    var (total, products) = (F16(), F16())
    var i = start
    while i &+ 16 <= end {
      let v = load(x, i)
      let h = F().pulled(fma(v, scale, shift), load(dy, i))
      total += h
      products = fma(h, v, products)
      i &+= 16
    }
    if i < end {
      let v = loadPart(x + i, end &- i)
      let h = F().pulled(fma(v, scale, shift), loadPart(dy + i, end &- i))
      total += h
      products = fma(h, v, products)
    }
    collect(total, products, sums)
    start = end
  }
}

@inline(never) private func gradients<F: LaneFunction>(
  _: F.Type, _ f: LaneAffine, _ line: (slope: F16, offset: F16), _ x: FloatIn, _ dy: FloatIn,
  _ dx: FloatOut, _ count: Int
) {
  let (scale, shift) = (load(f.scale, 0), load(f.shift, 0))
  var i = 0
  while i &+ 16 <= count {
    let v = load(x, i)
    let h = F().pulled(fma(v, scale, shift), load(dy, i))
    store(fma(h, scale, fma(line.slope, v, line.offset)), dx, i)
    i &+= 16
  }
  if i < count {
    let v = loadPart(x + i, count &- i)
    let h = F().pulled(fma(v, scale, shift), loadPart(dy + i, count &- i))
    storePart(fma(h, scale, fma(line.slope, v, line.offset)), dx + i, count &- i)
  }
}
