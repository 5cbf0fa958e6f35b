// Samples beside the data that they are nearest to: whether a model copies can be seen.

import Catalog
import Tensors

enum NearestPairs {
  static let entry = Entry.function(
    "pairs",
    "A figure of samples, each beside its nearest data point; under it how much nearer that is than"
      + " the next.",
    .arg("samples", PixelLayout.expectation), .arg("data", "of the same images"),
    .option("count", default: 24, "samples shown, the first ones", in: .within(1...5000)),
    .group(ImageGridOptions.self), .option("title", default: nil, "the line above"),
    returns: "a figure",
    details:
      "The number is the distance to the nearest point over that to the next, both Euclidean:"
      + " near 0 for a copy, near 1 for what is as near to many. `columns` counts images.",
    source: "Yoon et al. 2023",
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
    let shown = try samples.converted(to: .float32).slice(
      axis: 0, 0..<min(count, samples.shape[0]))
    let known = try data.converted(to: .float32)
    let length = samples.axisLengths.dropFirst().reduce(1, *)
    let (n, m) = (shown.shape[0], known.shape[0])
    let distances = try pairwiseDistances(
      shown.densified().reshaped(to: [n, length]), known.densified().reshaped(to: [m, length])
    ).floats()
    let (own, others) = (try shown.floats(), try known.floats())
    var pixels: [Float] = []
    var captions: [String] = []
    for i in 0..<n {
      var (best, next, place) = (Float.infinity, Float.infinity, 0)
      for (j, distance) in distances[i * m..<(i + 1) * m].enumerated() {
        if distance < best {
          (best, next, place) = (distance, best, j)
        } else if distance < next {
          next = distance
        }
      }
      pixels += own[i * length..<(i + 1) * length]
      pixels += others[place * length..<(place + 1) * length]
      let ratio = best == 0 ? 0 : Double(best / next)
      captions += ["", NumberText.fixed(ratio, decimals: 2)]
    }
    var options = options
    options.captions = captions
    options.columns = options.columns ?? min(2 * n, 12)
    let images = try Tensor(pixels, shape: Shape([2 * n] + samples.axisLengths.dropFirst()))
    try options.add(images, to: figure)
  }
}
