import Autodiff
import Catalog
import Glibc
import Tensors

/// Plane waves of one frequency: x_ij = m + A sin(2π(f₁ i/h + f₂ j/w) + φ), φ uniform on the circle, A uniform on a range.
///
/// The points lie in a plane, spanned by the sine and the cosine wave, which are orthogonal for integer frequencies and
/// have the length √(hw/2): a round law in a subspace of two dimensions, so it is known under noise. The mean is m, the
/// covariance E A² (s sᵀ + c cᵀ)/2 with the waves s and c. Kadkhodaie et al. 2024, Figure 20.
enum Sines {
  static let entry = Entry.function(
    "sines", "Pictures of one plane wave, whose phase and intensity are drawn.",
    .option("size", "of the picture: {h, w}, or one number for both", in: .pictureSize),
    .option("frequency", default: [1, 2], "whole waves down and across the picture"),
    .option("intensity", default: [0, 0.5], "{least, most} of the wave's amplitude"),
    .option("mean", default: 0.5, "of every pixel", in: .finite),
    returns: "a target with pictures for points",
    details: """
      Its points have no density, since they lie in a plane; score, posterior mean and density under noise are known, by \
      quadrature over the intensity, and pass no gradient. Well inside of the range the error of the best denoiser is 2 σ².
      """,
    source: "Kadkhodaie et al. 2024, Figure 20",
    example: "return target.sines{size = 16}:sample(4, {seed = 1})"
  ) { (size: OneOf<Count, [Count]>, frequency: [Int], intensity: [Double], mean: Double) in
    let shape = try pictureShape(size)
    guard frequency.count == 2,
      zip(frequency, shape).allSatisfy({ $0.magnitude < ($1 + 1).magnitude / 2 }),
      frequency != [0, 0]
    else {
      throw UserError(
        "frequency must be two integers, not both 0, below half the size \(shape) in size, got "
          + frequency.literal)
    }
    guard intensity.count == 2, intensity[0] >= 0, intensity[0] <= intensity[1],
      intensity[1] > 0, intensity[1].isFinite
    else {
      throw UserError(
        "intensity must be {least, most} with 0 <= least <= most and most above 0, got "
          + intensity.literal)
    }
    let length = (Double(shape.elementCount) / 2).squareRoot()
    return Target(
      Subspace(
        law: RoundLaw(radius: intensity[0] * length...intensity[1] * length),
        rows: try waves(shape, frequency, length),
        mean: try .full([1, shape.elementCount], mean, .float64), name: "sines", shape: shape))
  }

  /// The sine and the cosine wave, each of length 1.
  private static func waves(_ shape: Shape, _ frequency: [Int], _ length: Double) throws -> Tensor {
    let (h, w) = (shape[0], shape[1])
    let result = try Tensor(uninitialized: Shape(checking: [2, h * w]), .float64)
    let out = result.pointer(Double.self)
    // Phases of rows and of columns, each within one turn.
    func angle(_ place: Int, _ frequency: Int, _ length: Int) -> Double {
      2 * Double.pi * Double(place * frequency % length) / Double(length)
    }
    for i in 0..<h {
      for j in 0..<w {
        let phase = angle(i, frequency[0], h) + angle(j, frequency[1], w)
        out[i * w + j] = sin(phase) / length
        out[(h + i) * w + j] = cos(phase) / length
      }
    }
    return result
  }
}
