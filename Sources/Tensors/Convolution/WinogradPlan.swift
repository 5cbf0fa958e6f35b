import Catalog
import KernelsBase
import Runtime

/// A pass by F(4 × 4, 3 × 3): tiles through transforms, products and back. Where the filters of all
/// outputs are too many for the cache, all tiles are transformed first and chunks are of outputs.
struct WinogradPlan {
  let batch: Int
  let from: MapExtent
  let to: MapExtent
  let fromChannels: Int
  let toChannels: Int
  let top: Int
  let left: Int
  let rowMap: [Int32]
  let columnMap: [Int32]

  /// Tiles of a chunk; a multiple of 6.
  static let tilesPerChunk = 12
  /// Tiles that the weights' gradient sums before it goes back to memory.
  static let slopeTiles = 24
  /// Outputs, in blocks, and inputs of a chunk by outputs.
  static let blocksPerChunk = 2
  static let inputsPerChunk = 128

  init(_ c: Correlation, isBackward: Bool, padded: Bool = false) {
    batch = c.batch
    let p = c.options.padding
    if isBackward {
      (from, fromChannels, toChannels) = (c.output, c.outputs, c.inputs)
      to =
        padded
        ? FeatureMap.extent(channels: c.inputs, height: c.paddedHeight, width: c.paddedWidth)
        : c.input
      (top, left) = padded ? (2, 2) : (2 - p.top, 2 - p.left)
    } else {
      (from, to, fromChannels, toChannels) = (c.input, c.output, c.inputs, c.outputs)
      (top, left) = (p.top, p.left)
    }
    let mode = isBackward ? ConvolutionOptions.PaddingMode.zero : c.options.paddingMode
    let (first, second) = (top, left)
    let (rows, columns) = ((to.height + 3) / 4, (to.width + 3) / 4)
    let (height, width) = (from.height, from.width)
    rowMap = (0..<4 * rows + 2).map {
      Correlation.place($0 - first, size: height, before: p.top, after: p.bottom, mode)
    }
    columnMap = (0..<4 * columns + 2).map {
      Correlation.place($0 - second, size: width, before: p.left, after: p.right, mode)
    }
  }

  var tileCount: Int { batch * ((to.height + 3) / 4) * ((to.width + 3) / 4) }
  var inner: Int { 16 * from.blocks }
  var outer: Int { 16 * to.blocks }
  /// Whether chunks are of outputs: filters of more than 10 MB.
  var goesByOutputs: Bool { 36 * 4 * inner * outer > 10 << 20 }
  var chunkCount: Int {
    goesByOutputs
      ? (to.blocks + WinogradPlan.blocksPerChunk - 1) / WinogradPlan.blocksPerChunk
      : (tileCount + WinogradPlan.tilesPerChunk - 1) / WinogradPlan.tilesPerChunk
  }

  /// Lanes of the transforms' scratch.
  static let scratch = 72 * 16

  static func steps(_ channels: Int) -> TileSteps {
    TileSteps(tile: 36 * channels + 16, point: channels)
  }

  /// Bytes of what is shared by all threads, and of each.
  var workspace: (shared: Int, perThread: Int) {
    if goesByOutputs {
      let width = 16 * WinogradPlan.blocksPerChunk
      return (
        4 * 36 * sixes(tileCount) * (inner + 16),
        4 * (36 * width * WinogradPlan.inputsPerChunk + sixes(tileCount) * (36 * width + 16))
      )
    }
    return (4 * 36 * inner * outer, 4 * WinogradPlan.tilesPerChunk * (36 * (inner + outer) + 32))
  }

  func sixes(_ tiles: Int) -> Int { (tiles + 5) / 6 * 6 }

  func withPass<R>(_ source: MapSource, _ sink: MapSink, _ body: (WinogradPass) throws -> R) throws
    -> R
  {
    try rowMap.withUnsafeBufferPointer { rows in
      try columnMap.withUnsafeBufferPointer { columns in
        guard let r = rows.baseAddress, let c = columns.baseAddress else {
          preconditionFailure("maps have two elements and more")
        }
        return try body(
          WinogradPass(
            input: from, output: to, padding: (top, left), rowMap: r, columnMap: c, source: source,
            sink: sink))
      }
    }
  }

  /// Runs the pass and returns the sums of the sink, if it makes any.
  func run(_ weights: WeightView, _ source: MapSource, _ sink: MapSink) throws -> ChannelSums? {
    let sums = SumTable(channels: outer)
    try withPass(source, sink) { pass in
      if goesByOutputs {
        try runByOutputs(weights, pass, sums)
      } else {
        try runByTiles(weights, pass, sums)
      }
    }
    return sums.total(sink.form, channels: toChannels)
  }

