import Autodiff
import Catalog
import Tensors

/// A law to learn: what is known of it in closed form, and samples.
///
/// A point is a vector [d] or a picture [h, w] or [c, h, w], and batches are [n, …]. A part that a distribution lacks throws an error that names it; the
/// `has…` members say so beforehand.
package protocol Distribution {
  /// `gaussian_mixture`, or what the user called it.
  var name: String { get }
  /// What it is made of, for printing: `2 components, d = 1`.
  var summary: String { get }
  /// Of one data point.
  var shape: Shape { get }
  var hasLogDensity: Bool { get }
  var hasScore: Bool { get }
  /// Whether the law of r x_0 + s z is known for every r and s > 0, in closed form or by quadrature.
  var hasNoised: Bool { get }
  /// The points it lives on, where they are finitely many and known.
  var support: (any Support)? { get }
  /// The dimension of the set that its points lie on, where it is known.
  var intrinsicDimension: Int? { get }
  /// Throws where there are no noised marginals; makes ready what they take, so that no Lua is called for it later.
  func requireNoised() throws

  /// The Lua functions that it is made of.
  var functions: [Callback] { get }

  /// Independent points, shape [count, …], float32.
  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor
  /// ln p(x), shape [n], in the element type of `x`.
  func logDensity(_ x: Tensor) throws -> Tensor
  /// ∇ ln p(x), shaped like `x`, in the element type of `x`.
  func score(_ x: Tensor) throws -> Tensor
  /// The law of r x_0 + s z with z ~ N(0, I).
  func noised(mean r: Double, std s: Double) throws -> any Distribution
  /// The score of the law of r x_0 + s z, for each row of `x` with its own r and s.
  /// - Parameters: `r`, `s` of shape [n, 1], or [1, 1] for all rows.
  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor
  /// E[x_0 | r x_0 + s z = x], likewise.
  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor
  /// ln of the density of r x_0 + s z, normalised, shape [n], likewise.
  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor
  /// Where d = 1: an interval outside of which there is next to nothing (1e-9 on either side).
  func reach() throws -> ClosedRange<Double>
  /// Where d = 1: the length over which the density changes, for quadratures.
  func finestScale() throws -> Double
  /// Where d = 1: the law in parts far from each other, for quadratures.
  func lineParts() throws -> [LinePart]
  /// Where d = 1: the mass that does not lie in an interval.
  func mass(outside range: ClosedRange<Double>) throws -> Double
}

extension Distribution {
  package var functions: [Callback] { [] }
  package var intrinsicDimension: Int? {
    support != nil ? 0 : hasLogDensity ? dimension : nil
  }
  /// d, how many numbers a data point has.
  package var dimension: Int { shape.elementCount }
  /// `d = 2`, or `28×28` of a picture.
  var sizeText: String {
    shape.rank == 1
      ? "d = \(dimension)" : shape.map { String($0) }.joined(separator: "×")
  }

  /// Rows [n, d] as points.
  package func points(ofRows x: Tensor) throws -> Tensor {
    shape.rank == 1 ? x : try reshape(x, to: [x.shape[0]] + shape)
  }

  /// The error where a part is missing, by its name.
  package func missing(_ part: String) -> UserError { UserError("target '\(name)' has no \(part)") }

  package func requireNoised() throws {
    if !hasNoised {
      throw missing("noised marginals: they need a density in one or two dimensions")
    }
  }

  package func noised(mean r: Double, std s: Double) throws -> any Distribution {
    throw missing("noised marginals")
  }

  package func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    throw missing("noised marginals")
  }

  package func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    throw missing("noised marginals")
  }

  package func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    throw missing("noised marginals")
  }

  package func finestScale() throws -> Double {
    let reach = try reach()
    return (reach.upperBound - reach.lowerBound) / 200
  }
}
