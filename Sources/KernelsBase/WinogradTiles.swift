/// From the map to transformed tiles and back. Channels run outside of tiles, so that what a source or a
/// sink holds of a channel stays in registers.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  public static func winogradInputs(
    _ pass: WinogradPass, tiles: Range<Int>, into v: FloatOut, _ steps: TileSteps,
    scratch: FloatOut
  ) {
    switch pass.source.form {
    case .plain: scatter(PlainSource.self, pass, tiles, v, steps, scratch)
    case .reluScale: scatter(ReluSource.self, pass, tiles, v, steps, scratch)
    case .normBackward: scatter(NormSource.self, pass, tiles, v, steps, scratch)
    }
  }

  public static func winogradOutputs(
    _ pass: WinogradPass, tiles: Range<Int>, blocks: Range<Int>, from m: FloatIn,
    _ steps: TileSteps,
    scratch: FloatOut, sums: FloatOut
  ) {
    let gather = TileGather(pass: pass, tiles: tiles, blocks: blocks, steps: steps)
    switch pass.sink.form {
    case .plain: gather.run(PlainSink.self, m, scratch, sums)
    case .affine: gather.run(AffineSink.self, m, scratch, sums)
    case .adding: gather.run(AddingSink.self, m, scratch, sums)
    case .statistics: gather.run(StatisticsSink.self, m, scratch, sums)
    case .gradientSums: gather.run(GradientSink.self, m, scratch, sums)
    }
  }

  public static func winogradGradients(
    _ pass: WinogradPass, tiles: Range<Int>, into z: FloatOut, _ steps: TileSteps,
    scratch: FloatOut
  ) {
    switch (pass.source.form, pass.source.keeps) {
    case (.plain, _): scatterGradients(PlainSource.self, pass, tiles, z, steps, scratch)
    case (.reluScale, _): scatterGradients(ReluSource.self, pass, tiles, z, steps, scratch)
    case (_, false): scatterGradients(NormSource.self, pass, tiles, z, steps, scratch)
    case (_, true): scatterGradients(KeepingNormSource.self, pass, tiles, z, steps, scratch)
    }
  }
}

/// Bᵀ d B, d(i, j) being loaded. With 32 registers two rows at a time stay in them, and an element is loaded
/// again for each pair that needs it; with 16 the columns Bᵀ d go through `scratch`.
@inline(__always) private func transform(
  _ target: FloatOut, _ point: Int, _ scratch: FloatOut, _ d: (Int, Int) -> VF
) {
  #if KERNELS_V4
    twoRows(target, target + 30 &* point, point) { j in
      (inputEnd(d(0, j), d(2, j), d(4, j)), inputEnd(d(1, j), d(3, j), d(5, j)))
    }
    twoRows(target + 6 &* point, target + 12 &* point, point) { j in
      inputOnes(d(1, j), d(2, j), d(3, j), d(4, j))
    }
    twoRows(target + 18 &* point, target + 24 &* point, point) { j in
      inputTwos(d(1, j), d(2, j), d(3, j), d(4, j))
    }
  #else
    var j = 0
    repeat {
      let column = inputForm((d(0, j), d(1, j), d(2, j), d(3, j), d(4, j), d(5, j)))
      put(column, scratch + lanes &* j, 6 &* lanes)
      j &+= 1
    } while j < 6
    var i = 0
    repeat {
      let row = inputForm(sixVectors(FloatIn(scratch + 6 &* lanes &* i), lanes))
      put(row, target + 6 &* i &* point, point)
      i &+= 1
    } while i < 6
  #endif
}

/// Two rows of Bᵀ d, a column at a time, times B.
@inline(__always) private func twoRows(
  _ first: FloatOut, _ second: FloatOut, _ point: Int, _ column: (Int) -> (VF, VF)
) {
  let (c0, c1, c2) = (column(0), column(1), column(2))
  let (c3, c4, c5) = (column(3), column(4), column(5))
  put(inputForm((c0.0, c1.0, c2.0, c3.0, c4.0, c5.0)), first, point)
  put(inputForm((c0.1, c1.1, c2.1, c3.1, c4.1, c5.1)), second, point)
}

