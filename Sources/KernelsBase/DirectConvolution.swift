/// Convolution by taps: a band's window with its padding, products of six pixels with panels of outputs,
/// and what the sink makes of them.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func directWindow(
    _ pass: DirectPass, _ band: PixelBand, into window: FloatOut, pixels: UnsafeMutablePointer<Int>,
    targets: UnsafeMutablePointer<Int>
  ) {
    let depth = pass.input.depth
    let rowStep = pass.windowColumns &* depth
    // In the map itself the window of a band begins with its first row.
    let (first, imageStep) =
      pass.readsMap
      ? (
        band.firstImage &* pass.input.image
          &+ Int(pass.rowMap[band.firstRow &* pass.inStep.y]) &* rowStep
          &+ Int(pass.columnMap[0]) &* depth, pass.input.image
      ) : (0, pass.windowImage)
    var pixel = 0
    for image in 0..<band.images {
      for j in 0..<band.rows {
        let row: Int = first &+ image &* imageStep &+ j &* pass.inStep.y &* rowStep
        let y: Int = pass.origin.y &+ (band.firstRow &+ j) &* pass.outStep.y
        let line: Int =
          (band.firstImage &+ image) &* pass.output.image &+ y &* pass.output.width
          &* pass.output.depth
        for i in 0..<pass.columns {
          pixels[pixel] = row &+ i &* pass.inStep.x &* depth
          let x: Int = pass.origin.x &+ i &* pass.outStep.x
          targets[pixel] = line &+ x &* pass.output.depth
          pixel &+= 1
        }
      }
    }
    // Pixels are taken in sixes.
    while pixel % 6 != 0 {
      pixels[pixel] = pixels[pixel &- 1]
      pixel &+= 1
    }
    if pass.readsMap { return }
    switch (depth, pass.source.form) {
    case (1, _): fillPlaneWindow(pass, band, window)
    case (_, .plain): fillWindow(PlainSource.self, pass, band, window)
    case (_, .reluScale): fillWindow(ReluSource.self, pass, band, window)
    case (_, .normBackward): fillWindow(NormSource.self, pass, band, window)
    }
  }

  public static func directProducts(
    _ window: FloatIn, _ runs: TapRuns, pixels: UnsafePointer<Int>, count: Int, _ weights: FloatIn,
    vectors: Int, into r: FloatOut, rowStep: Int
  ) {
    var pixel = 0
    while pixel < count {
      let six = SixPixels(
        window: window, runs: runs, pixels: pixels + pixel, to: r + pixel &* rowStep,
        toStep: rowStep)
      switch vectors {
      case 4: six.timesFour(weights)
      case 2: six.timesTwo(weights)
      default: six.timesOne(weights)
      }
      pixel &+= 6
    }
  }

  public static func directDots(
    _ window: FloatIn, _ runs: TapRuns, pixels: UnsafePointer<Int>, count: Int, _ weights: FloatIn,
    outputs: Int, into r: FloatOut, rowStep: Int
  ) {
    let last = count &- 1
    for k in 0..<outputs {
      let row = weights + k &* runs.count &* runs.length
      var pixel = 0
      while pixel < count {
        let (p0, p1) = (window + pixels[pixel], window + pixels[min(pixel &+ 1, last)])
        let (p2, p3) = (
          window + pixels[min(pixel &+ 2, last)], window + pixels[min(pixel &+ 3, last)]
        )
        var (s0, s1, s2, s3) = (VF(), VF(), VF(), VF())
        var (run, w) = (0, row)
        repeat {
          var at = runs.offsets[run]
          let end = at &+ runs.length
          repeat {
            let u = vector(w, 0)
            s0 = fma(vector(p0, at), u, s0)
            s1 = fma(vector(p1, at), u, s1)
            s2 = fma(vector(p2, at), u, s2)
            s3 = fma(vector(p3, at), u, s3)
            w += lanes
            at &+= lanes
          } while at < end
          run &+= 1
        } while run < runs.count
        r[pixel &* rowStep &+ k] = laneSum(s0)
        if pixel &+ 1 <= last { r[(pixel &+ 1) &* rowStep &+ k] = laneSum(s1) }
        if pixel &+ 2 <= last { r[(pixel &+ 2) &* rowStep &+ k] = laneSum(s2) }
        if pixel &+ 3 <= last { r[(pixel &+ 3) &* rowStep &+ k] = laneSum(s3) }
        pixel &+= 4
      }
    }
  }

  public static func directOutputs(
    _ pass: DirectPass, targets: UnsafePointer<Int>, count: Int, blocks: Range<Int>,
    from r: FloatIn, rowStep: Int, sums: FloatOut
  ) {
    if pass.output.depth == 1 {
      return handPlanes(r, rowStep, pass, targets, count, sums)
    }
    let rows = ResultRows(r: r, step: rowStep, targets: targets, count: count, blocks: blocks)
    switch pass.sink.form {
    case .plain: rows.hand(PlainSink.self, pass, sums)
    case .affine: rows.hand(AffineSink.self, pass, sums)
    case .adding: rows.hand(AddingSink.self, pass, sums)
    case .statistics: rows.hand(StatisticsSink.self, pass, sums)
    case .gradientSums: rows.hand(GradientSink.self, pass, sums)
    }
  }
}

