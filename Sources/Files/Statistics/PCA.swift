import Autodiff
import Catalog
import Glibc
import Tensors

/// Principal components: the eigenvectors c_i of the covariance Σ (x − m)(x − m)ᵀ/(n − 1), by falling eigenvalue λ_i.
///
/// The sign of a component makes its largest coordinate positive (the first of equally large ones). In up to n dimensions
/// they come from the covariance, in more from the singular values of the centred points.
/// Cost: n d min(n, d).
package final class PCA: Object {
  package static var typeName: String { "pca" }

  static let entry = Entry.function(
    "pca", "Principal components of a data set.",
    .arg("x", "points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]; 2 or more"),
    .option(
      "components", default: nil, "how many, at most n − 1 and d; as many as that where absent",
      in: Domain<Count>.positive.orAbsent()),
    returns:
      "a pca, which has mean, components and variances, and brings points to components and back",
    details: """
      The sign of a component makes its largest coordinate positive. In float64, whatever the type of x.
      """,
    source: "Hotelling 1933",
    example: """
      p = data.pca(data.mnist{count = 100}, {components = 10})
      return p.variances, p:transform((data.mnist{count = 5}))
      """
  ) { (x: Tensor, components: Count?) in
    let data = try DataRows(x, least: 2)
    let most = min(data.count - 1, data.dimension)
    if let components, components.value > most {
      throw UserError(
        "components must be at most \(most), for \(data.count) points of \(data.dimension) numbers, got "
          + "\(components)")
    }
    return try PCA(data, components: components?.value ?? most)
  }

  static let members: [Entry] = [
    .method(
      PCA.self, "transform", "Points by their components, cᵢ · (x − mean).", .arg("x", "points"),
      returns: "a tensor of shape [n, k]", example: example + "return p:transform(x)"
    ) { (p: PCA, x: Tensor) in
      let data = try DataRows(x, shaped: p.shape)
      let z = try data.rows.combined(with: p.mean, .subtract)
        .matrixProduct(p.components.transposed())
      return try z.converted(to: data.dtype)
    },
    .method(
      PCA.self, "inverse", "The points of the subspace that have these components.",
      .arg("z", "components of points, shape [n, k]"), returns: "points",
      example: example + "return p:inverse(p:transform(x))"
    ) { (p: PCA, z: Tensor) in
      let data = try DataRows(z, "z", shaped: [p.components.shape[0]])
      let x = try data.rows.matrixProduct(p.components).combined(with: p.mean, .add)
      return try DataRows.points(x, p.shape, data.dtype)
    },
    .property(PCA.self, "mean", "Of the points, float64.") { (p: PCA) in
      try p.mean.reshaped(to: Array(p.shape))
    },
    .property(
      PCA.self, "components", "Of length 1 and orthogonal, [k] and the shape of a point, float64."
    ) { (p: PCA) in
      try p.components.reshaped(to: [p.components.shape[0]] + Array(p.shape))
    },
    .property(PCA.self, "variances", "Along each component, from large to small, float64.") {
      (p: PCA) in p.variances
    },
    .property(PCA.self, "share", "Of the variance of all coordinates, that of the components.") {
      (p: PCA) in p.share
    },
  ]

  private static let example = """
    x = random.stream(1):normal{50, 3}
    p = data.pca(x, {components = 2})

    """

  /// Shape [1, d].
  let mean: Tensor
  /// Shape [k, d].
  let components: Tensor
  /// Shape [k].
  let variances: Tensor
  let share: Double
  let shape: Shape

  /// - Parameter components: at most n − 1 and d.
  init(_ data: DataRows, components k: Int) throws {
    (mean, shape) = (try data.means(), data.shape)
    let (n, d) = (data.count, data.dimension)
    let centred = try data.rows.combined(with: mean, .subtract)
    let total = try data.variances(about: mean).doubles().reduce(0, +) * Double(n) / Double(n - 1)
    if d <= n {
      let covariance = try centred.transposed().matrixProduct(centred)
        .combined(with: Double(n - 1), .divide)
      let (values, vectors) = try covariance.symmetricEigen()
      let order = (0..<k).map { d - 1 - $0 }
      variances = try values.picked(axis: 0, order)
      components = try vectors.transposed().picked(axis: 0, order)
      let v = variances.pointer(Double.self)
      // Rounding may leave a variance of 0 below it.
      for i in 0..<k { v[i] = max(v[i], 0) }
    } else {
      let (_, s, vt) = try centred.singularFactors()
      variances = try s.slice(axis: 0, 0..<k).combined(with: s.slice(axis: 0, 0..<k), .multiply)
        .combined(with: Double(n - 1), .divide)
      components = try vt.slice(axis: 0, 0..<k).copied()
    }
    share = total > 0 ? try variances.doubles().reduce(0, +) / total : 1
    fixSigns()
  }

  private func fixSigns() {
    let (k, d) = (components.shape[0], components.shape[1])
    let c = components.pointer(Double.self)
    for i in 0..<k {
      let own = c + i * d
      let largest = (1..<max(d, 1)).reduce(0) { abs(own[$1]) > abs(own[$0]) ? $1 : $0 }
      if own[largest] < 0 { for j in 0..<d { own[j] = -own[j] } }
    }
  }

  package func describe() -> String {
    "pca(\(components.shape[0]) of \(components.shape[1]) components, share \(shortNumber(share)))"
  }
}
