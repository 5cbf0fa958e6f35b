import Autodiff
import Catalog
import Tensors

/// All of a picture is known but a rectangle, in all of its channels.
enum Inpainting {
  static let entry = Entry.function(
    "inpainting", "All of a picture but a rectangle, as a bool mask.",
    MeasurementModule.shapeParameter,
    .option("rows", default: nil, "{first, last} rows of the rectangle; all where absent"),
    .option("columns", default: nil, "{first, last} columns; all where absent"),
    returns: "a bool tensor with the shape of a point, true where it is known",
    source: "Kadkhodaie and Simoncelli 2021, Section 3.2 (inpainting)",
    example: "return measurement.inpainting({8, 8}, {rows = {3, 6}, columns = {3, 6}})"
  ) { (shape: ShapeArgument, rows: [Int]?, columns: [Int]?) in
    let (whole, _, h, w) = try MeasurementModule.picture(shape)
    guard rows != nil || columns != nil else {
      throw UserError("give rows or columns of the rectangle that is not known")
    }
    let (r, k) = (try range(rows, "rows", h), try range(columns, "columns", w))
    return try MeasurementModule.mask(whole) { place in
      !(r.contains(place / w % h) && k.contains(place % w))
    }
  }

  /// Places from 0.
  private static func range(_ ends: [Int]?, _ name: String, _ count: Int) throws -> Range<Int> {
    guard let ends else { return 0..<count }
    guard ends.count == 2, ends[0] >= 1, ends[0] <= ends[1], ends[1] <= count else {
      throw UserError(
        "\(name) must be {first, last} within 1 and \(count), got {"
          + ends.map(String.init).joined(separator: ", ") + "}")
    }
    return ends[0] - 1..<ends[1]
  }
}