@inline(never) private func fillWindow<S: VectorSource>(
  _: S.Type, _ pass: DirectPass, _ band: PixelBand, _ window: FloatOut
) {
  let rows = (band.rows &- 1) &* pass.inStep.y &+ pass.span
  let (plainStart, plainEnd) = (pass.plainColumns.lowerBound, pass.plainColumns.upperBound)
  for image in 0..<band.images {
    for block in 0..<pass.input.blocks {
      let base = (band.firstImage &+ image) &* pass.input.image &+ block &* pass.input.plane
      let to = window + image &* pass.windowImage + block &* pass.windowPlane
      var c = 0
      while c < 16 {
        let source = S(pass.source, channel: 16 &* block &+ c)
        for row in 0..<rows {
          let y = Int(pass.rowMap[band.firstRow &* pass.inStep.y &+ row])
          var target = to + row &* pass.windowColumns &* 16 + c
          let line: Int = base &+ y &* pass.input.width &* 16 &+ c
          var i = 0
          while i < pass.windowColumns {
            if y >= 0 && i == plainStart && plainEnd > i {
              var at: Int = line &+ Int(pass.columnMap[i]) &* 16
              repeat {
                put(source.load(at), target, 0)
                target += 16
                at &+= 16
                i &+= 1
              } while i < plainEnd
              continue
            }
            let x = Int(pass.columnMap[i])
            put(y >= 0 && x >= 0 ? source.load(line &+ 16 &* x) : VF(), target, 0)
            target += 16
            i &+= 1
          }
        }
        c &+= lanes
      }
    }
  }
}

/// Results [pixel][channel] and where each pixel goes.
struct ResultRows {
  let r: FloatIn
  let step: Int
  let targets: UnsafePointer<Int>
  let count: Int
  let blocks: Range<Int>

  @inline(never) func hand<S: VectorSink>(_: S.Type, _ pass: DirectPass, _ sums: FloatOut) {
    let channels = 16 &* pass.output.blocks
    var c = 16 &* blocks.lowerBound
    while c < 16 &* blocks.upperBound {
      var sink = S(pass.sink, channel: c)
      let plane = (c &>> 4) &* pass.output.plane &+ c & 15
      var from = r + c
      for pixel in 0..<count {
        sink.put(vector(from, 0), targets[pixel] &+ plane)
        from += step
      }
      sink.finish(sums, c, channels)
      c &+= lanes
    }
  }
}

/// Six pixels of the window, by their offsets.
private struct SixPixels {
  let window: FloatIn
  let runs: TapRuns
  let pixels: UnsafePointer<Int>
  let to: FloatOut
  let toStep: Int

  typealias Sums = InlineArray<6, VF>

  @inline(__always) private var starts: InlineArray<6, FloatIn> {
    var starts = InlineArray<6, FloatIn>(repeating: window)
    for i in 0..<6 { starts[i] = window + pixels[i] }
    return starts
  }

  @inline(__always) private func end(_ sums: Sums, _ part: Int) {
    for i in 0..<6 { put(sums[i], to, i &* toStep &+ part &* lanes) }
  }

  @inline(__always) func timesOne(_ weights: FloatIn) {
    let p = starts
    var (a, u, run) = (Sums(repeating: VF()), weights, 0)
    repeat {
      var c = runs.offsets[run]
      let end = c &+ runs.length
      repeat {
        let u0 = vector(u, 0)
        for i in 0..<6 { a[i] = fma(all(p[i][c]), u0, a[i]) }
        u += lanes
        c &+= 1
      } while c < end
      run &+= 1
    } while run < runs.count
    end(a, 0)
  }

  @inline(__always) func timesTwo(_ weights: FloatIn) {
    let p = starts
    var (a, u, run) = (Sums(repeating: VF()), weights, 0)
    var b = a
    repeat {
      var c = runs.offsets[run]
      let end = c &+ runs.length
      repeat {
        let (u0, u1) = (vector(u, 0), vector(u, lanes))
        for i in 0..<6 {
          let x = all(p[i][c])
          a[i] = fma(x, u0, a[i])
          b[i] = fma(x, u1, b[i])
        }
        u += 2 &* lanes
        c &+= 1
      } while c < end
      run &+= 1
    } while run < runs.count
    end(a, 0)
    end(b, 1)
  }

  @inline(__always) func timesFour(_ weights: FloatIn) {
    let p = starts
    var (a, u, run) = (Sums(repeating: VF()), weights, 0)
    var (b, d, e) = (a, a, a)
    repeat {
      var c = runs.offsets[run]
      let end = c &+ runs.length
      repeat {
        let (u0, u1) = (vector(u, 0), vector(u, lanes))
        let (u2, u3) = (vector(u, 2 &* lanes), vector(u, 3 &* lanes))
        for i in 0..<6 {
          let x = all(p[i][c])
          a[i] = fma(x, u0, a[i])
          b[i] = fma(x, u1, b[i])
          d[i] = fma(x, u2, d[i])
          e[i] = fma(x, u3, e[i])
        }
        u += 4 &* lanes
        c &+= 1
      } while c < end
      run &+= 1
    } while run < runs.count
    end(a, 0)
    end(b, 1)
    end(d, 2)
    end(e, 3)
  }
}
