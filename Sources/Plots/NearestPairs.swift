// Samples beside the data that they are nearest to: whether a model copies can be seen.

import Catalog
import Tensors

enum NearestPairs {
  private static let count = Parameter<Int>.option(
    "count", default: 24, "samples shown, the first ones", in: .within(1...5000))
  private static let details = """
    The number is the distance to the nearest point over that to the next, both Euclidean: near 0 for a copy, \
    near 1 for what is as near to many. `columns` counts images, and a pair is never parted; with \
    `scale_each` each pair has its own extent.
    """
  private static let source = "Yoon et al. 2023"

  static let entry = Entry.function(
    "pairs",
    "A figure of samples, each beside its nearest data point; under it how much nearer that is than"
      + " the next.",
    .arg("samples", PixelLayout.expectation), .arg("data", "of the same images"), count,
    .group(ImageGridOptions.self), .option("title", default: nil, "the line above"),
    returns: "a figure", details: details, source: source,
    example: """
      data = random.stream(1):uniform{20, 4, 4}
      return plot.pairs(data[{ {1, 6} }] + 0.05, data, {count = 6, range = {0, 1}})
      """
  ) {
    (
      samples: Tensor, data: Tensor, count: Int, options: OptionsOf<ImageGridOptions>,
      title: String?
    ) in
    let figure = Figure(title: title)
    try add(samples, data, count, options.values, to: figure)
    return figure
  }

  static let method = Entry.method(
    Figure.self, "pairs", "Fills the panel with samples, each beside its nearest data point.",
    .arg("samples", PixelLayout.expectation), .arg("data", "of the same images"), count,
    .group(ImageGridOptions.self), returns: "the figure", details: details, source: source,
    example: """
      data = random.stream(1):uniform{20, 4, 4}
      f = plot.figure()
      return f:panel(1, 2, {title = "copies"}):pairs(data[{ {1, 6} }] + 0.05, data, {range = {0, 1}})
      """
  ) {
    (
      figure: Figure, samples: Tensor, data: Tensor, count: Int,
      options: OptionsOf<ImageGridOptions>
    ) in
    try add(samples, data, count, options.values, to: figure)
    return figure
  }

  private static func add(
    _ samples: Tensor, _ data: Tensor, _ count: Int, _ options: ImageGridOptions, to figure: Figure
  ) throws {
    guard samples.rank >= 2, samples.rank == data.rank,
      samples.axisLengths.dropFirst() == data.axisLengths.dropFirst()
    else {
      throw UserError(
        "data has shape \(data.axisLengths), expected images as of samples \(samples.axisLengths)")
    }
    guard options.captions.isEmpty else {
      throw UserError("captions are the ratios of distances and cannot be given")
    }
    guard data.shape[0] >= 2, samples.shape[0] >= 1 else {
      throw UserError(
        "data must hold 2 images or more and samples one, got \(data.shape[0])"
          + " and \(samples.shape[0])")
    }
    let length = samples.axisLengths.dropFirst().reduce(1, *)
    let n = min(count, samples.shape[0])
    func rows(_ x: Tensor) throws -> Tensor {
      try x.converted(to: .float32).densified().reshaped(to: [x.shape[0], length])
    }
    let shown = try rows(samples.slice(axis: 0, 0..<n))
    let known = try rows(data)
    let found = try nearest(shown, known)
    let (own, others) = (shown.pointer(Float.self), known.pointer(Float.self))
    let images = try Tensor(
      uninitialized: Shape([2 * n] + samples.axisLengths.dropFirst()), .float32)
    for i in 0..<n {
      let to = images.pointer(Float.self) + 2 * i * length
      to.update(from: own + i * length, count: length)
      (to + length).update(from: others + found[i].place * length, count: length)
    }
    var options = options
    options.captions = found.map {
      $0.ratio.isNaN ? "nan" : NumberText.fixed($0.ratio, decimals: 2)
    }
    try options.add(images, group: 2, to: figure)
  }

  /// The nearest of the rows of `data` to each of x, and its distance over that of the next: 0 for a copy, whatever
  /// is next. Without the matrix of all distances.
  private static func nearest(_ x: Tensor, _ data: Tensor) throws -> [(place: Int, ratio: Double)] {
    let best = try Tensor.full([x.shape[0], 2], .infinity, .float32)
    let places = try Tensor.zeros([x.shape[0]], .int64)
    let (distance, place) = (best.pointer(Float.self), places.pointer(Int64.self))
    try forEachDistanceBlock(x, data, of: Float.self) { block in
      for row in block.rows {
        let distances = block.distances(ofRow: row)
        for j in 0..<block.columns.count {
          if distances[j] < distance[2 * row] {
            distance[2 * row + 1] = distance[2 * row]
            distance[2 * row] = distances[j]
            place[row] = Int64(block.columns.lowerBound + j)
          } else if distances[j] < distance[2 * row + 1] {
            distance[2 * row + 1] = distances[j]
          }
        }
      }
    }
    return (0..<x.shape[0]).map { row in
      let (first, second) = (Double(distance[2 * row]), Double(distance[2 * row + 1]))
      let ratio = first == 0 ? 0 : first.isInfinite ? .nan : first / second
      return (Int(clamping: place[row]), ratio)
    }
  }
}
