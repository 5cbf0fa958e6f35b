import Catalog
import KernelsBase
import Runtime

extension DirectPlan {
  /// Runs the pass and returns the sums of the sink, if it makes any.
  func run(
    _ w: FloatIn, scale: [Float]?, _ source: MapSource, _ sink: MapSink
  ) throws -> ChannelSums? {
    let sums = SumTable(channels: to.blocks * to.depth)
    for row in rows {
      for column in columns {
        try row.map.withUnsafeBufferPointer { rowMap in
          try column.map.withUnsafeBufferPointer { columnMap in
            guard let r = rowMap.baseAddress, let c = columnMap.baseAddress else { return }
            let pass = pass(row, column, source, sink, rowMap: r, columnMap: c)
            var grid = DirectGrid(self, row, column, pass)
            try grid.pack(self, w, scale: scale)
            try run(grid, pass, sums)
          }
        }
      }
    }
    return sums.total(sink.form, channels: toChannels)
  }

  /// Parts of the panels that bands are split into, where bands are few.
  private func panelParts(_ bands: Int) -> [Range<Int>] {
    if usesDots { return [0..<1] }
    // A part ends with a block.
    let unit = max(1, 16 / panelWidth)
    let units = panels / unit
    let parts = min(units, max(1, (8 + bands - 1) / bands))
    return (0..<parts).map { (units * $0 / parts) * unit..<(units * ($0 + 1) / parts) * unit }
  }

  private func run(_ grid: DirectGrid, _ pass: DirectPass, _ sums: SumTable) throws {
    let parts = panelParts(grid.bands.count)
    let images = grid.bands.map(\.images).max() ?? 1
    let pixels = (grid.bands.map { $0.images * $0.rows }.max() ?? 1) * grid.column.count
    let window = pass.readsMap ? 0 : images * pass.windowImage
    let results = min(pixels + 6, DirectPlan.pixelsAtOnce) * rowStep
    let integers = 2 * (pixels + 6) * 2
    let tables = try sums.table(chunks: grid.bands.count)
    try grid.offsets.withUnsafeBufferPointer { offsets in
      try grid.weights.withUnsafeBufferPointer { weights in
        guard let offsets = offsets.baseAddress, let weights = weights.baseAddress else { return }
        try WorkerPool.shared.run(chunks: grid.bands.count * parts.count) { chunk in
          let (number, part) = chunk.quotientAndRemainder(dividingBy: parts.count)
          try withWorkspace(of: integers + window + results + 32, Float.self) { work in
            let places = UnsafeMutableRawPointer(work).assumingMemoryBound(to: Int.self)
            let job = BandJob(
              plan: self, grid: grid, pass: pass, band: grid.bands[number], panels: parts[part],
              offsets: offsets, weights: weights)
            job.run(
              pixels: places, targets: places + pixels + 6, window: work + integers,
              results: work + integers + window, sums: tables + number * sums.row)
          }
        }
      }
    }
  }
}

/// The work of one chunk: a band and some of the panels.
private struct BandJob {
  let plan: DirectPlan
  let grid: DirectGrid
  let pass: DirectPass
  let band: PixelBand
  let panels: Range<Int>
  let offsets: UnsafePointer<Int>
  let weights: FloatIn

  func run(
    pixels: UnsafeMutablePointer<Int>, targets: UnsafeMutablePointer<Int>, window: FloatOut,
    results: FloatOut, sums: FloatOut
  ) {
    let count = band.images * band.rows * pass.columns
    kernels.directWindow(pass, band, into: window, pixels: pixels, targets: targets)
    let from = pass.readsMap ? pass.source.values : FloatIn(window)
    let blocks =
      plan.usesDots
      ? 0..<plan.to.blocks
      : panels.lowerBound * plan.panelWidth / 16..<panels.upperBound * plan.panelWidth / 16
    for start in stride(from: 0, to: count, by: DirectPlan.pixelsAtOnce) {
      let some = min(DirectPlan.pixelsAtOnce, count - start)
      products(from, pixels + start, some, results)
      kernels.directOutputs(
        pass, targets: targets + start, count: some, blocks: blocks, from: FloatIn(results),
        rowStep: plan.rowStep, sums: sums)
    }
  }

  private func products(
    _ window: FloatIn, _ pixels: UnsafePointer<Int>, _ count: Int, _ results: FloatOut
  ) {
    if plan.usesDots {
      let runs = TapRuns(offsets, count: grid.runs[0].count, length: grid.runLength)
      if plan.from.depth == 1 { return dots(runs, pixels, count, window, results) }
      return kernels.directDots(
        window, runs, pixels: pixels, count: count, weights, outputs: plan.toChannels,
        into: results, rowStep: plan.rowStep)
    }
    for panel in panels {
      let (first, length) = grid.runs[panel]
      kernels.directProducts(
        window, TapRuns(offsets + first, count: length, length: grid.runLength),
        pixels: pixels, count: count, weights + grid.weightStarts[panel], vectors: plan.vectors,
        into: results + panel * plan.panelWidth, rowStep: plan.rowStep)
    }
  }

  /// Few planes to few planes: plain loops.
  private func dots(
    _ runs: TapRuns, _ pixels: UnsafePointer<Int>, _ count: Int, _ window: FloatIn,
    _ results: FloatOut
  ) {
    for k in 0..<plan.toChannels {
      let w = weights + k * runs.count
      for pixel in 0..<count {
        var sum: Float = 0
        for run in 0..<runs.count { sum += window[pixels[pixel] + runs.offsets[run]] * w[run] }
        results[pixel * plan.rowStep + k] = sum
      }
    }
  }
}
