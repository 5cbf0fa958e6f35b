// Grids of images on a page. A page of images alone is as high as they need. A grid alone in a figure
// has each of its pixels cover a whole number of the pixels of the PNG, so that all are of one size; on
// a page of a given size, and beside others, it is as large as fits.

import Glibc
import Runtime

enum ImagePage {
  private static let dot = 72 / PageFormat.density
  private static let captionSize = 6.5
  private static let margin = 12 * dot

  /// Dots of the PNG a source pixel covers.
  private static func scale(_ figure: Figure, _ grid: ImageGrid) -> Double {
    let across = Double(grid.columns * (grid.imageWidth + grid.padding) - grid.padding)
    return max((figure.width * PageFormat.density / across).rounded(.down), 1)
  }

  /// The page, in points, where the figure shows nothing but images and has no size of its own.
  static func size(of figure: Figure) -> Point? {
    guard !figure.hasOwnSize, let grids = grids(of: figure) else { return nil }
    guard let grid = alone(figure) else {
      return Point(x: figure.width * 72, y: PageLayout.height(of: figure, grids))
    }
    let scale = scale(figure, grid) * dot
    let extent = extent(grid, columns: grid.columns, scale)
    return Point(x: extent.x + 2 * margin, y: extent.y + 2 * margin + head(figure))
  }

  /// The grid of a figure that is one grid and has no size of its own.
  static func alone(_ figure: Figure) -> ImageGrid? {
    guard figure.rows == 1, figure.columns == 1, !figure.hasOwnSize else { return nil }
    return figure.panel(row: 1, column: 1).images
  }

  /// The grids of all panels; nil where a panel shows something else, or there is none.
  private static func grids(of figure: Figure) -> [(panel: Panel, grid: ImageGrid)]? {
    var grids: [(Panel, ImageGrid)] = []
    for row in 1...figure.rows {
      for column in 1...figure.columns where figure.hasPanel(row: row, column: column) {
        let panel = figure.panel(row: row, column: column)
        guard let grid = panel.images else { return nil }
        grids.append((panel, grid))
      }
    }
    return grids.isEmpty ? nil : grids
  }

  private static func head(_ figure: Figure) -> Double {
    figure.title == nil ? 0 : (PageLayout.headSize * 1.5 / dot).rounded() * dot
  }

  /// From one image to the next.
  private static func cell(_ grid: ImageGrid, _ scale: Double) -> Point {
    let caption = grid.captions.isEmpty ? 0 : (captionSize * 1.4 / dot).rounded() * dot
    return Point(
      x: Double(grid.imageWidth + grid.padding) * scale,
      y: Double(grid.imageHeight + grid.padding) * scale + caption)
  }

  /// The size of a whole grid.
  private static func extent(_ grid: ImageGrid, columns: Int, _ scale: Double) -> Point {
    let step = cell(grid, scale)
    return Point(
      x: Double(columns) * step.x - Double(grid.padding) * scale,
      y: Double(grid.rows(columns)) * step.y - Double(grid.padding) * scale)
  }

  /// The height of a grid that fills a width.
  static func height(_ grid: ImageGrid, width: Double) -> Double {
    let one = extent(grid, columns: grid.columns, 1)
    return extent(grid, columns: grid.columns, width / one.x).y
  }

  static func draw(_ figure: Figure, _ grid: ImageGrid, on canvas: CairoCanvas) throws {
    guard let size = size(of: figure) else { return }
    if let title = figure.title {
      canvas.text(
        RichText(title), at: Point(x: size.x / 2, y: 6),
        TextStyle(size: PageLayout.headSize, bold: true, horizontal: .middle, vertical: .top))
    }
    try draw(
      grid, columns: grid.columns, from: Point(x: margin, y: margin + head(figure)),
      scale: scale(figure, grid) * dot, on: canvas)
  }

  // MARK: In a frame

  /// A grid in a frame: as many columns as make the images largest, where the user chose none.
  struct Placement {
    let columns: Int
    let scale: Double
    /// In the middle of the frame.
    let area: Rect
  }

  static func placement(_ grid: ImageGrid, in frame: Rect) -> Placement {
    func scale(_ columns: Int) -> Double {
      let rows = Double(grid.rows(columns))
      let unit = cell(grid, 1)
      let caption = unit.y - Double(grid.imageHeight + grid.padding)
      return min(
        frame.width / (unit.x * Double(columns) - Double(grid.padding)),
        (frame.height - rows * caption)
          / (rows * Double(grid.imageHeight + grid.padding) - Double(grid.padding)))
    }
    let choices = grid.hasOwnColumns ? grid.columns...grid.columns : 1...grid.images.count
    let columns = choices.max { scale($0) < scale($1) } ?? grid.columns
    let chosen = max(scale(columns), 0)
    let size = extent(grid, columns: columns, chosen)
    return Placement(
      columns: columns, scale: chosen,
      area: Rect(
        x: frame.x + max((frame.width - size.x) / 2, 0),
        y: frame.y + max((frame.height - size.y) / 2, 0), width: size.x, height: size.y))
  }

  static func draw(_ grid: ImageGrid, at place: Placement, on canvas: any Canvas) throws {
    guard place.scale > 0 else { return }
    try draw(
      grid, columns: place.columns, from: Point(x: place.area.x, y: place.area.y),
      scale: place.scale, on: canvas)
  }

  private static func draw(
    _ grid: ImageGrid, columns: Int, from origin: Point, scale: Double, on canvas: any Canvas
  ) throws {
    let step = cell(grid, scale)
    for (index, image) in grid.images.enumerated() {
      try Cancellation.check()
      let frame = Rect(
        x: origin.x + Double(index % columns) * step.x,
        y: origin.y + Double(index / columns) * step.y,
        width: Double(image.width) * scale, height: Double(image.height) * scale)
      canvas.image(image, in: frame)
      if index < grid.captions.count {
        canvas.text(
          RichText(grid.captions[index]),
          at: Point(x: frame.x + frame.width / 2, y: frame.bottom + 1.5),
          TextStyle(size: captionSize, horizontal: .middle, vertical: .top))
      }
    }
  }
}
