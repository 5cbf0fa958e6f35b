import Catalog
import Files
import Runtime
import Tensors

/// The Lua module `plot`: figures for the terminal and for papers.
package enum PlotModule {
  package static let module = Module(
    "plot",
    "Figures: shown in the terminal, saved as SVG, PDF or PNG."
      + " `plot.line(x, y)` at the prompt shows itself; `f:save(\"kl.svg\")` writes it.",
    types: [TypeDescription(Figure.self, "a figure of one or more panels")],
    entries: making + drawing + arranging + output)

  private typealias Look = OptionsOf<SeriesOptions>
  private typealias Colors = OptionsOf<ValueOptions>
  private typealias Axes = OptionsOf<AxesOptions>

  /// A new figure with these axes and what `draw` puts into it.
  private static func figure(_ axes: Axes, _ draw: (Figure) throws -> Void) rethrows -> Figure {
    let figure = Figure(title: axes.title)
    axes.values.apply(to: &figure.panel, withTitle: false)
    try draw(figure)
    return figure
  }

  // MARK: Making

  static let making: [Entry] = [
    .function(
      "figure", "An empty figure to draw in.", .group(AxesOptions.self),
      .option("size", default: nil, "{width, height} in inches; else what suits the panels"),
      returns: "a figure",
      example: "f = plot.figure{title = \"KL\", log = \"y\"}  f:line({1, 2}, {0.5, 0.1})"
    ) { (axes: Axes, size: [Double]?) in
      let result = figure(axes) { _ in }
      if let size { try resize(result, size) }
      return result
    },
    .function(
      "line", "A figure of one line.", .arg("x", "heights at 1, 2, 3, … where y is absent"),
      .arg("y", default: nil), .group(SeriesOptions.self), .group(AxesOptions.self),
      returns: "a figure",
      example: "return plot.line({1, 2, 3}, {1, 4, 9}, {y = \"squares\", log = \"y\"})"
    ) { (x: Numbers, y: Numbers?, look: Look, axes: Axes) in
      let (x, y) = try Numbers.pair(x, y)
      return try figure(axes) { try $0.line(x, y, look.values.look()) }
    },
    .function(
      "scatter", "A figure of points, coloured by a value if you like.",
      .arg("x", "heights at 1, 2, 3, … where y is absent"), .arg("y", default: nil),
      .group(ValueOptions.self), .group(SeriesOptions.self), .group(AxesOptions.self),
      returns: "a figure",
      example:
        "return plot.scatter({1, 2, 3}, {1, 4, 9}, {value = {0.1, 0.5, 0.2}, value_label = \"t\"})"
    ) { (x: Numbers, y: Numbers?, colors: Colors, look: Look, axes: Axes) in
      let (x, y) = try Numbers.pair(x, y)
      return try figure(axes) {
        try $0.scatter(x, y, values: colors.values.colored(), look.values.look())
      }
    },
    .function(
      "histogram", "A figure of how often samples fall into bins.",
      .arg("samples", "any shape; what is not finite is left out"), .group(BinOptions.self),
      .group(SeriesOptions.self), .group(AxesOptions.self), returns: "a figure",
      example: "return plot.histogram({1, 2, 2, 3}, {bins = 3})"
    ) { (samples: Numbers, bins: OptionsOf<BinOptions>, look: Look, axes: Axes) in
      try figure(axes) { try histogram(samples, bins.values, look.values, in: $0) }
    },
    .function(
      "heat", "A figure of values on a grid, as colours.",
      .arg("values", "[rows columns], the first row lowest"), .group(HeatOptions.self),
      .group(AxesOptions.self), returns: "a figure",
      example: "return plot.heat(tensor{{1, 2}, {3, 4}})"
    ) { (values: Tensor, options: OptionsOf<HeatOptions>, axes: Axes) in
      try figure(axes) { try options.values.add(values, to: $0) }
    },
    .function(
      "contours", "A figure of lines of equal value over a grid.",
      .arg("values", "[rows columns], the first row lowest"),
      .option("levels", default: nil, levels), .group(HeatOptions.self), .group(SeriesOptions.self),
      .group(AxesOptions.self), returns: "a figure", details: contourDetails,
      source: "Lorensen & Cline 1987 (marching squares)",
      example:
        "return plot.contours(tensor{{0, 1, 0}, {1, 2, 1}, {0, 1, 0}}, {levels = {0.5, 1.5}})"
    ) {
      (values: Tensor, levels: [Double]?, options: OptionsOf<HeatOptions>, look: Look, axes: Axes)
      in
      try figure(axes) {
        try options.values.addContours(values, levels: levels, look.values, to: $0)
      }
    },
    .function(
      "images", "A figure of images side by side, grey or in colours.",
      .arg("images", PixelLayout.expectation),
      .group(ImageGridOptions.self), .option("title", default: nil, "the line above"),
      .option("path", default: nil, "a file to save the figure to as well"), returns: "a figure",
      example: "return plot.images(tensor.zeros{4, 8, 8}, {columns = 2, range = {0, 1}})"
    ) {
      (images: Tensor, options: OptionsOf<ImageGridOptions>, title: String?, path: FilePath?) in
      let figure = Figure(title: title)
      try options.values.add(images, to: figure)
      if let path { try figure.save(to: path) }
      return figure
    },
    NearestPairs.entry,
  ]

  static let levels = "values of the lines; else some 8 round numbers"
  static let contourDetails =
    "The grid is that of `heat`: values stand in the middles of its cells. Without `color` a line has"
    + " the colour of its value. No line passes where a value is not finite."

  // MARK: Arranging and output

  static let arranging: [Entry] = [
    .method(
      Figure.self, "panel",
      "Makes what follows draw in the panel at this place; the grid of panels grows to hold it.",
      .arg("row", in: .within(1...Figure.mostPanels)),
      .arg("column", in: .within(1...Figure.mostPanels)), .group(AxesOptions.self),
      returns: "the figure",
      example: "f = plot.figure()  f:panel(1, 2, {title = \"b\"}):line({1, 2}, {3, 4})"
    ) { (figure: Figure, row: Int, column: Int, axes: Axes) in
      try figure.select(row: row, column: column)
      axes.values.apply(to: &figure.panel, withTitle: true)
      return figure
    },
    .method(
      Figure.self, "axes", "Changes the axes of the panel.", .group(AxesOptions.self),
      returns: "the figure", example: "plot.line({1, 2}, {3, 4}):axes{x = \"step\", log = \"y\"}"
    ) { (figure: Figure, axes: Axes) in
      axes.values.apply(to: &figure.panel, withTitle: true)
      return figure
    },
    .method(
      Figure.self, "resize", "Sets the size on paper.",
      .arg("width", "inches", in: .within(0.5...100)),
      .arg("height", "inches", in: .within(0.5...100)), returns: "the figure"
    ) { (figure: Figure, width: Double, height: Double) in
      try figure.setSize(width: width, height: height)
      return figure
    },
  ]

  static let output: [Entry] = [
    .method(
      Figure.self, "save",
      "Writes the figure, whole or not at all, as the ending of the path says.",
      .arg("path", "ends in .svg, .pdf or .png"),
      .option(
        "text", default: "outlines",
        "of an SVG: 'outlines' look the same everywhere, 'letters' can be searched and edited",
        in: .oneOf(["outlines", "letters"])),
      details: "The same figure gives the same bytes. PNG has 200 dots an inch. Returns nothing,"
        + " so that the prompt does not show the figure once more."
    ) { (figure: Figure, path: FilePath, text: String) in
      try figure.save(to: path, letters: text == "letters")
      return Nothing()
    },
    .method(
      Figure.self, "show", "Prints the figure to the terminal.",
      .option("width", default: nil, "columns; else those of the terminal", in: width),
      .option("height", default: nil, "lines; else what suits the width", in: height)
    ) { (figure: Figure, width: Int?, height: Int?) in
      try figure.show(width: width, height: height)
      return Nothing()
    },
    .method(
      Figure.self, "text", "The figure as plain text, as the terminal shows it without colours.",
      .option("width", default: 80, "columns", in: .within(20...1000)),
      .option("height", default: nil, "lines; else what suits the width", in: height),
      returns: "a string of lines", example: "print(plot.line({1, 2}, {3, 4}):text{width = 40})"
    ) { (figure: Figure, width: Int, height: Int?) in
      try figure.terminal(width: width, height: height)
    },
  ]

  private static let width = Domain<Int>.within(20...1000).orAbsent()
  private static let height = Domain<Int>.within(8...1000).orAbsent()

  private static func resize(_ figure: Figure, _ size: [Double]) throws {
    guard size.count == 2 else {
      throw UserError("size must be {width, height}, got \(size.count) numbers")
    }
    try figure.setSize(width: size[0], height: size[1])
  }

}
