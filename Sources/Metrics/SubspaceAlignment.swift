import Autodiff
import Catalog
import Tensors

/// How far two subspaces agree: the mean of cos² of their principal angles, ‖Q_u Q_vᵀ‖_F²/min(k, l), with
/// orthonormal rows Q_u and Q_v of the two (Björck and Golub 1973). Two random ones of k and l dimensions have
/// max(k, l)/d on average.
enum SubspaceAlignment {
  static let entry = Entry.function(
    "subspace_alignment", "How far the spaces of two sets of vectors agree, from 0 to 1.",
    .arg("u", "k independent vectors, shape [k, d] or [k] and the shape of a picture"),
    .arg("v", "l vectors of the same shape"),
    returns: "a measurement: the mean of cos² of the principal angles; its floor is max(k, l)/d",
    details: """
      1 where the smaller space lies in the other one, 0 where they are orthogonal. The floor is what random \
      spaces have on average. Vectors need not be orthogonal: they are made so. No interval: no sample is drawn.
      """,
    source: "Björck and Golub 1973",
    example: "return metric.subspace_alignment(tensor{{1, 0, 0}, {0, 1, 0}}, tensor{{0, 1, 1}})"
  ) { (u: Tensor, v: Tensor) in
    let clouds = try PointClouds(u, "u", v, "v")
    let (a, b) = (try basis(clouds.first, "u"), try basis(clouds.second, "v"))
    let products = try matmul(a, transpose(b))
    let squares = try square(products).reduced(.sum).item()
    let (k, l) = (a.shape[0], b.shape[0])
    return Measurement(
      min(1, squares / Double(min(k, l))), floor: Double(max(k, l)) / Double(a.shape[1]),
      reference: "\(l) vectors")
  }

  /// Orthonormal rows of the same space.
  private static func basis(_ rows: Tensor, _ name: String) throws -> Tensor {
    let x = try rows.converted(to: .float64)
    let (k, d) = (x.shape[0], x.shape[1])
    guard k > 0, d > 0, k <= d else {
      throw UserError("\(name) must hold from 1 to d vectors, got shape \(rows.shape)")
    }
    guard try x.isFinite() else { throw UserError("\(name) must be finite, got nan or inf") }
    let (q, r) = try Linalg.qr(transpose(x))
    let sizes = try r.doubles()
    let lengths = try square(x).reduced(.sum, axis: 1).doubles()
    for i in 0..<k where abs(sizes[i * k + i]) <= 1e-6 * lengths[i].squareRoot() {
      throw UserError(
        "\(name) must be independent, got vector \(i + 1) in the space of those before it")
    }
    return try transpose(q)
  }
}
