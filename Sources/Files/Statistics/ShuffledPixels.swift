import Autodiff
import Catalog
import Tensors

/// `data.shuffled_pixels`: pictures behind the permutation of `target.shuffled`, and back.
enum ShuffledPixels {
  static let entry = Entry.function(
    "shuffled_pixels", "Pictures with their pixels in another order, the same for all.",
    .arg("x", "points [n, d], or pictures [n, h, w] or [n, c, h, w], whose channels stay together"),
    .option("seed", default: 1, "of the permutation"),
    .option("inverse", default: false, "whether pixels go back to where they were"),
    returns: "a tensor shaped like x",
    details: "target.shuffled of the same seed has the same permutation.",
    source: "Kadkhodaie et al. 2024, Figure 21",
    example: """
      digits = data.mnist{count = 10}
      return data.shuffled_pixels(data.shuffled_pixels(digits), {inverse = true})
      """
  ) { (x: Tensor, seed: Int, inverse: Bool) in
    guard x.rank >= 2, x.elementCount > 0 else {
      throw UserError(
        "x must be points [n, d] or pictures [n, h, w] or [n, c, h, w], got shape \(x.shape)")
    }
    let permutation = try PixelPermutation(shape: Shape(x.shape.dropFirst()), seed: seed)
    return try onFlattenedPoints(x) {
      try pick($0, axis: 1, inverse ? permutation.inverse : permutation.places)
    }
  }
}
