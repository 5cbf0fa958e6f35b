import Autodiff
import Catalog
import Glibc
import Tensors

/// Plane waves of one frequency: x_ij = m + A sin(2π(f₁ i/h + f₂ j/w) + φ), φ uniform on the circle, A uniform on a range.
///
/// The points lie in a plane, spanned by the sine and the cosine wave, which are orthogonal for integer frequencies; so the
/// tangent spaces have dimension 2. The mean is m, the covariance E A² (s sᵀ + c cᵀ)/2 with the waves s and c.
/// Kadkhodaie et al. 2024, Figure 20.
package struct Sines: DrawnPictures {
  static let entry = Entry.function(
    "sines", "Pictures of one plane wave, whose phase and intensity are drawn.",
    .option("size", "of the picture: {h, w}, or one number for both", in: .pictureSize),
    .option("frequency", default: [1, 2], "whole waves down and across the picture"),
    .option("intensity", default: [0, 0.5], "{least, most} of the wave's amplitude"),
    .option("mean", default: 0.5, "of every pixel", in: .finite),
    returns: "a target with pictures for points",
    source: "Kadkhodaie et al. 2024, Figure 20",
    example: "return target.sines{size = 16}:sample(4, {seed = 1})"
  ) { (size: OneOf<Count, [Count]>, frequency: [Int], intensity: [Double], mean: Double) in
    let shape = try pictureShape(size)
    guard frequency.count == 2, zip(frequency, shape).allSatisfy({ abs($0) < ($1 + 1) / 2 }),
      frequency != [0, 0]
    else {
      throw UserError(
        "frequency must be two integers, not both 0, below half the size \(shape) in size, got "
          + frequency.literal)
    }
    guard intensity.count == 2, intensity[0] >= 0, intensity[0] <= intensity[1],
      intensity[1].isFinite
    else {
      throw UserError(
        "intensity must be {least, most} with 0 <= least <= most, got \(intensity.literal)")
    }
    return Target(
      Sines(
        shape: shape, frequency: frequency, intensity: intensity[0]...intensity[1], mean: mean))
  }

  package let shape: Shape
  let frequency: [Int]
  let intensity: ClosedRange<Double>
  let mean: Double

  package let name = "sines"
  package var summary: String { "frequency {\(frequency[0]), \(frequency[1])}, \(sizeText)" }
  package var intrinsicDimension: Int? { 2 }
  package var numbersPerPicture: Int { 2 }

  package func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws {
    let u = numbers.pointer(Double.self)
    let (h, w) = (shape[0], shape[1])
    // The phases of rows and of columns, each to less than one turn.
    func angles(_ frequency: Int, _ length: Int) -> [Double] {
      (0..<length).map {
        2 * Double.pi * Double(($0 * frequency) % length) / Double(length)
      }
    }
    let (down, across) = (angles(frequency[0], h), angles(frequency[1], w))
    for picture in 0..<numbers.shape[0] {
      let phase = 2 * Double.pi * u[2 * picture]
      let a =
        intensity.lowerBound
        + u[2 * picture + 1] * (intensity.upperBound - intensity.lowerBound)
      for i in 0..<h {
        for j in 0..<w {
          out[(picture * h + i) * w + j] = Float(mean + a * sin(down[i] + across[j] + phase))
        }
      }
    }
  }
}
