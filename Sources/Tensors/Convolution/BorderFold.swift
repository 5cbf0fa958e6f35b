import KernelsBase
import Runtime

/// The gradient of an image from that of the image with its border: what lies in the border is added
/// where it came from.
struct BorderFold {
  let c: Correlation
  let padded: FeatureMap
  /// The padded rows (columns) that each row (column) stands in.
  private let rows: [[Int]]
  private let columns: [[Int]]

  init(_ c: Correlation, _ padded: FeatureMap) {
    (self.c, self.padded) = (c, padded)
    let p = c.options.padding
    func places(_ size: Int, _ before: Int, _ after: Int) -> [[Int]] {
      var places = Array(repeating: [Int](), count: size)
      for i in 0..<size + before + after {
        let from = Correlation.place(
          i - before, size: size, before: before, after: after, c.options.paddingMode)
        if from >= 0 { places[Int(clamping: from)].append(i) }
      }
      return places
    }
    rows = places(c.height, p.top, p.bottom)
    columns = places(c.width, p.left, p.right)
  }

  func run(into y: FeatureMap, _ sink: MapSink) throws -> ChannelSums? {
    let extent = y.extent
    let none: [Int32] = [0]
    let sums = SumTable(channels: y.laneCount)
    let lines = y.batch * y.height
    let tables = try sums.table(chunks: lines)
    let rowStep = max(16, y.laneCount)
    try none.withUnsafeBufferPointer { none in
      guard let map = none.baseAddress else { return }
      let pass = DirectPass(
        input: extent, output: extent, columns: y.width, rowMap: map, columnMap: map,
        source: MapSource(FloatIn(sink.target)), sink: sink)
      try WorkerPool.shared.run(
        count: lines, grain: max(1, parallelGrain / (y.width * y.laneCount))
      ) { range in
        try withWorkspace(of: y.width * rowStep, Float.self) { r in
          for line in range {
            let (image, row) = line.quotientAndRemainder(dividingBy: y.height)
            fill(r, rowStep, image, row, extent)
            let targets = (0..<y.width).map {
              image * extent.image + (row * y.width + $0) * extent.depth
            }
            kernels.directOutputs(
              pass, targets: targets, count: y.width, blocks: 0..<extent.blocks,
              from: FloatIn(r), rowStep: rowStep, sums: tables + line * sums.row)
          }
        }
      }
    }
    return sums.total(sink.form, channels: y.channels)
  }

  /// r[column][channel] = Σ over the places of a row's elements.
  private func fill(_ r: FloatOut, _ rowStep: Int, _ image: Int, _ row: Int, _ extent: MapExtent) {
    let (from, border) = (padded.base, padded.extent)
    for column in columns.indices {
      for block in 0..<extent.blocks {
        let to = r + column * rowStep + block * extent.depth
        to.initialize(repeating: 0, count: extent.depth)
        for i in rows[row] {
          for j in columns[column] {
            let at: Int = image * border.image + block * border.plane
            let x = from + at + (i * border.width + j) * extent.depth
            for lane in 0..<extent.depth { to[lane] += x[lane] }
          }
        }
      }
    }
  }
}
