import Autodiff
import Catalog
import Tensors

/// The averages of blocks of factor × factor pixels in each channel, times the factor, so that the rows have
/// norm 1.
enum SuperResolution {
  static let entry = Entry.function(
    "super_resolution", "Averages of square blocks of pixels, as a matrix with orthonormal rows.",
    MeasurementModule.shapeParameter,
    .option("factor", default: 2, "the side of a block", in: .within(1...10_000)),
    returns:
      "a float32 matrix [m, d]; its product with a flattened point is factor times the averages",
    source: "Kadkhodaie and Simoncelli 2021, Section 3.2 (super-resolution)",
    example: "return measurement.super_resolution({8, 8}, {factor = 4}).shape"
  ) { (shape: ShapeArgument, factor: Int) in
    let (whole, c, h, w) = try MeasurementModule.picture(shape)
    let (tall, wide) = (whole.rank == 1 ? 1 : factor, factor)
    guard h % tall == 0, w % wide == 0 else {
      throw UserError("factor must divide the sides of \(whole), got \(factor)")
    }
    let (down, across) = (h / tall, w / wide)
    let weight = 1 / Double(tall * wide).squareRoot()
    return try MeasurementModule.matrix(c * down * across, c * h * w) { block, row in
      let (channel, i, j) = (block / (down * across), block / across % down, block % across)
      for y in 0..<tall {
        for x in 0..<wide {
          row[(channel * h + i * tall + y) * w + j * wide + x] = Float(weight)
        }
      }
    }
  }
}
