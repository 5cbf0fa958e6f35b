import Autodiff
import Catalog
import Tensors

/// Square patches of photographs: every place of every picture is as likely.
package struct Patches: DrawnPictures {
  static let entry = Entry.function(
    "patches", "Patches of photographs, from any place of any of them.",
    .arg("images", "pictures [h, w] or [c, h, w] in a list, of any sizes, or one tensor [n, h, w]"),
    .option("size", "of a patch: {h, w}, or one number for both", in: .pictureSize),
    returns: "a target with patches [h, w], or [c, h, w] where the pictures have channels",
    details: """
      Every place is as likely, so a large picture gives more patches than a small one. `data.photographs` gives \
      photographs that come with the program.
      """,
    source: "",
    example: """
      image = random.stream(1):uniform{24, 32}
      return target.patches({image}, {size = 8}):sample(4, {seed = 1})
      """
  ) { (images: OneOf<[Tensor], Tensor>, size: OneOf<Count, [Count]>) in
    let pictures: [Tensor]
    switch images {
    case .first(let list): pictures = try list.map { try $0.constant("images") }
    case .second(let x):
      let x = try x.constant("images")
      guard x.rank == 3 || x.rank == 4 else {
        throw UserError("images must be pictures [n, h, w] or [n, c, h, w], got shape \(x.shape)")
      }
      pictures = (0..<x.shape[0]).map { x.select(axis: 0, $0) }
    }
    return Target(try Patches(pictures, size: pictureShape(size)))
  }

  /// A picture and how many patches are before its first.
  private struct Source {
    let values: Tensor
    let before: Int
    let rows: Int
    let columns: Int
  }

  private let sources: [Source]
  private let count: Int
  package let shape: Shape

  package init(_ pictures: [Tensor], size: Shape) throws {
    guard let first = pictures.first else {
      throw UserError("images must have at least one picture, got none")
    }
    var (sources, before): ([Source], Int) = ([], 0)
    for (place, picture) in pictures.enumerated() {
      guard picture.rank == 2 || picture.rank == 3, picture.rank == first.rank,
        picture.shape.dropLast(2).elementsEqual(first.shape.dropLast(2))
      else {
        throw UserError(
          "images must all be [h, w], or [c, h, w] with as many channels, got shape \(picture.shape) "
            + "at position \(place + 1)")
      }
      let (h, w) = (picture.shape[picture.rank - 2], picture.shape[picture.rank - 1])
      guard h >= size[0], w >= size[1] else {
        throw UserError(
          "images must be as large as a patch, \(size), got shape \(picture.shape) at position "
            + "\(place + 1)")
      }
      let values = try picture.converted(to: .float32).copied().densified()
      guard try values.isFinite() else {
        throw UserError("images must be finite, got nan or inf at position \(place + 1)")
      }
      let source = Source(
        values: values, before: before, rows: h - size[0] + 1, columns: w - size[1] + 1)
      sources.append(source)
      before += source.rows * source.columns
    }
    (self.sources, count) = (sources, before)
    shape = Shape(Array(first.shape.dropLast(2)) + Array(size))
  }

  package let name = "patches"
  package var summary: String {
    "\(count) places in \(sources.count) picture\(sources.count == 1 ? "" : "s"), \(sizeText)"
  }
  package var numbersPerPicture: Int { 1 }

  package func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws {
    let u = numbers.pointer(Double.self)
    let (h, w) = (shape[shape.rank - 2], shape[shape.rank - 1])
    for picture in 0..<numbers.shape[0] {
      let place = min(Int(clamping: (u[picture] * Double(count)).rounded(.down)), count - 1)
      // The last picture that does not begin behind the place.
      var (low, high) = (0, sources.count - 1)
      while low < high {
        let middle = (low + high + 1) / 2
        if sources[middle].before <= place { low = middle } else { high = middle - 1 }
      }
      let source = sources[low]
      let (top, left) = (place - source.before).quotientAndRemainder(dividingBy: source.columns)
      let (height, width) = (source.rows + h - 1, source.columns + w - 1)
      let values = source.values.pointer(Float.self)
      for row in 0..<dimension / w {
        let (channel, i) = row.quotientAndRemainder(dividingBy: h)
        (out + picture * dimension + row * w).update(
          from: values + (channel * height + top + i) * width + left, count: w)
      }
    }
  }
}