@inline(never) private func scatter<S: VectorSource>(
  _: S.Type, _ pass: WinogradPass, _ tiles: Range<Int>, _ v: FloatOut, _ steps: TileSteps,
  _ scratch: FloatOut
) {
  let (height, width) = (pass.input.height, pass.input.width)
  let channels = pass.input.blocks &* 16
  let patch = scratch + 36 &* lanes
  let row = width &* 16
  var c = 0
  while c < channels {
    let source = S(pass.source, channel: c)
    let plane = (c &>> 4) &* pass.input.plane &+ c & 15
    var target = v + c
    var cursor = TileCursor(tiles.lowerBound, rows: pass.tileRows, columns: pass.tileColumns)
    var left = tiles.count
    while left > 0 {
      let base = cursor.image &* pass.input.image &+ plane
      let (y, x) = (4 &* cursor.row &- pass.top, 4 &* cursor.column &- pass.left)
      let corner: Int = base &+ y &* row &+ 16 &* x
      if c & 15 == 0 { prefetchColumns(source, corner &+ 16 &* 10, row) }
      if y >= 0 && x >= 0 && y &+ 6 <= height && x &+ 6 <= width {
        transform(target, steps.point, scratch) { i, j in
          let at: Int = corner &+ i &* row
          return source.load(at &+ 16 &* j)
        }
      } else {
        fill(patch, cursor, pass, base, source)
        transform(target, steps.point, scratch) { vector(patch, (6 &* $0 &+ $1) &* lanes) }
      }
      cursor.advance()
      target += steps.tile
      left &-= 1
    }
    c &+= lanes
  }
}

/// Asks for the columns of a patch that the tile after the next one needs and the next one does not.
@inline(__always) private func prefetchColumns<S: VectorSource>(
  _ source: S, _ start: Int, _ row: Int
) {
  for i in 0..<6 {
    let at: Int = start &+ i &* row
    source.prefetch(at)
    source.prefetch(at &+ 16)
    source.prefetch(at &+ 32)
    source.prefetch(at &+ 48)
  }
}

/// The patch of a tile at the edge, by the maps of rows and columns.
@inline(__always) private func fill<S: VectorSource>(
  _ patch: FloatOut, _ cursor: TileCursor, _ pass: WinogradPass, _ base: Int, _ source: S
) {
  let rows = pass.rowMap + 4 &* cursor.row
  let columns = pass.columnMap + 4 &* cursor.column
  var at = 0
  for i in 0..<6 {
    let y = Int(rows[i])
    for j in 0..<6 {
      let x = Int(columns[j])
      let isIn = y >= 0 && x >= 0
      let offset: Int = base &+ (y &* pass.input.width &+ x) &* 16
      put(isIn ? source.load(offset) : VF(), patch, at)
      at &+= lanes
    }
  }
}

@inline(never) private func scatterGradients<S: VectorSource>(
  _: S.Type, _ pass: WinogradPass, _ tiles: Range<Int>, _ z: FloatOut, _ steps: TileSteps,
  _ scratch: FloatOut
) {
  let (height, width) = (pass.output.height, pass.output.width)
  let channels = pass.output.blocks &* 16
  var c = 0
  while c < channels {
    let source = S(pass.source, channel: c)
    let plane = (c &>> 4) &* pass.output.plane &+ c & 15
    var target = z + c
    var cursor = TileCursor(tiles.lowerBound, rows: pass.tileRows, columns: pass.tileColumns)
    var left = tiles.count
    while left > 0 {
      let base = cursor.image &* pass.output.image &+ plane
      let (y0, x0) = (4 &* cursor.row, 4 &* cursor.column)
      var j = 0
      repeat {
        let x = x0 &+ j
        let isIn = x < width
        @inline(__always) func element(_ i: Int) -> VF {
          let y = y0 &+ i
          let at: Int = base &+ (y &* width &+ x) &* 16
          return isIn && y < height ? source.load(at) : VF()
        }
        let column = gradientForm((element(0), element(1), element(2), element(3)))
        put(column, scratch + lanes &* j, 4 &* lanes)
        j &+= 1
      } while j < 4
      var i = 0
      repeat {
        let r = FloatIn(scratch + 4 &* lanes &* i)
        let row = gradientForm(
          (vector(r, 0), vector(r, lanes), vector(r, 2 &* lanes), vector(r, 3 &* lanes)))
        put(row, target + 6 &* i &* steps.point, steps.point)
        i &+= 1
      } while i < 6
      cursor.advance()
      target += steps.tile
      left &-= 1
    }
    c &+= lanes
  }
}

