/// Random Fourier features of time (Tancik et al. 2020; Song et al. 2021):
/// γ(t) = [sin 2π ω₁ t, …, cos 2π ω₁ t, …].
///
/// ω t is reduced by its nearest integer before the polynomial, so large ω t loses nothing more.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func fourierFeatures(
    _ t: FloatIn, _ omega: FloatIn, _ out: FloatOut, count: Int, frequencies: Int
  ) {
    if count <= 0 || frequencies <= 0 { return }
    if frequencies == 2 { return fourierFeatures2(t, omega, out, count) }
    if frequencies >= 8 {
      for i in 0..<count {
        featureRow(t[i], omega, out + i &* 2 &* frequencies, frequencies)
      }
      return
    }
    var i = 0
    while i < count {  // 16 examples at a time
      let lanes = min(16, count &- i)
      let times = lanes == 16 ? load(t, i) : loadPart(t + i, lanes)
      for j in 0..<frequencies {
        let (sine, cosine) = VectorMath.sinCosTurns(times * omega[j])
        for lane in 0..<lanes {
          let row = out + (i &+ lane) &* 2 &* frequencies
          row[j] = sine[lane]
          row[frequencies &+ j] = cosine[lane]
        }
      }
      i &+= 16
    }
  }
}

/// One example, 16 frequencies at a time.
@inline(__always) private func featureRow(
  _ t: Float, _ omega: FloatIn, _ row: FloatOut, _ frequencies: Int
) {
  var j = 0
  while j < frequencies {
    let lanes = min(16, frequencies &- j)
    let w = lanes == 16 ? load(omega, j) : loadPart(omega + j, lanes)
    let (sine, cosine) = VectorMath.sinCosTurns(w * t)
    if lanes == 16 {
      store(sine, row, j)
      store(cosine, row, frequencies &+ j)
    } else {
      storePart(sine, row + j, lanes)
      storePart(cosine, row + (frequencies &+ j), lanes)
    }
    j &+= 16
  }
}

/// Two frequencies: rows of four numbers.
private func fourierFeatures2(_ t: FloatIn, _ omega: FloatIn, _ out: FloatOut, _ count: Int) {
  var i = 0
  while i < count {
    let lanes = min(16, count &- i)
    let times = lanes == 16 ? load(t, i) : loadPart(t + i, lanes)
    let first = VectorMath.sinCosTurns(times * omega[0])
    let second = VectorMath.sinCosTurns(times * omega[1])
    let rows = FourVectors(v0: first.sin, v1: second.sin, v2: first.cos, v3: second.cos)
    if lanes == 16 {
      rows.storeInterleaved(out + 4 &* i)
    } else {
      for lane in 0..<lanes {
        let row = out + 4 &* (i &+ lane)
        row[0] = rows.v0[lane]
        row[1] = rows.v1[lane]
        row[2] = rows.v2[lane]
        row[3] = rows.v3[lane]
      }
    }
    i &+= 16
  }
}
