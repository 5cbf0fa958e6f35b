import Autodiff
import Catalog
import Tensors

/// `target:contains` and its kin.
enum SupportMethods {
  private static let example = "t = target.dots{size = 4}  "

  static let entries: [Entry] = [
    .method(
      Target.self, "has_support", "Whether it lives on finitely many points that are known.",
      example: example + "return t:has_support()"
    ) { (target: Target) in target.distribution.support != nil },
    .method(
      Target.self, "support_size",
      "How many points it lives on; infinite beyond the range of float64.",
      returns: "an integer where it is below 2^53", example: example + "return t:support_size()"
    ) { (target: Target) in
      let size = try target.distribution.requiredSupport().supportSize
      return size < 0x1p53 ? Value.integer(Int(clamping: size)) : Value.number(size)
    },
    .method(
      Target.self, "support_bits", "The logarithm to base 2 of how many points it lives on.",
      example: "return target.binary{dimension = 4096}:support_bits()"
    ) { (target: Target) in try target.distribution.requiredSupport().supportBits },
    .method(
      Target.self, "contains", "Whether each point is one of its support.",
      .arg("x", "points, shape [n, d] or [n] and the target's shape"),
      .option(
        "tolerance", default: nil,
        "the largest difference of a coordinate, 1e-6 where absent; of polygons the root mean square of the picture's, 0.03",
        in: Domain<Double>.nonNegative.orAbsent()),
      returns: "bool tensor of shape [n]; false of a point that is not finite",
      example: example + "return t:contains(t:sample(5, {seed = 1}))"
    ) { (target: Target, x: Tensor, tolerance: Double?) in
      try target.checkPoints(x)
      if let law = target.distribution as? any Membership {
        let most = tolerance ?? law.tolerance
        return try Tensor(law.deviations(x.constant("x")).map { $0 <= most })
      }
      let support = try target.distribution.requiredSupport()
      let rows = try support.supportRows(x)
      let most = tolerance ?? 1e-6
      return try Tensor(support.nearest(rows).deviations(rows).map { $0 <= most })
    },
    .method(
      Target.self, "log_probability", "ln of the probability of each point of its support.",
      .arg("x", "points, shape [n, d] or [n] and the target's shape"),
      .option(
        "tolerance", default: 1e-6, "the largest difference of a coordinate", in: .nonNegative),
      returns: "float64 tensor of shape [n]; −inf of a point that is not of the support",
      example: """
        t = target.ising_chain{length = 4}
        return t:log_probability(t:enumerate()):exp():sum()
        """
    ) { (target: Target, x: Tensor, tolerance: Double) in
      let support = try target.distribution.requiredSupport()
      try target.checkPoints(x)
      let rows = try support.supportRows(x.constant("x"))
      let deviations = try support.nearest(rows).deviations(rows)
      return try Tensor(
        zip(support.logProbabilities(rows), deviations).map { $1 <= tolerance ? $0 : -.infinity })
    },
    .property(
      Target.self, "log_partition", "ln Z of a chain of spins; nil of other targets.",
      example: "return target.ising_chain{length = 16, closed = true}.log_partition"
    ) { (target: Target) in (target.distribution as? SpinChain)?.logPartition },
    .method(
      Target.self, "project", "The point of its support nearest to each point.",
      .arg("x", "points, shape [n, d] or [n] and the target's shape"),
      returns: "tensor shaped like x; nan for a point that is not finite",
      details: "Of points equally near it is always the same one.",
      example: example + "return t:project(tensor.ones{1, 4, 4})"
    ) { (target: Target, x: Tensor) in
      let support = try target.distribution.requiredSupport()
      try target.checkPoints(x)
      let rows = try support.supportRows(x)
      return try support.nearest(rows).points.reshaped(to: Array(x.shape)).converted(to: x.dtype)
    },
    .method(
      Target.self, "enumerate", "All points of its support, where there are at most 2^24.",
      returns: "float32 tensor of shape [count, d], or [count] and the target's shape",
      example: "return target.binary{dimension = 3}:enumerate()"
    ) { (target: Target) in try target.distribution.requiredSupport().checkedEnumeration() },
  ]
}
