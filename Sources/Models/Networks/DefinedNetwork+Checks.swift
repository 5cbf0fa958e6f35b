// What is checked when a model is made of a function in Lua: four points at four times.
import Autodiff
import Catalog
import Layers
import Processes
import Tensors

extension DefinedNetwork {
  package func check(_ score: NetworkScore, _ process: any DiffusionProcess) throws {
    try FunctionTrial(function: functionName, parameters: parameters, classes: classes)
      .check(score, process)
  }
}

/// The trial of a network that calls Lua.
struct FunctionTrial {
  /// The option that the function came by, for errors.
  let function: String
  let parameters: ParameterSet
  let classes: Int?

  func check(_ score: NetworkScore, _ process: any DiffusionProcess) throws {
    let x = try RandomStream(seed: 0, purpose: .data).normal(Shape([4] + score.shape))
    let (first, last) = (process.times.lowerBound, process.times.upperBound)
    let t = try Tensor((0..<4).map { Float(first + (last - first) * (Double($0) + 0.5) / 4) })
    let labels = try classes.map { classes in
      try Tensor((0..<4).map { Double($0 % classes) }).converted(to: .int64)
    }
    let score = try labels.map { try score.labelled($0) } ?? score
    let batch = try score.given(x, t, process: process).doubles()
    for (place, value) in batch.enumerated() where !value.isFinite {
      let row = place / score.dimension
      throw UserError(
        "\(function) must be finite, got \(formatNumber(value)) in row \(row + 1), at t = "
          + shortNumber(try t.doubles()[row]))
    }
    try checkRows(score, x, t, batch, process)
    if parameters.trained.count > 0 { try checkGradient(score, x, t, process) }
  }

  /// The first row by itself, in float64, must give what it gives in a batch.
  private func checkRows(
    _ score: NetworkScore, _ x: Tensor, _ t: Tensor, _ batch: [Double],
    _ process: any DiffusionProcess
  ) throws {
    let labels = score.call.labels?.slice(axis: 0, 0..<1)
    let alone = try (labels.map { try score.labelled($0) } ?? score).given(
      x.slice(axis: 0, 0..<1).converted(to: .float64),
      t.slice(axis: 0, 0..<1).converted(to: .float64), process: process
    ).doubles()
    for (a, b) in zip(alone, batch) where !(abs(a - b) <= 1e-3 * (1 + abs(a))) {
      throw UserError(
        "\(function) must treat each row by itself: row 1 of a batch gives \(shortNumber(b)), alone it gives "
          + shortNumber(a))
    }
  }

  private func checkGradient(
    _ score: NetworkScore, _ x: Tensor, _ t: Tensor, _ process: any DiffusionProcess
  ) throws {
    _ = try vjp(parameters.views) { p in
      let s = try score.bound(to: p).given(x, t, process: process)
      guard s.isRecorded else {
        throw UserError(
          "\(function) must depend on the tensors of p by tensor operations, so that it has a gradient"
        )
      }
      return try sum(s)
    }
  }
}

extension NetworkScore {
  /// The quantity that the network gives directly.
  func given(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try estimate(parametrization.quantity, x, t, process: process)
  }
}
