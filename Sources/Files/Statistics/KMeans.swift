import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// k-means: centres c_1 … c_k and labels with Σ_i ‖x_i − c_label(i)‖², the inertia, small.
///
/// Each restart begins with greedy k-means++ (Arthur & Vassilvitskii 2007, with 2 + ⌊ln k⌋ candidates a centre, of which the
/// one that lowers the sum of squared distances most is kept), then Lloyd's steps: labels by the nearest centre, centres as
/// means, until no label changes. A cluster that lost all its points gets the point farthest from its centre. The restart of the least
/// inertia is kept. Distances are a matrix product about the mean of the data; means and the inertia are sums in float64
/// in one order, so the result has the same bits on any number of threads.
/// Cost: n k d a step.
package final class KMeans: Object {
  package static var typeName: String { "kmeans" }

  static let entry = Entry.function(
    "kmeans", "Clusters of a data set by k-means.",
    .arg("x", "points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]"),
    .option("clusters", "k, at most as many as there are distinct points", in: .positive),
    .option(
      "restarts", default: 10, "from how many beginnings; the best is kept", in: .within(1...10_000)
    ),
    .option("iterations", default: 300 as Count, "the most steps of a restart", in: .positive),
    .option(
      "centres", default: nil, "where the only start begins, [k] and the shape of a point"),
    .option("seed", default: nil, "any integer; the session's next where absent"),
    returns: "a kmeans, which has centres, labels, counts and inertia, and labels other points",
    details: """
      Labels are the places of the centres, from 1. In float64, whatever the type of x.
      """,
    source: "Lloyd 1982; Arthur and Vassilvitskii 2007",
    example: """
      x = target.gaussian_mixture{means = {-3, 3}, stds = 0.5}:sample(200, {seed = 1})
      return data.kmeans(x, {clusters = 2, seed = 1}).centres
      """
  ) {
    (
      x: Tensor, clusters: Count, restarts: Int, iterations: Count, centres: TensorSource?,
      seed: Int?
    ) in
    let data = try DataRows(x)
    guard clusters.value <= data.count else {
      throw UserError(
        "clusters must be at most \(data.count), the number of points, got \(clusters)")
    }
    let given = try centres.map { source in
      let c = try DataRows(source.tensor(.float64), "centres", shaped: data.shape)
      guard c.count == clusters.value else {
        throw UserError("centres must be \(clusters), as clusters says, got \(c.count)")
      }
      return c.rows
    }
    let lloyd = try Lloyd(data, clusters: clusters.value, iterations: iterations.value)
    if let given { return KMeans(try lloyd.run(from: given), data) }
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    var best: Lloyd.Clustering?
    for _ in 0..<restarts {
      let found = try lloyd.run(from: KMeansStart(data, clusters: clusters.value).centres(stream))
      if found.inertia < best?.inertia ?? .infinity { best = found }
    }
    guard let best else { throw UserError("x must have finite distances") }
    return KMeans(best, data)
  }

  static let members: [Entry] = [
    .method(
      KMeans.self, "assign", "The nearest centre of points.", .arg("x", "points"),
      returns: "labels [n] int64 from 1, and squared distances [n] float64",
      example: example + "return c:assign(x + 0.1)"
    ) { (clusters: KMeans, x: Tensor) in
      let data = try DataRows(x, shaped: clusters.shape)
      let k = clusters.found.centres.shape[0]
      let lloyd = try Lloyd(data, clusters: k, iterations: 0)
      let (labels, squares) = try lloyd.nearest(clusters.found.centres)
      return Several(
        try Tensor(labels.map { Int64($0) + 1 }), try Tensor(squares))
    },
    .property(
      KMeans.self, "centres", "The mean of each cluster, [k] and the shape of a point."
    ) { (clusters: KMeans) in
      try DataRows.points(clusters.found.centres, clusters.shape, clusters.dtype)
    },
    .property(KMeans.self, "labels", "For each point the place of its centre, from 1; int64.") {
      (clusters: KMeans) in try Tensor(clusters.found.labels.map { Int64($0) + 1 })
    },
    .property(KMeans.self, "counts", "How many points each cluster has; int64.") {
      (clusters: KMeans) in
      var counts = [Int64](repeating: 0, count: clusters.found.centres.shape[0])
      for label in clusters.found.labels { counts[label] += 1 }
      return try Tensor(counts)
    },
    .property(
      KMeans.self, "inertia", "The sum of the squared distances of the points to their centres."
    ) { (clusters: KMeans) in clusters.found.inertia },
    .property(KMeans.self, "iterations", "Steps that the restart took which was kept.") {
      (clusters: KMeans) in clusters.found.iterations
    },
  ]

  private static let example = """
    x = random.stream(1):normal{50, 3}
    c = data.kmeans(x, {clusters = 4, seed = 1})

    """

  let found: Lloyd.Clustering
  let shape: Shape
  let dtype: DType

  init(_ found: Lloyd.Clustering, _ data: DataRows) {
    (self.found, shape, dtype) = (found, data.shape, data.dtype)
  }

  package func describe() -> String {
    "kmeans(\(found.centres.shape[0]) clusters of \(found.labels.count) points, inertia "
      + "\(shortNumber(found.inertia)))"
  }
}