  private func runByTiles(_ weights: WeightView, _ pass: WinogradPass, _ sums: SumTable) throws {
    let vectors = kernels.panelVectors(blocks: to.blocks)
    let width = vectors * kernels.vectorLanes
    let panels = outer / width
    let (perChunk, tiles) = (WinogradPlan.tilesPerChunk, tileCount)
    let (vSteps, mSteps) = (WinogradPlan.steps(inner), WinogradPlan.steps(outer))
    let chunks = chunkCount
    let tables = try sums.table(chunks: chunks)
    try withWorkspace(of: 36 * inner * outer, Float.self) { u in
      // Each panel's filters lie together: [panel][point][input][lanes].
      try WorkerPool.shared.run(chunks: panels) { panel in
        kernels.winogradFilters(
          weights, inputs: 0..<inner, firstOutput: panel * width, panels: 1, vectors: vectors,
          into: u + panel * 36 * inner * width)
      }
      let size = perChunk * (36 * (inner + outer) + 32) + WinogradPlan.scratch
      try WorkerPool.shared.run(chunks: chunks) { chunk in
        try withWorkspace(of: size, Float.self) { v in
          let range = chunk * perChunk..<min(tiles, (chunk + 1) * perChunk)
          let m = v + perChunk * vSteps.tile
          let scratch = m + perChunk * mSteps.tile
          kernels.winogradInputs(pass, tiles: range, into: v, vSteps, scratch: scratch)
          let product = TileProduct(
            tiles: range.count, inner: inner, panels: panels, vectors: vectors, from: vSteps,
            to: mSteps, adds: false)
          kernels.tileProducts(
            product, FloatIn(v), FloatIn(u), m,
            filterSteps: (point: inner * width, panel: 36 * inner * width))
          kernels.winogradOutputs(
            pass, tiles: range, blocks: 0..<to.blocks, from: FloatIn(m), mSteps, scratch: scratch,
            sums: tables + chunk * sums.row)
        }
      }
    }
  }

  /// V of all tiles, [point][tile][channel].
  func transformAll(_ pass: WinogradPass, into v: FloatOut, _ steps: TileSteps) throws {
    let tiles = tileCount
    try WorkerPool.shared.run(count: tiles, grain: max(1, 1024 / from.blocks)) { range in
      try withWorkspace(of: WinogradPlan.scratch, Float.self) { scratch in
        kernels.winogradInputs(
          pass, tiles: range, into: v + range.lowerBound * steps.tile, steps, scratch: scratch)
      }
    }
  }

  private func runByOutputs(_ weights: WeightView, _ pass: WinogradPass, _ sums: SumTable) throws {
    let (tiles, rows) = (tileCount, sixes(tileCount))
    let vSteps = TileSteps(tile: inner + 16, point: rows * (inner + 16))
    let most = WinogradPlan.inputsPerChunk
    let tables = try sums.table(chunks: 1)
    try withWorkspace(of: 36 * vSteps.point, Float.self) { v in
      try transformAll(pass, into: v, vSteps)
      try WorkerPool.shared.run(chunks: chunkCount) { chunk in
        let first = chunk * WinogradPlan.blocksPerChunk
        let blocks = first..<min(to.blocks, first + WinogradPlan.blocksPerChunk)
        let outputs = 16 * blocks.count
        let vectors = kernels.panelVectors(blocks: blocks.count)
        let width = vectors * kernels.vectorLanes
        let mSteps = WinogradPlan.steps(outputs)
        let size = 36 * outputs * most + rows * mSteps.tile + WinogradPlan.scratch
        try withWorkspace(of: size, Float.self) { u in
          let m = u + 36 * outputs * most
          for start in stride(from: 0, to: inner, by: most) {
            let inputs = start..<min(inner, start + most)
            kernels.winogradFilters(
              weights, inputs: inputs, firstOutput: 16 * first, panels: outputs / width,
              vectors: vectors, into: u)
            let product = TileProduct(
              tiles: tiles, inner: inputs.count, panels: outputs / width, vectors: vectors,
              from: vSteps, to: mSteps, adds: start > 0)
            kernels.tileProducts(
              product, FloatIn(v) + start, FloatIn(u), m,
              filterSteps: (point: inputs.count * outputs, panel: inputs.count * width))
          }
          kernels.winogradOutputs(
            pass, tiles: 0..<tiles, blocks: blocks, from: FloatIn(m), mSteps,
            scratch: m + rows * mSteps.tile, sums: tables)
        }
      }
    }
  }
}
