import Catalog
import KernelsBase
import Runtime

/// The weights' gradient by F(4 × 4, 3 × 3): dU = Σ V Zᵀ over tiles, dW = Gᵀ dU G.
///
/// Few channels: groups of tiles, each with dU of its own, added in their order. Many: V and Z of all
/// tiles first, then chunks of channels, each over all tiles.
struct WinogradSlopePlan {
  let plan: WinogradPlan
  let c: Correlation

  init(_ c: Correlation) {
    self.c = c
    plan = WinogradPlan(c, isBackward: false)
  }

  var inner: Int { plan.inner }
  var outer: Int { plan.outer }
  var goesByChannels: Bool { inner * outer > 128 * 128 }
  /// Groups of tiles: enough for the threads, each of a few hundred tiles where there are as many.
  var groups: Int {
    let runs = (plan.tileCount + WinogradPlan.slopeTiles - 1) / WinogradPlan.slopeTiles
    return min(runs, inner * outer <= 64 * 64 ? 16 : 8)
  }
  /// Channels of a chunk.
  static let chunkRows = 64
  static let chunkColumns = 32

  var workspace: (shared: Int, perThread: Int) {
    if goesByChannels {
      let rows = plan.tileCount
      let chunk = WinogradSlopePlan.chunkRows * WinogradSlopePlan.chunkColumns
      return (4 * 36 * rows * (inner + outer + 32), 4 * 45 * chunk)
    }
    return (
      4 * (36 * groups + 9) * inner * outer,
      4 * WinogradPlan.slopeTiles * (36 * (inner + outer) + 32)
    )
  }

  /// Writes dW in the field's layout. `z` is read once at each element.
  func run(_ x: MapSource, _ z: MapSource, into dw: FloatOut) throws {
    let sink = MapSink(FloatOut(mutating: x.values))
    try plan.withPass(x, sink) { pass in
      try plan.withPass(z, sink) { gradients in
        if goesByChannels {
          try runByChannels(pass, gradients, into: dw)
        } else {
          try runByTiles(pass, gradients, into: dw)
        }
      }
    }
  }

  private func runByTiles(_ pass: WinogradPass, _ gradients: WinogradPass, into dw: FloatOut) throws
  {
    let (inner, outer, groups, tiles) = (inner, outer, groups, plan.tileCount)
    let (vSteps, zSteps) = (WinogradPlan.steps(inner), WinogradPlan.steps(outer))
    let most = WinogradPlan.slopeTiles
    let group = 36 * inner * outer
    try withWorkspace(of: groups * group + 9 * inner * outer, Float.self) { u in
      let size = most * (vSteps.tile + zSteps.tile) + WinogradPlan.scratch
      try WorkerPool.shared.run(chunks: groups) { number in
        try withWorkspace(of: size, Float.self) { v in
          let z = v + most * vSteps.tile
          let scratch = z + most * zSteps.tile
          let to = u + number * group
          to.initialize(repeating: 0, count: group)
          let end = tiles * (number + 1) / groups
          for start in stride(from: tiles * number / groups, to: end, by: most) {
            try Cancellation.check()
            let range = start..<min(end, start + most)
            kernels.winogradInputs(pass, tiles: range, into: v, vSteps, scratch: scratch)
            kernels.winogradGradients(gradients, tiles: range, into: z, zSteps, scratch: scratch)
            kernels.winogradSlopes(
              tiles: range.count, FloatIn(v), vSteps, rows: inner, FloatIn(z), zSteps,
              columns: outer, into: to)
          }
        }
      }
      let w = u + groups * group
      try WorkerPool.shared.run(count: inner, grain: 8) { rows in
        try withWorkspace(of: WinogradPlan.scratch, Float.self) { scratch in
          kernels.winogradWeights(
            FloatIn(u), groups: groups, rows: rows, of: inner, columns: outer, into: w,
            scratch: scratch)
        }
      }
      try WorkerPool.shared.run(count: c.outputs, grain: max(1, parallelGrain / (9 * inner))) {
        unpack(FloatIn(w), rows: (0, inner), columns: (0, outer), outputs: $0, into: dw)
      }
    }
  }

  private func runByChannels(
    _ pass: WinogradPass, _ gradients: WinogradPass, into dw: FloatOut
  ) throws {
    let tiles = plan.tileCount
    let (inner, outer) = (inner, outer)
    let vSteps = TileSteps(tile: inner + 16, point: tiles * (inner + 16))
    let zSteps = TileSteps(tile: outer + 16, point: tiles * (outer + 16))
    try withWorkspace(of: 36 * (vSteps.point + zSteps.point), Float.self) { v in
      let z = v + 36 * vSteps.point
      try plan.transformAll(pass, into: v, vSteps)
      try WorkerPool.shared.run(count: tiles, grain: max(1, 1024 / plan.to.blocks)) { range in
        try withWorkspace(of: WinogradPlan.scratch, Float.self) { scratch in
          kernels.winogradGradients(
            gradients, tiles: range, into: z + range.lowerBound * zSteps.tile, zSteps,
            scratch: scratch)
        }
      }
      let rowParts = (inner + WinogradSlopePlan.chunkRows - 1) / WinogradSlopePlan.chunkRows
      let columnParts =
        (outer + WinogradSlopePlan.chunkColumns - 1) / WinogradSlopePlan.chunkColumns
      try WorkerPool.shared.run(chunks: rowParts * columnParts) { chunk in
        let (a, b) = chunk.quotientAndRemainder(dividingBy: columnParts)
        let (row, column) = (a * WinogradSlopePlan.chunkRows, b * WinogradSlopePlan.chunkColumns)
        let rows = min(WinogradSlopePlan.chunkRows, inner - row)
        let columns = min(WinogradSlopePlan.chunkColumns, outer - column)
        try withWorkspace(of: 45 * rows * columns + WinogradPlan.scratch, Float.self) { u in
          let w = u + 36 * rows * columns
          u.initialize(repeating: 0, count: 36 * rows * columns)
          kernels.winogradSlopes(
            tiles: tiles, FloatIn(v + row), vSteps, rows: rows, FloatIn(z + column), zSteps,
            columns: columns, into: u)
          kernels.winogradWeights(
            FloatIn(u), groups: 1, rows: 0..<rows, of: rows, columns: columns, into: w,
            scratch: w + 9 * rows * columns)
          unpack(
            FloatIn(w), rows: (row, rows), columns: (column, columns),
            outputs: column..<min(column + columns, c.outputs), into: dw)
        }
      }
    }
  }

  /// From [tap][row][column] to [out, in, 3, 3].
  private func unpack(
    _ w: FloatIn, rows: (first: Int, count: Int), columns: (first: Int, count: Int),
    outputs: Range<Int>, into dw: FloatOut
  ) {
    let tap = rows.count * columns.count
    for o in outputs {
      for i in rows.first..<min(rows.first + rows.count, c.inputs) {
        let from = w + (i - rows.first) * columns.count + o - columns.first
        let to = dw + (o * c.inputs + i) * 9
        for t in 0..<9 { to[t] = from[t * tap] }
      }
    }
  }
}
