import Catalog
import Glibc
import Tensors

/// How long the steps of each row are, from the errors of those before.
///
/// A step is accepted where its error, in units of the tolerance, is at most 1. The next one is longer by
/// 0.9 · error^(−1/q), q the order of the error in the step, within 0.2 and 10, and not longer where the
/// step was rejected. Hairer, Nørsett and Wanner 1993, Section II.4, Eq. 4.13.
package struct StepControl {
  package let rtol: Double
  package let atol: Double
  /// q.
  let errorOrder: Double
  /// Accepted and rejected steps of a row together, at most.
  let maxSteps: Int

  package init(
    rtol: Double = 1e-5, atol: Double = 1e-5, errorOrder: Double, maxSteps: Int = 10_000
  ) {
    (self.rtol, self.atol) = (rtol, atol)
    (self.errorOrder, self.maxSteps) = (errorOrder, maxSteps)
  }

  /// The share of the way that a row tries first.
  static let firstShare = 0.01

  /// The factor on the width of a step that had this error; NaN counts as large.
  func factor(_ error: Double, afterRejection: Bool = false) -> Double {
    guard error.isFinite else { return 0.2 }
    let most = afterRejection || error > 1 ? 1.0 : 10.0
    return error == 0 ? most : min(most, max(0.2, 0.9 * pow(error, -1 / errorOrder)))
  }

  /// The root mean square of e_i/(atol + rtol max(|x_i|, |x′_i|)) over each row.
  func norms(of e: Tensor, between x: Tensor, and next: Tensor) throws -> [Double] {
    let rows = x.shape[0]
    let width = x.elementCount / max(rows, 1)
    let (e, x, next) = (try doubles(e), try doubles(x), try doubles(next))
    let (pe, px, pn) = (e.pointer(Double.self), x.pointer(Double.self), next.pointer(Double.self))
    return (0..<rows).map { row in
      var total = 0.0
      for i in row * width..<(row + 1) * width {
        let part = pe[i] / (atol + rtol * max(abs(px[i]), abs(pn[i])))
        total += part * part
      }
      return (total / Double(max(width, 1))).squareRoot()
    }
  }

  private func doubles(_ x: Tensor) throws -> Tensor {
    try x.converted(to: .float64).densified()
  }
}
