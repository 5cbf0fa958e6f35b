import Tensors

// What a law is made of, where that gives its information under noise.

extension Distribution {
  /// The variances along its axes where it is one normal law.
  package func normalVariances() throws -> [Double]? { try (self as? any Factored)?.normal() }

  /// Independent laws on the line and how often each is there; nil where it is not made of such.
  package func lineFactors() throws -> [(law: any Distribution, count: Int)]? {
    if dimension == 1, hasNoised { return [(self, 1)] }
    return try (self as? any Factored)?.factors()
  }
}

/// A law that is made of simpler ones.
protocol Factored {
  /// The variances of one normal law; nil where it is none.
  func normal() throws -> [Double]?
  /// Independent laws on the line; nil where there are none.
  func factors() throws -> [(law: any Distribution, count: Int)]?
}

extension Factored {
  func normal() throws -> [Double]? { nil }
  func factors() throws -> [(law: any Distribution, count: Int)]? { nil }
}

extension GaussianMixture: Factored {
  func normal() throws -> [Double]? {
    components.count == 1 ? Array(repeating: stds[0] * stds[0], count: dimension) : nil
  }
}

extension CovarianceMixture: Factored {
  func normal() throws -> [Double]? {
    components.count == 1 ? try components[0].variances.doubles() : nil
  }
}

extension Binary: Factored {
  func factors() throws -> [(law: any Distribution, count: Int)]? {
    [(Binary(shape: [1]), dimension)]
  }
}

extension ProductDistribution: Factored {
  func normal() throws -> [Double]? {
    var all: [Double] = []
    for run in runs {
      guard let own = try run.law.normalVariances() else { return nil }
      for _ in 0..<run.count { all += own }
    }
    return all
  }

  func factors() throws -> [(law: any Distribution, count: Int)]? {
    var all: [(law: any Distribution, count: Int)] = []
    for run in runs {
      guard let own = try run.law.lineFactors() else { return nil }
      all += own.map { ($0.law, $0.count * run.count) }
    }
    return all
  }
}

extension Subspace: Factored {
  // What lies across the subspace is noise alone.
  func normal() throws -> [Double]? { try law.normalVariances() }
  func factors() throws -> [(law: any Distribution, count: Int)]? { try law.lineFactors() }
}
