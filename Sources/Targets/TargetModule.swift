import Catalog
import Tensors

/// The Lua module `target`: distributions to learn.
package enum TargetModule {
  package static let module = Module(
    "target", "Distributions to learn: samples, and exact density and score where they exist.",
    types: [TypeDescription(Target.self, "a distribution to learn")],
    entries: [
      Gaussian.entry, GaussianMixture.entry, EmpiricalDistribution.entry,
      EmpiricalDistribution.finite, ProductDistribution.entry, MixtureDistribution.entry,
      RaisedCosine.entry, UniformIntervals.entry, Checkerboard.entry, Subspace.entry,
      GaussianProcess.entry, Dots.entry, Binary.entry, Cantor.entry, SpinChains.ising,
      SpinChains.potts,
      DefinedTarget.entry, CAlpha.entry, Disks.entry, Ray.entry, Sines.entry, Shuffled.entry,
      Patches.entry, Polygons.entry, PolygonVertices.entry, PolygonRaster.entry, PolygonFit.entry,
    ] + Curves.entries + methods + SupportMethods.entries)

  static let example = "mix = target.gaussian_mixture{means = {-3, 3}}  "

  static let methods: [Entry] = [
    .method(
      Target.self, "sample", "Independent points.", .arg("n", in: .nonNegative),
      .option("seed", default: nil, "any integer; the session's next where absent"),
      returns: "float32 tensor of shape [n, d], or [n] and the target's shape",
      example: example + "return mix:sample(5, {seed = 1})"
    ) { (target: Target, n: Count, seed: Int?) in
      try target.distribution.sample(
        n.value, RandomStream(seed: seed ?? SessionSeed.next(), purpose: .data))
    },
    .method(
      Target.self, "log_density", "ln p(x), natural logarithm, normalised.",
      .arg("x", "points, shape [n, d] or [n] and the target's shape"),
      returns: "tensor of shape [n]",
      example: example + "return mix:log_density(tensor.zeros{5, 1})"
    ) { (target: Target, x: Tensor) in
      try target.checkPoints(x)
      return try target.distribution.logDensity(x)
    },
    .method(
      Target.self, "score", "The score ∇ ln p(x).",
      .arg("x", "points, shape [n, d] or [n] and the target's shape"),
      returns: "tensor shaped like x", example: example + "return mix:score(tensor.zeros{5, 1})"
    ) { (target: Target, x: Tensor) in
      try target.checkPoints(x)
      return try target.distribution.score(x)
    },
    .method(
      Target.self, "has_log_density", "Whether its normalised density is known.",
      example: example + "return mix:has_log_density()"
    ) { (target: Target) in target.distribution.hasLogDensity },
    .method(
      Target.self, "has_score", "Whether its score is known.",
      example: example + "return mix:has_score()"
    ) { (target: Target) in target.distribution.hasScore },
    .method(
      Target.self, "has_noised",
      "Whether its noised marginals are known, in closed form or by quadrature.",
      example: example + "return mix:has_noised()"
    ) { (target: Target) in target.distribution.hasNoised },
    .property(Target.self, "dimension", "d, how many numbers a data point has.") {
      (target: Target) in
      target.dimension
    },
    .property(
      Target.self, "shape", "Axis lengths of a data point.", example: example + "return mix.shape"
    ) { (target: Target) in Array(target.shape) },
    .property(
      Target.self, "intrinsic_dimension",
      "The dimension of the set that its points lie on, where it is known: 0 for finitely many points, d where there is a density; nil where unknown.",
      example: "return target.disks{size = 16}.intrinsic_dimension"
    ) { (target: Target) in target.distribution.intrinsicDimension },
    .property(Target.self, "name", "What it is called.") { (target: Target) in
      target.distribution.name
    },
  ]
}
