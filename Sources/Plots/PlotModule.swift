import Catalog
import Tensors

/// The Lua module `plot`: figures for the terminal and for papers.
public enum PlotModule {
  public static let module = Module(
    "plot",
    "Figures: shown in the terminal, saved as SVG, PDF or PNG."
      + " `plot.line(x, y)` at the prompt shows itself; `f:save(\"kl.svg\")` writes it.",
    types: [TypeDescription(Figure.self, "a figure of one or more panels")],
    entries: making + drawing + arranging + output)

  private typealias Look = OptionsOf<SeriesOptions>
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
      "line", "A figure of one line.", .arg("x"), .arg("y"), .group(SeriesOptions.self),
      .group(AxesOptions.self), returns: "a figure",
      example: "return plot.line({1, 2, 3}, {1, 4, 9}, {y = \"squares\", log = \"y\"})"
    ) { (x: Numbers, y: Numbers, look: Look, axes: Axes) in
      try figure(axes) {
        try $0.line(x.sequence("x"), y.sequence("y"), look.values.look())
      }
    },
    .function(
      "scatter", "A figure of points.", .arg("x"), .arg("y"), .group(SeriesOptions.self),
      .group(AxesOptions.self), returns: "a figure",
      example: "return plot.scatter({1, 2, 3}, {1, 4, 9})"
    ) { (x: Numbers, y: Numbers, look: Look, axes: Axes) in
      try figure(axes) {
        try $0.scatter(x.sequence("x"), y.sequence("y"), look.values.look())
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
      "images", "A figure of grey images side by side.",
      .arg("images", "[n height width], one image [height width], or [n d] with the option shape"),
      .group(ImageGridOptions.self), .option("title", default: nil, "the line above"),
      .option("path", default: nil, "a file to save the figure to as well"), returns: "a figure",
      example: "return plot.images(tensor.zeros{4, 8, 8}, {columns = 2, range = {0, 1}})"
    ) {
      (images: Tensor, options: OptionsOf<ImageGridOptions>, title: String?, path: String?) in
      let figure = Figure(title: title)
      try options.values.add(images, to: figure)
      if let path { try save(figure, path) }
      return figure
    },
  ]

  // MARK: Drawing into a figure

  static let drawing: [Entry] = [
    .method(
      Figure.self, "line", "Adds a line; NaN breaks it.", .arg("x"), .arg("y"),
      .group(SeriesOptions.self), returns: "the figure"
    ) { (figure: Figure, x: Numbers, y: Numbers, look: Look) in
      try figure.line(x.sequence("x"), y.sequence("y"), look.values.look())
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
      Figure.self, "scatter", "Adds points.", .arg("x"), .arg("y"), .group(SeriesOptions.self),
      returns: "the figure"
    ) { (figure: Figure, x: Numbers, y: Numbers, look: Look) in
      try figure.scatter(x.sequence("x"), y.sequence("y"), look.values.look())
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
      Figure.self, "images", "Fills the panel with images side by side.",
      .arg("images", "[n height width], one image [height width], or [n d] with the option shape"),
      .group(ImageGridOptions.self), returns: "the figure"
    ) { (figure: Figure, images: Tensor, options: OptionsOf<ImageGridOptions>) in
      try options.values.add(images, to: figure)
      return figure
    },
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

  private static func histogram(
    _ samples: Numbers, _ bins: BinOptions, _ look: SeriesOptions, in figure: Figure
  ) throws {
    let counted = try Histogram(
      samples.values, bins: bins.bins, range: bins.range?.range, density: bins.density)
    try figure.bars(edges: counted.edges, heights: counted.heights, look.look())
  }

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
      .arg("path", "ends in .svg, .pdf or .png"), returns: "the figure",
      details: "The same figure gives the same bytes. PNG has 200 dots an inch."
    ) { (figure: Figure, path: String) in
      try save(figure, path)
      return figure
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

  private static func save(_ figure: Figure, _ path: String) throws { try figure.save(to: path) }
}
