import Catalog
import KernelsBase
import Runtime

/// The weights' gradient by taps. Bands of pixels are dealt out to groups, each with sums of its own.
///
/// Where the gradient is a few planes it slides over the input, in place of the other way round: the
/// vectors are then channels of the input.
struct DirectSlopePlan {
  let c: Correlation
  let isSwapped: Bool
  /// The pass whose window and pixels are used.
  let plan: DirectPlan

  init(_ c: Correlation, maySwap: Bool) {
    self.c = c
    let o = c.options
    isSwapped =
      maySwap && c.output.depth == 1 && c.input.depth == 16 && o.groups == 1 && o.stride == (1, 1)
      && !c.folds
    plan = DirectPlan(c, isBackward: isSwapped)
  }

  /// Pixels that are summed at once: a panel of their gradients stays in the first cache.
  static let pixelsAtOnce = 160

  var row: GridAxis { plan.rows[0] }
  var column: GridAxis { plan.columns[0] }
  var rowCount: Int { c.taps * plan.fromChannels }
  var rowsAtOnce: Int { kernels.slopeRows(rowCount) }
  var paddedRows: Int { (rowCount + rowsAtOnce - 1) / rowsAtOnce * rowsAtOnce }
  var columns: Int { plan.to.depth == 1 ? 16 : 16 * plan.to.blocks }

  /// Groups of bands: fewer where the sums are many.
  func groups(_ bands: Int) -> Int {
    let bytes = 4 * paddedRows * columns
    return min(bands, bytes <= 1 << 21 ? 16 : bytes <= 1 << 23 ? 4 : 1)
  }

  /// Parts of the columns, in blocks, so that there are enough chunks.
  func parts(_ groups: Int) -> [Range<Int>] {
    let units = max(1, columns / 32)
    let parts = min(units, max(1, (16 + groups - 1) / groups))
    return (0..<parts).map {
      let end = $0 == parts - 1 ? columns / 16 : units * ($0 + 1) / parts * 2
      return units * $0 / parts * 2..<end
    }
  }

  /// Writes dW in the field's layout.
  func run(_ x: MapSource, _ z: MapSource, into dw: FloatOut) throws {
    let bands = plan.bands(row, column)
    let groups = groups(bands.count)
    let parts = parts(groups)
    let group = paddedRows * columns
    try withWorkspace(of: groups * group, Float.self) { sums in
      try row.map.withUnsafeBufferPointer { rowMap in
        try column.map.withUnsafeBufferPointer { columnMap in
          guard let r = rowMap.baseAddress, let m = columnMap.baseAddress else { return }
          let (window, columnsSource) = isSwapped ? (z, x) : (x, z)
          let pass = plan.pass(
            row, column, window, MapSink(FloatOut(mutating: x.values)), rowMap: r, columnMap: m)
          let offsets = rowOffsets(pass)
          try offsets.withUnsafeBufferPointer { offsets in
            guard let offsets = offsets.baseAddress else { return }
            try WorkerPool.shared.run(chunks: groups * parts.count) { chunk in
              let (number, place) = chunk.quotientAndRemainder(dividingBy: parts.count)
              let blocks = parts[place]
              let job = SlopeJob(
                pass: pass, part: MapPart(plan.to, blocks: blocks), source: columnsSource,
                rows: offsets, rowCount: paddedRows,
                rowsAtOnce: rowsAtOnce)
              try job.run(
                bands[bands.count * number / groups..<bands.count * (number + 1) / groups],
                into: sums + number * group + 16 * blocks.lowerBound * paddedRows)
            }
          }
        }
      }
      try unpack(FloatIn(sums), groups, parts, into: dw)
    }
  }

  /// The place in the window of each row: a tap and a channel.
  private func rowOffsets(_ pass: DirectPass) -> [Int] {
    let depth = plan.from.depth
    var offsets: [Int] = []
    for r in row.taps {
      for t in column.taps {
        let tap = ((r.offset - row.low) * pass.windowColumns + t.offset - column.low) * depth
        for channel in 0..<plan.fromChannels {
          offsets.append(tap + channel / depth * pass.windowPlane + channel % depth)
        }
      }
    }
    while offsets.count < paddedRows { offsets.append(offsets[0]) }
    return offsets
  }

  /// Adds the groups and puts each sum where its weight is, 16 columns at a time.
  private func unpack(
    _ sums: FloatIn, _ groups: Int, _ parts: [Range<Int>], into dw: FloatOut
  ) throws {
    let group = paddedRows * columns
    let (perOut, perIn) = (c.outputs / c.options.groups, c.inputs / c.options.groups)
    var taps: [Int] = []
    for r in row.taps { for t in column.taps { taps.append(r.place * c.kernel.x + t.place) } }
    try WorkerPool.shared.run(chunks: columns / 16) { block in
      guard let part = parts.first(where: { $0.contains(block) }) else { return }
      let width = 16 * part.count
      let start = sums + 16 * part.lowerBound * paddedRows + 16 * (block - part.lowerBound)
      let lanes = min(16, plan.toChannels - 16 * block)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { total in
        for from in 0..<plan.fromChannels {
          for (number, tap) in taps.enumerated() {
            let row = start + (number * plan.fromChannels + from) * width
            for lane in 0..<16 { total[lane] = row[lane] }
            for g in 1..<max(groups, 1) {
              for lane in 0..<16 { total[lane] += row[g * group + lane] }
            }
            for lane in 0..<lanes {
              let to = 16 * block + lane
              let (o, i) = isSwapped ? (from, to) : (to, from)
              if c.options.groups == 1 {
                dw[(o * perIn + i) * c.taps + tap] = total[lane]
              } else if o / perOut == i / perIn {
                dw[(o * perIn + i % perIn) * c.taps + tap] = total[lane]
              }
            }
          }
        }
      }
    }
  }
}

/// One group's bands and one part of the columns.
private struct SlopeJob {
  let pass: DirectPass
  let part: MapPart
  let source: MapSource
  let rows: UnsafePointer<Int>
  let rowCount: Int
  let rowsAtOnce: Int

  func run(_ bands: ArraySlice<PixelBand>, into sums: FloatOut) throws {
    let columns = 16 * part.blocks.count
    sums.initialize(repeating: 0, count: rowCount * columns)
    let images = bands.map(\.images).max() ?? 1
    let pixels = (bands.map { $0.images * $0.rows }.max() ?? 1) * pass.columns
    let window = pass.readsMap ? 0 : images * pass.windowImage
    let integers = 2 * (pixels + 6) * 2
    try withWorkspace(of: integers + window + pixels * columns + 32, Float.self) { work in
      let places = UnsafeMutableRawPointer(work).assumingMemoryBound(to: Int.self)
      let targets = places + pixels + 6
      let z = work + integers + window
      for band in bands {
        try Cancellation.check()
        let count = band.images * band.rows * pass.columns
        kernels.directWindow(pass, band, into: work + integers, pixels: places, targets: targets)
        kernels.directGradients(
          part, source, targets: targets, count: count, into: z, rowStep: columns)
        for start in stride(from: 0, to: count, by: DirectSlopePlan.pixelsAtOnce) {
          kernels.directSlopes(
            pass.readsMap ? pass.source.values : FloatIn(work + integers), rows: rows,
            rowCount: rowCount, rowsAtOnce: rowsAtOnce, pixels: places + start,
            count: min(DirectSlopePlan.pixelsAtOnce, count - start),
            FloatIn(z) + start * columns, columns: columns, into: sums)
        }
      }
    }
  }
}
