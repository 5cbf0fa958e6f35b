// Noised marginals of a density by quadrature: d ≤ 2.
import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

extension DefinedTarget {
  package var hasNoised: Bool { density != nil && dimension <= 2 }

  /// Makes the table, which calls Lua; what follows does not.
  func requireNoised() throws { _ = try densityTable() }

  func densityTable() throws -> DensityTable {
    if let table { return table }
    guard hasNoised else {
      throw missing("noised marginals: they need a density in one or two dimensions")
    }
    let made = try DensityTable(dimension: dimension, name: densityName) { [self] x in
      try unnormalised(points(ofRows: x)).constant("the result of \(densityName)").doubles()
    }
    table = made
    return made
  }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try requireNoised()
    return NoisedDensity(base: self, r: r, s: s)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try moments(x, r, s)
    return try shaped(law.rows { law.pull[$0] / law.s[$0 / dimension] }, like: x) { row in
      // Without noise it is the density's own, ∇ ln p(x/r)/r.
      let r = law.r[row]
      let place = try slice(x.value.converted(to: .float64), axis: 0, row..<row + 1)
      return try score(place * (1 / r)).value.converted(to: .float64) * (1 / r)
    } where: {
      law.s[$0] == 0
    }
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try moments(x, r, s)
    return try shaped(law.rows { law.place[$0] }, like: x) { row in
      let place = try slice(x.value.converted(to: .float64), axis: 0, row..<row + 1)
      return try place * (1 / law.r[row])
    } where: {
      law.s[$0] == 0
    }
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try moments(x, r, s)
    let (total, d) = (try densityTable().logTotal, Double(dimension))
    var values = law.logMass
    for row in values.indices {
      if law.s[row] > 0 {
        values[row] -= total + d * log(law.s[row] * (2 * Double.pi).squareRoot())
      } else {
        // Without noise it is the density's own, ln p(x/r) − d ln r.
        let place = try slice(x.value.converted(to: .float64), axis: 0, row..<row + 1)
        let own = try unnormalised(place * (1 / law.r[row])).doubles()[0]
        values[row] = own - (isEnergy ? total : 0) - d * log(law.r[row])
      }
    }
    return try Tensor(values).converted(to: x.dtype)
  }

  /// Values [n d] in the shape and type of x, with the rows that have no noise made apart.
  private func shaped(
    _ values: [Double], like x: Tensor, _ body: (Int) throws -> Tensor, where isApart: (Int) -> Bool
  ) throws -> Tensor {
    var values = values
    for row in 0..<x.shape[0] where isApart(row) {
      let own = try body(row).doubles()
      for j in 0..<dimension { values[row * dimension + j] = own[j] }
    }
    return try Tensor(values, shape: x.shape).converted(to: x.dtype)
  }

  /// What `KernelIntegrator` makes of each row.
  private struct Moments {
    var r: [Double]
    var s: [Double]
    var logMass: [Double]
    /// Shape [n, d].
    var place: [Double]
    var pull: [Double]

    func rows(_ value: (Int) -> Double) -> [Double] { place.indices.map(value) }
  }

  private func moments(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> Moments {
    let table = try densityTable()
    guard Recording.current == nil, ![x, r, s].contains(where: \.isRecorded) else {
      throw UserError(
        "target '\(name)' must not be differentiated under noise: what is known of it comes by "
          + "quadrature, which passes no gradient; use detach()")
    }
    let d = dimension
    let n = x.shape[0]
    let points = try x.value.doubles()
    let (ratios, noises) = (try r.value.doubles(), try s.value.doubles())
    var result = Moments(
      r: ratios.count == n ? ratios : Array(repeating: ratios[0], count: n),
      s: noises.count == n ? noises : Array(repeating: noises[0], count: n),
      logMass: Array(repeating: .nan, count: n),
      place: Array(repeating: .nan, count: n * d), pull: Array(repeating: .nan, count: n * d))
    let (means, stds) = (result.r, result.s)
    try result.logMass.withUnsafeMutableBufferPointer { logMass in
      try result.place.withUnsafeMutableBufferPointer { place in
        try result.pull.withUnsafeMutableBufferPointer { pull in
          try WorkerPool.shared.run(count: n, grain: 32) { rows in
            let integrator = KernelIntegrator(table)
            for row in rows where stds[row] > 0 {
              let x = SIMD2(points[row * d], d == 2 ? points[row * 2 + 1] : 0)
              guard x[0].isFinite, x[1].isFinite else { continue }
              let moments = integrator.moments(at: x, means[row], stds[row])
              logMass[row] = moments.logMass
              for j in 0..<d {
                place[row * d + j] = moments.place[j]
                pull[row * d + j] = moments.pull[j]
              }
            }
          }
        }
      }
    }
    return result
  }
}
