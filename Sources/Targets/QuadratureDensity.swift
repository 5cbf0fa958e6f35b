// Noised marginals of a density by quadrature: d ≤ 2.
import Autodiff
import Catalog
import Glibc
import Tensors

/// A density in one or two dimensions whose law under noise comes by quadrature over a table of it.
protocol QuadratureDensity: Distribution, AnyObject {
  /// Made when noised marginals are first asked for.
  func densityTable() throws -> DensityTable
  /// ln p, shape [n], up to a constant where it is not normalised.
  func unnormalised(_ x: Tensor) throws -> Tensor
  var isNormalised: Bool { get }
}

extension QuadratureDensity {
  /// Makes the table, which may call Lua; what follows does not.
  package func requireNoised() throws { _ = try densityTable() }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try requireNoised()
    return NoisedDensity(base: self, r: r, s: s)
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
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

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let law = try moments(x, r, s)
    return try shaped(law.rows { law.place[$0] }, like: x) { row in
      let place = try slice(x.value.converted(to: .float64), axis: 0, row..<row + 1)
      return try place * (1 / law.r[row])
    } where: {
      law.s[$0] == 0
    }
  }

  package func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
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
        values[row] = own - (isNormalised ? 0 : total) - d * log(law.r[row])
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

  private func moments(_ x: Tensor, _ r: Tensor, _ s: Tensor) throws -> RowMoments {
    let table = try densityTable()
    return try RowMoments(of: self, x, r, s) {
      let integrator = KernelIntegrator(table)
      return { x, r, s in s > 0 ? integrator.moments(at: x, r, s) : nil }
    }
  }
}
