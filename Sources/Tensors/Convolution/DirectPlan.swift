import Catalog
import KernelsBase
import Runtime

/// A pass by taps from one map to another: forward, or backward as the sum over grids.
struct DirectPlan {
  let batch: Int
  let from: MapExtent
  let to: MapExtent
  let fromChannels: Int
  let toChannels: Int
  let groups: Int
  let rows: [GridAxis]
  let columns: [GridAxis]
  let kernelWidth: Int
  /// Where the weight of output o and input i of its group is: o·outStep + i·inStep, + the tap's place.
  let weightSteps: (out: Int, in: Int)
  /// Whether weights are counted by the input channel and the output's place in its group.
  let isBackward: Bool

  /// Pixels that a band aims at.
  static let bandPixels = 480
  /// Pixels whose results are held before the sink has them, a multiple of 6: few enough for the cache.
  static let pixelsAtOnce = 96

  init(_ c: Correlation, isBackward: Bool, padded: Bool = false) {
    (batch, groups, kernelWidth) = (c.batch, c.options.groups, c.kernel.x)
    self.isBackward = isBackward
    if isBackward {
      (from, fromChannels, toChannels) = (c.output, c.outputs, c.inputs)
      to =
        padded
        ? FeatureMap.extent(channels: c.inputs, height: c.paddedHeight, width: c.paddedWidth)
        : c.input
      (rows, columns) = c.backwardGrids(padded: padded)
      weightSteps = (c.taps, c.inputs / c.options.groups * c.taps)
    } else {
      (from, to, fromChannels, toChannels) = (c.input, c.output, c.inputs, c.outputs)
      (rows, columns) = c.forwardGrids()
      weightSteps = (c.inputs / c.options.groups * c.taps, c.taps)
    }
  }

  /// Vectors of a panel: one where groups leave parts of the inputs out.
  var vectors: Int {
    groups > 1 ? min(1 * 16 / kernels.vectorLanes, 2) : kernels.panelVectors(blocks: to.blocks)
  }
  var usesDots: Bool { to.depth == 1 }
  /// Outputs of a panel and the number of panels.
  var panelWidth: Int { vectors * kernels.vectorLanes }
  var panels: Int { (usesDots ? 16 : 16 * to.blocks) / panelWidth }
  var rowStep: Int { usesDots ? 4 : 16 * to.blocks }

  /// The blocks of inputs that outputs from `first` on, `count` of them, read.
  func inputBlocks(_ first: Int, _ count: Int) -> Range<Int> {
    if groups == 1 { return 0..<from.blocks }
    let (perOut, perIn) = (toChannels / groups, fromChannels / groups)
    let group = min(first, toChannels - 1) / perOut
    let last = min(first + count - 1, toChannels - 1) / perOut
    return group * perIn / from.depth..<((last + 1) * perIn + from.depth - 1) / from.depth
  }

  /// Bands of a grid, each of about `bandPixels` pixels.
  func bands(_ row: GridAxis, _ column: GridAxis) -> [PixelBand] {
    let pixels = row.count * column.count
    if pixels <= DirectPlan.bandPixels {
      let images = max(1, DirectPlan.bandPixels / pixels)
      return stride(from: 0, to: batch, by: images).map {
        PixelBand(firstImage: $0, images: min(images, batch - $0), firstRow: 0, rows: row.count)
      }
    }
    let height = max(1, DirectPlan.bandPixels / column.count)
    return (0..<batch).flatMap { image in
      stride(from: 0, to: row.count, by: height).map {
        PixelBand(firstImage: image, images: 1, firstRow: $0, rows: min(height, row.count - $0))
      }
    }
  }

  /// The pass of a grid; the maps are those of the axes.
  func pass(
    _ row: GridAxis, _ column: GridAxis, _ source: MapSource, _ sink: MapSink,
    rowMap: UnsafePointer<Int32>, columnMap: UnsafePointer<Int32>
  ) -> DirectPass {
    var pass = DirectPass(
      input: from, output: to, columns: column.count, rowMap: rowMap, columnMap: columnMap,
      source: source, sink: sink)
    (pass.inStep, pass.outStep) = ((row.inStep, column.inStep), (row.outStep, column.outStep))
    (pass.origin, pass.span) = ((row.origin, column.origin), row.span)
    if source.form == .plain, row.plain == 0..<row.map.count, column.plain == 0..<column.map.count {
      pass.readsMap = true
      (pass.windowRows, pass.windowColumns) = (from.height, from.width)
      return pass
    }
    let bandRows = bands(row, column).map(\.rows).max() ?? 1
    pass.windowRows = (bandRows - 1) * row.inStep + row.span
    (pass.windowColumns, pass.plainColumns) = (column.map.count, column.plain)
    return pass
  }
}

