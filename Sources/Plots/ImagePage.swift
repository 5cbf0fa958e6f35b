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
    max((figure.width * PageFormat.density / grid.width(grid.columns)).rounded(.down), 1)
  }

  /// The page, in points, where the figure has no size of its own and the images say how large it is.
  static func size(of figure: Figure) -> Point? {
    guard !figure.hasOwnSize else { return nil }
    guard let grid = alone(figure) else { return PageLayout.size(around: figure) }
    let scale = scale(figure, grid) * dot
    let extent = extent(grid, columns: grid.columns, scale)
    let width = extent.x + 2 * margin
    return Point(x: width, y: extent.y + 2 * margin + head(figure, width))
  }

  /// The grid of a figure that is one grid and has no size of its own.
  static func alone(_ figure: Figure) -> ImageGrid? {
    guard figure.rows == 1, figure.columns == 1, !figure.hasOwnSize else { return nil }
    return figure.panel(row: 1, column: 1).images
  }

  private static func head(_ figure: Figure, _ width: Double) -> Double {
    if figure.title == nil { return 0 }
    let height = PageLayout.headSize * 1.5 + PageTitle(figure.title, room: width).extraHeight
    return (height / dot).rounded() * dot
  }

  private static func captionHeight(_ grid: ImageGrid) -> Double {
    grid.captions.isEmpty ? 0 : (captionSize * 1.4 / dot).rounded() * dot
  }

  /// The size of a whole grid.
  private static func extent(_ grid: ImageGrid, columns: Int, _ scale: Double) -> Point {
    Point(
      x: grid.width(columns) * scale,
      y: grid.height(columns) * scale + Double(grid.rows(columns)) * captionHeight(grid))
  }

  /// The height of a grid that fills a width.
  static func height(_ grid: ImageGrid, width: Double) -> Double {
    extent(grid, columns: grid.columns, width / grid.width(grid.columns)).y
  }

  static func draw(_ figure: Figure, _ grid: ImageGrid, on canvas: CairoCanvas) throws {
    guard let size = size(of: figure) else { return }
    PageTitle(figure.title, room: size.x).draw(on: canvas, middle: size.x / 2)
    try draw(
      grid, columns: grid.columns, from: Point(x: margin, y: margin + head(figure, size.x)),
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
      let captions = Double(grid.rows(columns)) * captionHeight(grid)
      return min(
        frame.width / grid.width(columns), (frame.height - captions) / grid.height(columns))
    }
    // Empty places in the last row are worth somewhat smaller images.
    func merit(_ columns: Int) -> Double { scale(columns) * (1 - grid.emptyShare(columns) / 4) }
    var columns = grid.columns
    if !grid.hasOwnColumns {
      let choices = stride(from: grid.group, through: grid.widest, by: grid.group)
      columns = choices.max { merit($0) < merit($1) } ?? columns
    }
    let chosen = max(scale(columns), 0)
    let size = extent(grid, columns: columns, chosen)
    return Placement(
      columns: columns, scale: chosen,
      area: Rect(
        x: frame.x + max((frame.width - size.x) / 2, 0),
        y: frame.y + max((frame.height - size.y) / 2, 0), width: size.x, height: size.y))
  }

  static func draw(_ grid: ImageGrid, at place: Placement, on canvas: CairoCanvas) throws {
    guard place.scale > 0 else { return }
    try draw(
      grid, columns: place.columns, from: Point(x: place.area.x, y: place.area.y),
      scale: place.scale, on: canvas)
  }

  private static func draw(
    _ grid: ImageGrid, columns: Int, from origin: Point, scale: Double, on canvas: CairoCanvas
  ) throws {
    let rowStep = Double(grid.imageHeight + grid.padding) * scale + captionHeight(grid)
    func corner(_ index: Int) -> Point {
      Point(
        x: origin.x + grid.left(index % columns) * scale,
        y: origin.y + Double(index / columns) * rowStep)
    }
    for (index, image) in grid.images.enumerated() {
      try Cancellation.check()
      let corner = corner(index)
      canvas.image(
        image,
        in: Rect(
          x: corner.x, y: corner.y, width: Double(image.width) * scale,
          height: Double(image.height) * scale))
    }
    let width = grid.groupWidth * scale
    let style = captionStyle(grid, width: width + Double(grid.padding) * scale, on: canvas)
    let groups = grid.widest / grid.group
    for (number, caption) in grid.captions.prefix(groups).enumerated() {
      let corner = corner(number * grid.group)
      canvas.text(
        RichText(caption),
        at: Point(
          x: corner.x + width / 2, y: corner.y + Double(grid.imageHeight) * scale + 1.5), style)
    }
  }

  /// Captions of one size, small enough not to touch where that can still be read.
  private static func captionStyle(
    _ grid: ImageGrid, width: Double, on canvas: CairoCanvas
  ) -> TextStyle {
    var style = TextStyle(size: captionSize, horizontal: .middle, vertical: .top)
    let widest = grid.captions.map { canvas.width(of: RichText($0), style) }.max() ?? 0
    if widest > width - 2 { style.size = max(captionSize * (width - 2) / widest, 4) }
    return style
  }
}
