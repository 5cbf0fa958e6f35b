// What is checked when a model is defined from a function in Lua: four points at four times.
import Autodiff
import Catalog
import Processes
import Tensors

extension DefinedNetwork {
  func check(_ process: any DiffusionProcess) throws {
    let x = try RandomStream(seed: 0, purpose: .data).normal([4, dimension])
    let (first, last) = (process.times.lowerBound, process.times.upperBound)
    let t = try Tensor((0..<4).map { Float(first + (last - first) * (Double($0) + 0.5) / 4) })
    let s = try prediction(x, t, process: process).doubles()
    for (place, value) in s.enumerated() where !value.isFinite {
      let row = place / dimension
      throw UserError(
        "\(functionName) must be finite, got \(formatNumber(value)) in row \(row + 1), at t = "
          + shortNumber(try t.doubles()[row]))
    }
    try checkRows(x, t, s, process)
    if parameters.trained.count > 0 { try checkGradient(x, t, process) }
  }

  /// The first row by itself, in float64, must give what it gives in a batch.
  private func checkRows(
    _ x: Tensor, _ t: Tensor, _ batch: [Double], _ process: any DiffusionProcess
  ) throws {
    let alone = try prediction(
      x.slice(axis: 0, 0..<1).converted(to: .float64),
      t.slice(axis: 0, 0..<1).converted(to: .float64), process: process
    ).doubles()
    for (a, b) in zip(alone, batch) where !(abs(a - b) <= 1e-3 * (1 + abs(a))) {
      throw UserError(
        "\(functionName) must treat each row by itself: row 1 of a batch gives \(shortNumber(b)), alone it gives "
          + shortNumber(a))
    }
  }

  private func checkGradient(_ x: Tensor, _ t: Tensor, _ process: any DiffusionProcess) throws {
    _ = try vjp(parameters.views) { p in
      let s = try self.prediction(x, t, process: process, parameters: p)
      guard s.isRecorded else {
        throw UserError(
          "\(functionName) must depend on the tensors of p by tensor operations, so that it has a gradient"
        )
      }
      return try sum(s)
    }
  }
}
