import Catalog
import Diffusion
import KernelsBase
import Processes
import Tensors

/// All that is random of an example beside its point: time, noise and the vectors of some losses. Each follows from
/// (seed, purpose, number of the example), never from how a run is cut.
struct ExampleDraws {
  /// Which examples have the same draws.
  enum Sharing: String {
    /// Those at one place of each update.
    case update
    /// Those of one point, wherever it is taken.
    case point
  }

  let sharing: Sharing?
  let timeKey: UInt64
  private let noiseKey: UInt64
  private let probeKey: UInt64
  private let probes: Probes?
  private let noises: Int
  /// Whether each second noise of a point is the negative of the one before it, at the same time.
  private let isAntithetic: Bool
  private let law: TimeLaw?
  private let draw: DrawOptions

  init(_ options: TrainOptions, _ process: any DiffusionProcess, seed: Int, probes: Probes?) throws
  {
    func key(_ purpose: RandomPurpose) -> UInt64 {
      mix(seed: UInt64(bitPattern: Int64(seed)), purpose: purpose.rawValue)
    }
    (timeKey, noiseKey, probeKey) = (key(.time), key(.noise), key(.probe))
    sharing = options.common.flatMap(Sharing.init)
    isAntithetic = options.isAntithetic
    noises = options.noises.value
    self.probes = probes
    let chosen = options.time?.choice?.draw
    draw = chosen?.sharing ?? DrawOptions()
    law = try chosen?.law(on: process)
  }

  // MARK: Times

  /// Times by how many are drawn: one for each example, or for each two of opposite noise.
  ///
  /// - Parameter make: times by the number of the first and their count.
  func paired(_ first: Int, _ count: Int, _ make: (Int, Int) throws -> Tensor) throws -> Tensor {
    guard isAntithetic else { return try make(first, count) }
    let half = try make(first / 2, count / 2)
    let result = try Tensor(uninitialized: [count])
    let (from, to) = (half.pointer(Float.self), result.pointer(Float.self))
    for i in 0..<count { to[i] = from[i / 2] }
    return result
  }

  /// Times of the law of the run.
  ///
  /// - Parameters: `first`, the number of the first example; `batches`, how many each update takes.
  func times(_ first: Int, _ batches: [Int]) throws -> Tensor {
    try paired(first, batches.reduce(0, +)) { first, count in
      let numbers = try uniforms(first, count)
      guard let law else { return numbers }
      let out = numbers.pointer(Float.self)
      if draw.isStratified { stratify(out, batches) }
      for i in 0..<count { out[i] = Float(law.quantile(Double(out[i]))) }
      return numbers
    }
  }

  /// u of each draw; in pairs u, 1 − u where the draw is antithetic.
  private func uniforms(_ first: Int, _ count: Int) throws -> Tensor {
    let result = try Tensor(uninitialized: [count])
    let out = result.pointer(Float.self)
    kernels.uniform(
      out, rows: count, columns: 1, key: timeKey, step: 0,
      firstRow: UInt64(bitPattern: Int64(first)))
    guard draw.isAntithetic else { return result }
    var before: Float = 0
    // The first of a block may be the second of its pair.
    if first & 1 == 1 {
      kernels.uniform(
        &before, rows: 1, columns: 1, key: timeKey, step: 0,
        firstRow: UInt64(bitPattern: Int64(first - 1)))
    }
    for i in 0..<count where (first + i) & 1 == 1 { out[i] = 1 - (i > 0 ? out[i - 1] : before) }
    return result
  }

  /// u of n draws of an update to one in each of n parts; those of one point are spread over all.
  private func stratify(_ out: UnsafeMutablePointer<Float>, _ batches: [Int]) {
    let each = isAntithetic ? 2 : 1
    let drawsOfPoint = noises / each
    var start = 0
    for batch in batches {
      let count = batch / each
      let points = count / drawsOfPoint
      for i in 0..<count {
        let part = i % drawsOfPoint * points + i / drawsOfPoint
        out[start + i] = (Float(part) + out[start + i]) / Float(count)
      }
      start += count
    }
  }

  /// Weights divided by the density of their times over that of uniform ones, where that was asked for.
  func divided(_ weights: Tensor?, _ times: Tensor, _ process: any DiffusionProcess) throws
    -> Tensor?
  {
    guard draw.importance, let density = law?.density else { return weights }
    let range = process.trainingTimes
    let span = range.upperBound - range.lowerBound
    let result = try Tensor(uninitialized: times.shape)
    let (t, out, w) = (
      times.pointer(Float.self), result.pointer(Float.self), weights?.pointer(Float.self)
    )
    for i in 0..<times.elementCount {
      let time = Double(t[i])
      let isInside = time >= range.lowerBound * (1 - 1e-6) && time <= range.upperBound * (1 + 1e-6)
      let factor = isInside ? 1 / (density(time) * span) : 0
      out[i] = Float(Double(w?[i] ?? 1) * factor)
      guard out[i].isFinite else {
        throw UserError(
          "importance: the draw has the density \(shortNumber(density(time))) at t = \(formatNumber(time)), by which no "
            + "weight can be divided")
      }
    }
    return result
  }

  // MARK: Noise

  /// Fills rows of a batch with the noise of examples, and with their vectors.
  ///
  /// - Parameters: `offset`, the first row; `example`, the number of its example.
  func fill(_ batch: NoisedBatch, _ offset: Int, example: UInt64, count: Int, dimension d: Int) {
    let noise = batch.noise.pointer(Float.self) + offset * d
    kernels.normal(noise, rows: count, columns: d, key: noiseKey, step: 0, firstRow: example)
    if isAntithetic {
      for row in stride(from: 0, to: count - 1, by: 2) {
        let z = noise + row * d
        for k in 0..<d { z[d + k] = -z[k] }
      }
    }
    guard let probes, let tensor = batch.probes else { return }
    let columns = probes.count * d
    let v = tensor.pointer(Float.self) + offset * columns
    switch probes.law {
    case .gaussian:
      kernels.normal(v, rows: count, columns: columns, key: probeKey, step: 0, firstRow: example)
    case .rademacher:
      kernels.uniform(v, rows: count, columns: columns, key: probeKey, step: 0, firstRow: example)
      for i in 0..<count * columns { v[i] = v[i] < 0.5 ? -1 : 1 }
    }
  }
}
