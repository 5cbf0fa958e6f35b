import Autodiff
import Catalog
import Tensors

/// One picture v at every brightness: x_0 = s v, s uniform on a range.
///
/// It is the uniform law on [a‖v‖, b‖v‖] along v/‖v‖, a subspace of one dimension, and so known under noise. Well inside of
/// the range the error of the best denoiser is σ². Kadkhodaie et al. 2024, Figure 19.
enum Ray {
  static let entry = Entry.function(
    "ray", "One picture at every brightness: a line segment in the space of pictures.",
    .option("image", "the picture at brightness 1: [h, w] or [c, h, w]"),
    .option("brightness", default: [0, 1], "{least, most} of the factor, 0 or more"),
    returns: "a target with points shaped like image",
    details: """
      Its points have no density, since they lie on a line; score, posterior mean and density under noise are known, by \
      quadrature along the line, and pass no gradient.
      """,
    source: "Kadkhodaie et al. 2024, Figure 19",
    example: """
      image = tensor{{0, 0.5}, {0.5, 1}}
      return target.ray{image = image}:sample(4, {seed = 1})
      """
  ) { (image: TensorSource, brightness: [Double]) in
    let v = try image.tensor(.float64).constant("image")
    guard v.rank >= 1, v.elementCount > 1, try v.isFinite() else {
      throw UserError("image must be a picture of finite numbers, 2 or more, got \(v.describe())")
    }
    let rows = try v.reshaped(to: [1, v.elementCount]).densified()
    let length = try sum(square(rows)).item().squareRoot()
    guard length > 0, length.isFinite else {
      throw UserError("image must have a pixel other than 0, got norm \(formatNumber(length))")
    }
    guard brightness.count == 2, brightness[0] >= 0, brightness[0] < brightness[1],
      brightness[1].isFinite
    else {
      throw UserError(
        "brightness must be {least, most} with 0 <= least < most, got \(brightness.literal)")
    }
    let law = UniformIntervals([brightness[0] * length...brightness[1] * length], weights: [1])
    return Target(
      Subspace(
        law: law, rows: try rows / length, mean: try .zeros([1, v.elementCount], .float64),
        name: "ray", shape: v.shape))
  }
}
