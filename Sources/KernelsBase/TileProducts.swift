/// Products at the 36 points: rows of tiles in sixes times panels of filters, summed in registers.
///
/// Six rows of two vectors are 12 sums of 16 registers; AVX-512 has 32 and takes four where the outputs
/// fill them.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static var vectorLanes: Int { lanes }

  public static func panelVectors(blocks: Int) -> Int {
    #if KERNELS_V4
      blocks & 3 == 0 ? 4 : blocks & 1 == 0 ? 2 : 1
    #else
      2
    #endif
  }

  public static func tileProducts(
    _ sizes: TileProduct, _ v: FloatIn, _ u: FloatIn, _ m: FloatOut,
    filterSteps: (point: Int, panel: Int)
  ) {
    let width = sizes.vectors &* lanes
    var point = 0
    while point < 36 {
      let rows = v + point &* sizes.from.point
      var panel = 0
      while panel < sizes.panels {
        let filters = u + point &* filterSteps.point + panel &* filterSteps.panel
        let to = m + point &* sizes.to.point + panel &* width
        var tile = 0
        while tile < sizes.tiles {
          let six = SixRows(
            from: rows + tile &* sizes.from.tile, step: sizes.from.tile,
            to: to + tile &* sizes.to.tile, toStep: sizes.to.tile, inner: sizes.inner,
            adds: sizes.adds)
          switch sizes.vectors {
          case 4: six.timesFour(filters)
          case 2: six.timesTwo(filters)
          default: six.timesOne(filters)
          }
          tile &+= 6
        }
        panel &+= 1
      }
      point &+= 1
    }
  }
}

private struct SixRows {
  let from: FloatIn
  let step: Int
  let to: FloatOut
  let toStep: Int
  let inner: Int
  let adds: Bool

  typealias Sums = InlineArray<6, VF>

  @inline(__always) private func start(_ part: Int) -> Sums {
    var sums = Sums(repeating: VF())
    if adds {
      for i in 0..<6 { sums[i] = loaded(i &* toStep &+ part &* lanes) }
    }
    return sums
  }

  @inline(__always) private func loaded(_ at: Int) -> VF { vector(to, at) }

  @inline(__always) private func end(_ sums: Sums, _ part: Int) {
    for i in 0..<6 { put(sums[i], to, i &* toStep &+ part &* lanes) }
  }

  @inline(__always) func timesOne(_ u: FloatIn) {
    var a = start(0)
    var c = 0
    repeat {
      let u0 = vector(u, c &* lanes)
      for i in 0..<6 { a[i] = fma(all(from[c &+ i &* step]), u0, a[i]) }
      c &+= 1
    } while c < inner
    end(a, 0)
  }

  @inline(__always) func timesTwo(_ u: FloatIn) {
    var (a, b) = (start(0), start(1))
    var c = 0
    repeat {
      let at = 2 &* lanes &* c
      let (u0, u1) = (vector(u, at), vector(u, at &+ lanes))
      for i in 0..<6 {
        let x = all(from[c &+ i &* step])
        a[i] = fma(x, u0, a[i])
        b[i] = fma(x, u1, b[i])
      }
      c &+= 1
    } while c < inner
    end(a, 0)
    end(b, 1)
  }

  @inline(__always) func timesFour(_ u: FloatIn) {
    var (a, b, d, e) = (start(0), start(1), start(2), start(3))
    var c = 0
    repeat {
      let at = 4 &* lanes &* c
      let (u0, u1) = (vector(u, at), vector(u, at &+ lanes))
      let (u2, u3) = (vector(u, at &+ 2 &* lanes), vector(u, at &+ 3 &* lanes))
      for i in 0..<6 {
        let x = all(from[c &+ i &* step])
        a[i] = fma(x, u0, a[i])
        b[i] = fma(x, u1, b[i])
        d[i] = fma(x, u2, d[i])
        e[i] = fma(x, u3, e[i])
      }
      c &+= 1
    } while c < inner
    end(a, 0)
    end(b, 1)
    end(d, 2)
    end(e, 3)
  }
}
