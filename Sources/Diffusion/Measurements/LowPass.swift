import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The low frequencies of each channel: the products with √(2/n) cos 2π(k y/h + l x/w) and √(2/n) sin of the same,
/// |k| and |l| up to the cutoff, n = h w. Of a pair (k, l), (−k, −l) one is taken; where both are the same wave the
/// cosine alone, times √(1/n).
enum LowPass {
  static let entry = Entry.function(
    "low_pass", "The low frequencies, as a matrix with orthonormal rows.",
    MeasurementModule.shapeParameter,
    .option(
      "cutoff", default: 2, "the highest frequency, in waves over a side", in: .within(0...10_000)),
    returns: "a float32 matrix [m, d]",
    source: "Kadkhodaie and Simoncelli 2021, Section 3.2 (spectral super-resolution)",
    example: "return measurement.low_pass({8, 8}, {cutoff = 1}).shape"
  ) { (shape: ShapeArgument, cutoff: Int) in
    let (_, c, h, w) = try MeasurementModule.picture(shape)
    let count = c * min(2 * cutoff + 1, h) * min(2 * cutoff + 1, w)
    try Memory.request(Shape(checking: [count, c * h * w]).elementCount, of: Float.self)
    let waves = waves(h, w, cutoff)
    return try MeasurementModule.matrix(c * waves.count, c * h * w) { place, row in
      let (channel, wave) = (place / waves.count, waves[place % waves.count])
      for y in 0..<h {
        for x in 0..<w {
          // Whole waves are taken away first, so that the angle keeps its digits.
          let turns =
            Double(wave.k * y % h) / Double(h) + Double(wave.l * x % w) / Double(w)
          row[(channel * h + y) * w + x] =
            Float(wave.size * cos(2 * Double.pi * turns + wave.phase))
        }
      }
    }
  }

  private struct Wave {
    let k: Int
    let l: Int
    let phase: Double
    let size: Double
  }

  /// Frequencies from 0, of each pair one, as cosine and sine.
  private static func waves(_ h: Int, _ w: Int, _ cutoff: Int) -> [Wave] {
    var found: [Wave] = []
    for k in 0..<h where min(k, h - k) <= cutoff {
      for l in 0..<w where min(l, w - l) <= cutoff {
        guard (k, l) <= ((h - k) % h, (w - l) % w) else { continue }
        let isReal = (2 * k) % h == 0 && (2 * l) % w == 0
        let size = ((isReal ? 1 : 2) / Double(h * w)).squareRoot()
        for phase in isReal ? [0.0] : [0.0, -Double.pi / 2] {
          found.append(Wave(k: k, l: l, phase: phase, size: size))
        }
      }
    }
    return found
  }
}
