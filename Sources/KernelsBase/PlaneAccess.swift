/// Sources and sinks of planes, one number at a time: the few channels of pictures.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// One element through the source.
@inline(__always) private func element(_ source: MapSource, _ channel: Int, _ at: Int) -> Float {
  let x = source.values[at]
  if source.form == .plain { return x }
  let (scale, shift) = (source.scale[channel], source.shift[channel])
  let argument = x * scale + shift
  if source.form == .reluScale { return argument < 0 ? 0 : argument }
  let on = argument > 0 ? source.gradient[at] * scale : 0
  return on + (source.slope[channel] * x + source.offset[channel])
}

func fillPlaneWindow(_ pass: DirectPass, _ band: PixelBand, _ window: FloatOut) {
  let rows = (band.rows &- 1) &* pass.inStep.y &+ pass.span
  let isPlain = pass.source.form == .plain
  for image in 0..<band.images {
    for channel in 0..<pass.input.blocks {
      let base = (band.firstImage &+ image) &* pass.input.image &+ channel &* pass.input.plane
      let to = window + image &* pass.windowImage + channel &* pass.windowPlane
      for row in 0..<rows {
        let y = Int(pass.rowMap[band.firstRow &* pass.inStep.y &+ row])
        let target = to + row &* pass.windowColumns
        let line = base &+ y &* pass.input.width
        for i in 0..<pass.windowColumns {
          let x = Int(pass.columnMap[i])
          let isIn = y >= 0 && x >= 0
          if isPlain {
            target[i] = isIn ? pass.source.values[line &+ x] : 0
          } else {
            target[i] = isIn ? element(pass.source, channel, line &+ x) : 0
          }
        }
      }
    }
  }
}

func fillPlaneGradients(
  _ extent: MapExtent, _ source: MapSource, _ targets: UnsafePointer<Int>, _ count: Int,
  _ z: FloatOut, _ step: Int
) {
  for pixel in 0..<count {
    let row = z + pixel &* step
    for channel in 0..<extent.blocks {
      let at = targets[pixel] &+ channel &* extent.plane
      let v = element(source, channel, at)
      if source.keeps { source.gradient[at] = v }
      row[channel] = v
    }
    for rest in extent.blocks..<max(extent.blocks, step) { row[rest] = 0 }
  }
}

func handPlanes(
  _ r: FloatIn, _ step: Int, _ pass: DirectPass, _ targets: UnsafePointer<Int>, _ count: Int,
  _ sums: FloatOut
) {
  let (sink, channels) = (pass.sink, pass.output.blocks)
  for channel in 0..<channels {
    var (first, second): (Float, Float) = (0, 0)
    for pixel in 0..<count {
      let at = targets[pixel] &+ channel &* pass.output.plane
      var v = r[pixel &* step &+ channel]
      switch sink.form {
      case .plain: break
      case .adding: v += sink.target[at]
      case .affine:
        v += sink.bias[channel]
        if v < sink.floor { v = sink.floor }
      case .statistics:
        v += sink.bias[channel]
        first += v
        second += v * v
      case .gradientSums:
        let on = sink.y[at] * sink.scale[channel] + sink.shift[channel] > 0 ? v : 0
        first += on
        second += on * sink.y[at]
      }
      sink.target[at] = v
    }
    if sink.form == .statistics || sink.form == .gradientSums {
      sums[channel] += first
      sums[channels &+ channel] += second
    }
  }
}
