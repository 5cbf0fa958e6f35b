// What can be drawn into a figure that is there.

import Catalog
import Tensors

extension PlotModule {
  private typealias Look = OptionsOf<SeriesOptions>

  static let drawing: [Entry] = [
    .method(
      Figure.self, "line", "Adds a line; NaN breaks it.",
      .arg("x", "heights at 1, 2, 3, … where y is absent"), .arg("y", default: nil),
      .group(SeriesOptions.self), returns: "the figure"
    ) { (figure: Figure, x: Numbers, y: Numbers?, look: Look) in
      let (x, y) = try Numbers.pair(x, y)
      try figure.line(x, y, look.values.look())
      return figure
    },
    .method(
      Figure.self, "steps", "Adds a line of steps: y holds from its x to the next.", .arg("x"),
      .arg("y"), .group(SeriesOptions.self), returns: "the figure"
    ) { (figure: Figure, x: Numbers, y: Numbers, look: Look) in
      try figure.steps(x.sequence("x"), y.sequence("y"), look.values.look())
      return figure
    },
    .method(
      Figure.self, "scatter", "Adds points, coloured by a value if you like.",
      .arg("x", "heights at 1, 2, 3, … where y is absent"), .arg("y", default: nil),
      .group(ValueOptions.self), .group(SeriesOptions.self), returns: "the figure"
    ) { (figure: Figure, x: Numbers, y: Numbers?, colors: OptionsOf<ValueOptions>, look: Look) in
      let (x, y) = try Numbers.pair(x, y)
      try figure.scatter(x, y, values: colors.values.colored(), look.values.look())
      return figure
    },
    .method(
      Figure.self, "errors",
      "Adds points with a bar from low to high through each; without color or label, in the colour"
        + " of the line before.",
      .arg("x"), .arg("y"), .arg("low", "lower ends, as heights"),
      .arg("high", "upper ends, as heights"), .group(SeriesOptions.self), returns: "the figure",
      example: "plot.figure():errors({1, 2}, {3, 4}, {2.5, 3.8}, {3.2, 4.5}, {label = \"KL\"})"
    ) { (figure: Figure, x: Numbers, y: Numbers, low: Numbers, high: Numbers, look: Look) in
      try figure.errors(
        x.sequence("x"), y.sequence("y"), low: low.sequence("low"), high: high.sequence("high"),
        look.values.look())
      return figure
    },
    .method(
      Figure.self, "arrows",
      "Adds an arrow from each point along a vector: a field of scores, say.",
      .arg("x"), .arg("y"), .arg("dx", "along x, in units of the axis"), .arg("dy"),
      .option(
        "scale", default: nil,
        "of all vectors; else such that the longest fits between points on a grid",
        in: Domain<Double>.positive.orAbsent()), .group(SeriesOptions.self), returns: "the figure",
      example: "plot.figure():arrows({0, 1}, {0, 0}, {1, 0}, {1, -1}, {scale = 0.2})"
    ) {
      (
        figure: Figure, x: Numbers, y: Numbers, dx: Numbers, dy: Numbers, scale: Double?,
        look: Look
      ) in
      try figure.arrows(
        x.sequence("x"), y.sequence("y"), dx: dx.sequence("dx"), dy: dy.sequence("dy"),
        scale: scale, look.values.look())
      return figure
    },
    .method(
      Figure.self, "band",
      "Adds the area between two curves; without color or label, in the colour of the line before.",
      .arg("x"), .arg("lower"), .arg("upper"), .group(SeriesOptions.self), returns: "the figure",
      example: "plot.line({1, 2}, {3, 4}):band({1, 2}, {2, 3}, {4, 5})"
    ) { (figure: Figure, x: Numbers, lower: Numbers, upper: Numbers, look: Look) in
      try figure.band(
        x.sequence("x"), lower: lower.sequence("lower"), upper: upper.sequence("upper"),
        look.values.look())
      return figure
    },
    .method(
      Figure.self, "bars", "Adds bars around places x, or between edges (one more than heights).",
      .arg("x"), .arg("heights"), .group(SeriesOptions.self), returns: "the figure",
      example: "plot.figure():bars({1, 2, 3}, {5, 2, 4})"
    ) { (figure: Figure, x: Numbers, heights: Numbers, look: Look) in
      let places = try x.sequence("x")
      let values = try heights.sequence("heights")
      if places.count == values.count + 1 {
        try figure.bars(edges: places, heights: values, look.values.look())
      } else {
        try figure.bars(at: places, heights: values, look.values.look())
      }
      return figure
    },
    .method(
      Figure.self, "histogram", "Adds how often samples fall into bins.",
      .arg("samples", "any shape; what is not finite is left out"), .group(BinOptions.self),
      .group(SeriesOptions.self), returns: "the figure"
    ) { (figure: Figure, samples: Numbers, bins: OptionsOf<BinOptions>, look: Look) in
      try histogram(samples, bins.values, look.values, in: figure)
      return figure
    },
    .method(
      Figure.self, "heat", "Adds values on a grid, as colours.",
      .arg("values", "[rows columns], the first row lowest"), .group(HeatOptions.self),
      returns: "the figure"
    ) { (figure: Figure, values: Tensor, options: OptionsOf<HeatOptions>) in
      try options.values.add(values, to: figure)
      return figure
    },
    .method(
      Figure.self, "contours", "Adds lines of equal value over a grid.",
      .arg("values", "[rows columns], the first row lowest"),
      .option("levels", default: nil, levels), .group(HeatOptions.self), .group(SeriesOptions.self),
      returns: "the figure", details: contourDetails,
      source: "Lorensen & Cline 1987 (marching squares)"
    ) {
      (
        figure: Figure, values: Tensor, levels: [Double]?, options: OptionsOf<HeatOptions>,
        look: Look
      ) in
      try options.values.addContours(values, levels: levels, look.values, to: figure)
      return figure
    },
    .method(
      Figure.self, "images", "Fills the panel with images side by side.",
      .arg("images", PixelLayout.expectation),
      .group(ImageGridOptions.self), returns: "the figure"
    ) { (figure: Figure, images: Tensor, options: OptionsOf<ImageGridOptions>) in
      try options.values.add(images, to: figure)
      return figure
    },
    NearestPairs.method,
    .method(
      Figure.self, "reference", "Adds a line across the whole panel, at a height y or a place x.",
      .option("y", default: nil, "height of a horizontal line"),
      .option("x", default: nil, "place of a vertical line"), .group(SeriesOptions.self),
      returns: "the figure",
      example: "plot.line({1, 2}, {3, 4}):reference{y = 3.5, label = \"floor\"}"
    ) { (figure: Figure, y: Double?, x: Double?, look: Look) in
      guard x != nil || y != nil else { throw UserError("y or x is required: a number") }
      let style = try look.values.look()
      if let y { figure.reference(horizontal: y, style) }
      if let x { figure.reference(vertical: x, style) }
      return figure
    },
    .method(
      Figure.self, "note", "Adds words, centred at a place.", .arg("text"), .arg("x"), .arg("y"),
      .option("color", default: nil, "as of a series"), returns: "the figure"
    ) { (figure: Figure, text: String, x: Double, y: Double, color: String?) in
      figure.note(text, x: x, y: y, Style(color: try color.map(Color.init(named:))))
      return figure
    },
  ]

  static func histogram(
    _ samples: Numbers, _ bins: BinOptions, _ look: SeriesOptions, in figure: Figure
  ) throws {
    let counted = try bins.counted(samples.values)
    try figure.bars(edges: counted.edges, heights: counted.heights, look.look())
  }
}
