// A grid of images on a page. Alone in a figure, each of its pixels covers a whole number of the
// pixels of the PNG, so that all are of the same size.

import Glibc

enum ImagePage {
  private static let dot = 72 / PageFormat.density
  private static let captionSize = 6.5
  private static let margin = 12 * dot

  /// Dots of the PNG a source pixel covers.
  private static func scale(_ figure: Figure, _ grid: ImageGrid) -> Double {
    let across = Double(grid.columns * (grid.imageWidth + grid.padding) - grid.padding)
    return max((figure.width * PageFormat.density / across).rounded(.down), 1)
  }

  /// The page, where the figure is one grid and has no size of its own.
  static func size(of figure: Figure) -> Point? {
    guard figure.rows == 1, figure.columns == 1, let grid = figure.panel(row: 1, column: 1).images,
      !figure.hasOwnSize
    else { return nil }
    let scale = scale(figure, grid) * dot
    let step = cell(grid, scale)
    return Point(
      x: Double(grid.columns) * step.x - Double(grid.padding) * scale + 2 * margin,
      y: Double(grid.rows) * step.y - Double(grid.padding) * scale + 2 * margin + head(figure))
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

  static func draw(_ figure: Figure, on canvas: CairoCanvas) {
    let panel = figure.panel(row: 1, column: 1)
    guard let grid = panel.images, let size = size(of: figure) else { return }
    if let title = figure.title {
      canvas.text(
        RichText(title), at: Point(x: size.x / 2, y: 6),
        TextStyle(size: PageLayout.headSize, bold: true, horizontal: .middle, vertical: .top))
    }
    draw(
      grid, from: Point(x: margin, y: margin + head(figure)), scale: scale(figure, grid) * dot,
      on: canvas)
  }

  /// As large as fits a frame, at its left, below the title.
  static func draw(_ grid: ImageGrid, in frame: Rect, on canvas: any Canvas) {
    let unit = cell(grid, 1)
    let caption = unit.y - Double(grid.imageHeight + grid.padding)
    let scale = min(
      frame.width / (unit.x * Double(grid.columns)),
      (frame.height / Double(grid.rows) - caption) / Double(grid.imageHeight + grid.padding))
    guard scale > 0 else { return }
    draw(grid, from: Point(x: frame.x, y: frame.y), scale: scale, on: canvas)
  }

  private static func draw(
    _ grid: ImageGrid, from origin: Point, scale: Double, on canvas: any Canvas
  ) {
    let step = cell(grid, scale)
    for (index, image) in grid.images.enumerated() {
      let frame = Rect(
        x: origin.x + Double(index % grid.columns) * step.x,
        y: origin.y + Double(index / grid.columns) * step.y,
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