private struct TileGather {
  let pass: WinogradPass
  let tiles: Range<Int>
  let blocks: Range<Int>
  let steps: TileSteps

  @inline(never) func run<S: VectorSink>(
    _: S.Type, _ m: FloatIn, _ scratch: FloatOut, _ sums: FloatOut
  ) {
    let channels = 16 &* pass.output.blocks
    let first = 16 &* blocks.lowerBound
    var c = first
    while c < 16 &* blocks.upperBound {
      var sink = S(pass.sink, channel: c)
      let plane = (c &>> 4) &* pass.output.plane &+ c & 15
      var from = m + (c &- first)
      var cursor = TileCursor(tiles.lowerBound, rows: pass.tileRows, columns: pass.tileColumns)
      var left = tiles.count
      while left > 0 {
        tile(&sink, from, cursor, cursor.image &* pass.output.image &+ plane, scratch)
        cursor.advance()
        from += steps.tile
        left &-= 1
      }
      sink.finish(sums, c, channels)
      c &+= lanes
    }
  }

  @inline(__always) private func tile<S: VectorSink>(
    _ sink: inout S, _ m: FloatIn, _ cursor: TileCursor, _ base: Int, _ scratch: FloatOut
  ) {
    let point = steps.point
    let (y0, x0) = (4 &* cursor.row, 4 &* cursor.column)
    let rows = pass.output.height &- y0
    let columns = pass.output.width &- x0
    let step = 16 &* pass.output.width
    let at: Int = base &+ y0 &* step &+ 16 &* x0
    @inline(__always) func write(_ i: Int, _ row: FourOutputs) {
      guard i < rows else { return }
      let start: Int = at &+ i &* step
      sink.put(row.0, start)
      if columns > 1 { sink.put(row.1, start &+ 16) }
      if columns > 2 { sink.put(row.2, start &+ 32) }
      if columns > 3 { sink.put(row.3, start &+ 48) }
    }
    @inline(__always) func element(_ i: Int, _ j: Int) -> VF { vector(m, (6 &* i &+ j) &* point) }
    @inline(__always) func even(_ j: Int) -> (VF, VF) {
      outputEven(element(0, j), element(1, j), element(2, j), element(3, j), element(4, j))
    }
    @inline(__always) func odd(_ j: Int) -> (VF, VF) {
      outputOdd(element(1, j), element(2, j), element(3, j), element(4, j), element(5, j))
    }
    let (e0, e1, e2) = (even(0), even(1), even(2))
    let (e3, e4, e5) = (even(3), even(4), even(5))
    write(0, outputForm((e0.0, e1.0, e2.0, e3.0, e4.0, e5.0)))
    write(2, outputForm((e0.1, e1.1, e2.1, e3.1, e4.1, e5.1)))
    let (o0, o1, o2) = (odd(0), odd(1), odd(2))
    let (o3, o4, o5) = (odd(3), odd(4), odd(5))
    write(1, outputForm((o0.0, o1.0, o2.0, o3.0, o4.0, o5.0)))
    write(3, outputForm((o0.1, o1.1, o2.1, o3.1, o4.1, o5.1)))
  }
}