/// One grid with its tap offsets and packed weights.
struct DirectGrid {
  let row: GridAxis
  let column: GridAxis
  let bands: [PixelBand]
  /// For each panel the first of its runs, and how many.
  var runs: [(first: Int, count: Int)] = []
  var offsets: [Int] = []
  var runLength: Int
  /// Where the weights of each panel begin.
  var weightStarts: [Int] = []
  var weights: [Float] = []

  init(_ plan: DirectPlan, _ row: GridAxis, _ column: GridAxis, _ pass: DirectPass) {
    (self.row, self.column) = (row, column)
    bands = plan.bands(row, column)
    let depth = plan.from.depth
    runLength = depth
    let step = pass.windowColumns * depth
    let isShared = plan.groups == 1
    for panel in 0..<(plan.usesDots ? 1 : isShared ? 1 : plan.panels) {
      let blocks =
        plan.usesDots
        ? plan.inputBlocks(0, plan.toChannels)
        : plan.inputBlocks(panel * plan.panelWidth, plan.panelWidth)
      let first = offsets.count
      for r in row.taps {
        for c in column.taps {
          for block in blocks {
            offsets.append(
              block * pass.windowPlane + (r.offset - row.low) * step + (c.offset - column.low)
                * depth)
          }
        }
      }
      runs.append((first, offsets.count - first))
    }
    if isShared, !plan.usesDots { runs = Array(repeating: runs[0], count: plan.panels) }
  }

  /// Packs weights: [panel][run][depth][panel's lanes], or [output][run][depth] for dot products.
  mutating func pack(_ plan: DirectPlan, _ w: FloatIn, scale: [Float]?) throws {
    let width = plan.usesDots ? 1 : plan.panelWidth
    let panels = plan.usesDots ? plan.toChannels : plan.panels
    let counts = (0..<panels).map { runs[plan.usesDots ? 0 : $0].count * runLength * width }
    weightStarts = counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    let total = weightStarts.last ?? 0
    let (starts, row, column) = (weightStarts, row, column)
    weights = try Array(checkedCapacity: total) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      base.initialize(repeating: 0, count: total)
      try WorkerPool.shared.run(
        count: panels, grain: max(1, parallelGrain * panels / max(total, 1))
      ) {
        for panel in $0 {
          DirectGrid.fill(base + starts[panel], plan, w, panel * width, width, row, column, scale)
        }
      }
      count = total
    }
  }

  /// The weights of outputs from `first` on.
  private static func fill(
    _ to: FloatOut, _ plan: DirectPlan, _ w: FloatIn, _ first: Int, _ width: Int, _ row: GridAxis,
    _ column: GridAxis, _ scale: [Float]?
  ) {
    let depth = plan.from.depth
    let blocks =
      plan.usesDots ? plan.inputBlocks(0, plan.toChannels) : plan.inputBlocks(first, width)
    let rows = blocks.count * depth
    let outputs = first..<max(first, min(first + width, plan.toChannels))
    let inputs = blocks.lowerBound * depth..<min(blocks.upperBound * depth, plan.fromChannels)
    var places: [Int] = []
    for r in row.taps {
      for c in column.taps {
        places.append(r.place < 0 || c.place < 0 ? -1 : r.place * plan.kernelWidth + c.place)
      }
    }
    let (perOut, perIn) = (plan.toChannels / plan.groups, plan.fromChannels / plan.groups)
    // Inputs outside: the lines that are written stay in the cache while the outputs go by.
    places.withUnsafeBufferPointer { places in
      for i in inputs {
        let group = i / perIn
        // Outputs of the input's group.
        let firstOwn = max(outputs.lowerBound, group * perOut)
        let endOwn = min(outputs.upperBound, (group + 1) * perOut)
        if firstOwn >= endOwn { continue }
        let own = firstOwn..<endOwn
        // Of the channel that counts the rows the whole number, of the other that within the group.
        let inNumber = plan.isBackward ? i : i - group * perIn
        let first = plan.isBackward ? own.lowerBound - group * perOut : own.lowerBound
        var from = w + inNumber * plan.weightSteps.in + first * plan.weightSteps.out
        var start = to + (i - inputs.lowerBound) * width + own.lowerBound - outputs.lowerBound
        for o in own {
          let factor = scale.map { $0[o] } ?? 1
          var target = start
          for place in places {
            if place >= 0 { target.pointee = from[place] * factor }
            target += rows * width
          }
          from += plan.weightSteps.out
          start += 1
        }
      }
    }
  }
}
