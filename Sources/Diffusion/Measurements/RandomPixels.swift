import Autodiff
import Catalog
import Tensors

/// A share of the pixels, drawn at random, the same in all channels.
enum RandomPixels {
  static let entry = Entry.function(
    "random_pixels", "A share of the pixels, as a bool mask.", MeasurementModule.shapeParameter,
    .option("share", default: 0.1, "of the pixels that are known", in: .within(0...1)),
    .option("seed", default: nil, "of the draw; the session's next where absent"),
    returns: "a bool tensor with the shape of a point, true where it is known",
    source: "Kadkhodaie and Simoncelli 2021, Section 3.2 (random missing pixels)",
    example: "return measurement.random_pixels({8, 8}, {share = 0.25, seed = 1})"
  ) { (shape: ShapeArgument, share: Double, seed: Int?) in
    let (whole, _, h, w) = try MeasurementModule.picture(shape)
    let count = Int(clamping: (share * Double(h * w)).rounded())
    let order = try RandomStream(seed: seed ?? SessionSeed.next()).permutation(h * w)
    let seen = Set(order.prefix(count))
    return try MeasurementModule.mask(whole) { seen.contains($0 % (h * w)) }
  }
}
