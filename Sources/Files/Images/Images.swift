import Catalog
import Runtime
import Tensors

/// `data.images`: pictures of PNG and JPEG files as a tensor.
enum Images {
  struct Options: OptionGroup {
    var grey: Bool?
    var crop: PictureSize?
    var size: PictureSize?
    var resize = Resampling.triangle.rawValue

    static let options: [Option<Options>] = [
      Option(
        "grey", \.grey,
        "true: 0.299 R + 0.587 G + 0.114 B; where absent three channels as soon as one picture has colours"
      ),
      Option(
        "crop", \.crop,
        "the part in the middle that is kept: a number of pixels, {height, width}, or 'square' for the largest"
      ),
      Option(
        "size", \.size,
        "what the picture, or its part, is resized to: a number, or {height, width}", in: lengths),
      Option(
        "resize", \.resize, "the filter, as wide as a pixel of the smaller picture",
        in: .oneOf(Resampling.allCases.map(\.rawValue))),
    ]

    private static let lengths = Domain<PictureSize>("a positive integer or {height, width}") {
      if case .square = $0 { false } else { true }
    }

    var isUsual: Bool {
      grey == nil && crop == nil && size == nil && resize == Resampling.triangle.rawValue
    }

    var form: PictureForm {
      PictureForm(
        grey: grey, crop: crop, size: size, filter: Resampling(rawValue: resize) ?? .triangle)
    }
  }

  static let entry = Entry.function(
    "images", "Reads pictures, PNG and JPEG, as numbers from 0 to 1.",
    .arg(
      "source",
      "a folder, whose pictures come in the order of their names; a file, or a list of files"),
    .group(Options.self),
    .option(
      "patches", default: nil,
      "cuts each picture into squares of so many pixels, which are the points",
      in: Domain<Count>.positive.orAbsent()),
    .option(
      "stride", default: nil, "pixels from one patch to the next; their length where absent",
      in: Domain<Count>.positive.orAbsent()),
    .option(
      "limit", default: nil, "the first so many files", in: Domain<Count>.positive.orAbsent()),
    .option("shuffle", default: false, "whether the files come in a random order, before `limit`"),
    .option("seed", default: nil, "of that order; the session's next where absent"),
    .option(
      "skip", default: false, "leaves out files that cannot be read, which the second result lists"),
    returns:
      "a tensor [n h w] where all is grey, otherwise [n 3 h w]; with `skip` also a list of tables with `path` and "
      + "`error`",
    details: """
      8 bits and 16 bits, palettes, interlaced and progressive files are read; alpha is left out, and the \
      orientation that cameras note is not looked at. CMYK is refused. A file that is cut short or damaged is an \
      error that names it, and so are pictures of two sizes where neither crop nor size makes them equal.

      Resizing averages over the pixels that one of the result covers, by a triangle (Pillow's BILINEAR) or a box \
      (its BOX), so that shrinking does not alias. The same files give the same numbers at any thread count.
      """,
    source: "W3C PNG; ITU-T T.81; ITU-R BT.601",
    example: """
      n = os.tmpname() .. ".d"
      file.make_directory(n)
      data.save_image(n .. "/a.png", tensor{{0, 1}, {1, 0}})
      return data.images(n)
      """
  ) {
    (
      source: OneOf<FilePath, [FilePath]>, options: OptionsOf<Options>, patches: Count?,
      stride: Count?, limit: Count?, isShuffled: Bool, seed: Int?, skips: Bool
    ) -> ValueList in
    guard patches != nil || stride == nil else {
      throw UserError("stride is for patches, which are absent")
    }
    let list = try PictureList(
      source, limit: limit?.value, seed: isShuffled ? seed ?? SessionSeed.next() : nil)
    guard let patches else {
      let (tensor, skipped) = try list.load(options.values.form, skips: skips)
      return ValueList([.object(tensor)] + (skips ? [table(skipped)] : []))
    }
    let (readable, skipped) = skips ? try list.readable(options.values.form) : (list, [])
    let tensor = try readable.patches(
      options.values.form, length: patches.value, step: (stride ?? patches).value)
    return ValueList([.object(tensor)] + (skips ? [table(skipped)] : []))
  }

  private static func table(_ skipped: [PictureList.Skipped]) -> Value {
    .list(
      skipped.map { .named([("path", .string("\($0.path)")), ("error", .string($0.reason))]) })
  }
}
