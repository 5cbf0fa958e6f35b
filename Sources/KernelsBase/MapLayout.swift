/// Between planes and blocks of 16 channels.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func interleave(_ x: FloatIn, lanes: Int, pixels: Int, into y: FloatOut) {
    var pixel = 0
    // Sixteen pixels at a time, so that whole lines of each plane are read.
    while pixel < pixels {
      let end = min(pixel &+ 16, pixels)
      for lane in 0..<16 {
        let plane = x + lane &* pixels
        for p in pixel..<end { y[16 &* p &+ lane] = lane < lanes ? plane[p] : 0 }
      }
      pixel = end
    }
  }

  public static func part(_ x: FloatIn, lanes: Int, pixels: Int, into y: FloatOut) {
    var pixel = 0
    while pixel < pixels {
      let end = min(pixel &+ 16, pixels)
      for lane in 0..<lanes {
        let plane = y + lane &* pixels
        for p in pixel..<end { plane[p] = x[16 &* p &+ lane] }
      }
      pixel = end
    }
  }
}
