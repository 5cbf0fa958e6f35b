import Catalog
import Runtime
import Tensors

/// `data.stream`: points that stay on disk until they are drawn.
enum Stream {
  static let entry = Entry.function(
    "stream", "Points that stay on disk until a batch needs them: for data larger than memory.",
    .arg("source", "a file .npy or of IDX, a folder of pictures, or a list of pictures"),
    .group(Images.Options.self),
    .option(
      "limit", default: nil, "pictures: the first so many files",
      in: Domain<Count>.positive.orAbsent()),
    .option("scale", default: 1, "npy, IDX: times each number", in: .finite),
    .option("shift", default: 0, "npy, IDX: added to that", in: .finite),
    returns: "a data_source for train",
    details: """
      Training on it gives the same bits as on the same points in memory. The first axis of a file counts the \
      points; its numbers become float32. Pictures are decoded as often as they are drawn, with the options of \
      data.images.
      """,
    source: "numpy.lib.format; LeCun, Cortes, Burges",
    example: """
      n = os.tmpname() .. ".npy"
      file.save(n, random.stream(1):normal{100, 2})
      return data.stream(n):rows{1, 100}
      """
  ) {
    (
      given: OneOf<FilePath, [FilePath]>, options: OptionsOf<Images.Options>, limit: Count?,
      scale: Double, shift: Double
    ) in
    if case .first(let path) = given, Directories.kind(path) != "directory",
      !PictureList.endings.contains(path.ending)
    {
      guard options.values.isUsual, limit == nil else {
        throw UserError(
          "grey, crop, size, resize and limit are for pictures, the source is '\(path)'")
      }
      return DataSource(try FilePoints(path, scale: scale, shift: shift))
    }
    guard scale == 1, shift == 0 else {
      throw UserError("scale and shift are for npy and IDX files, the source is of pictures")
    }
    let list = try PictureList(given, limit: limit?.value, seed: nil)
    return DataSource(try PicturePoints(list, options.values.form))
  }
}
