import Autodiff
import Catalog
import Tensors

/// Random directions, orthonormal: uniform among all such sets (the factor Q of a matrix of normal numbers).
enum RandomProjections {
  static let entry = Entry.function(
    "random_projections", "Random directions, as a matrix with orthonormal rows.",
    MeasurementModule.shapeParameter,
    .option("count", default: nil, "how many; a tenth of the numbers of a point where absent"),
    .option("seed", default: nil, "of the draw; the session's next where absent"),
    returns: "a float32 matrix [m, d]",
    source: "Kadkhodaie and Simoncelli 2021, Section 3.2 (random basis, compressive sensing)",
    example: "return measurement.random_projections({8, 8}, {count = 5, seed = 1}).shape"
  ) { (shape: ShapeArgument, count: Int?, seed: Int?) in
    let whole = try MeasurementModule.picture(shape).shape
    let d = whole.elementCount
    let m = count ?? max(1, d / 10)
    guard m >= 1, m <= d else {
      throw UserError("count must be from 1 to \(d), the numbers of a point, got \(m)")
    }
    let z = try RandomStream(seed: seed ?? SessionSeed.next()).normal([d, m], .float64)
    return try transpose(Linalg.qr(z).q).converted(to: .float32)
  }
}
