// Grids of images in characters.

/// A grid of images in characters: as many columns as leave each image readable.
struct TerminalImages {
  let grid: TerminalGrid
  private static let narrowest = 8

  init(
    _ images: ImageGrid, _ title: String?, _ style: TerminalStyle, width: Int, lines: Int?
  ) {
    let most = max(1, (width + 1) / (Self.narrowest + 1))
    let columns = min(images.columns, most)
    let wide = max(1, min((width + 1) / columns - 1, images.imageWidth, 40))
    let shape = Double(images.imageHeight) / Double(images.imageWidth)
    let tall = max(1, Int(clamping: (Double(wide) * shape / 2).rounded()))
    let caption = images.captions.isEmpty ? 0 : 1
    let step = tall + caption + (style.colors == .none || caption == 1 ? 1 : 0)
    let head = title == nil ? 0 : 1
    var rows = images.rows(columns)
    var hidden = 0
    if let lines, rows * step + head > lines {
      rows = max(1, (lines - head - 1) / step)
      hidden = max(0, images.images.count - rows * columns)
    }
    var grid = TerminalGrid(width: width, height: head + rows * step + (hidden > 0 ? 1 : 0))
    if let title {
      grid.put(
        TerminalGrid.clipped(
          RichText(title).plain(ascii: style.ascii), to: width, ascii: style.ascii),
        0, 0, bold: true)
    }
    for (index, bitmap) in images.images.prefix(rows * columns).enumerated() {
      let row = head + index / columns * step
      let column = index % columns * (wide + 1)
      let canvas = TerminalCanvas(columns: wide, rows: tall, style: style, usesLetters: false)
      canvas.image(bitmap, in: canvas.frame)
      canvas.place(in: &grid, row: row, column: column)
      if index < images.captions.count {
        let text = TerminalGrid.clipped(
          RichText(images.captions[index]).plain(ascii: style.ascii), to: wide, ascii: style.ascii)
        grid.put(text, row + tall, column + (wide - TerminalGrid.width(of: text)) / 2)
      }
    }
    if hidden > 0 { grid.put("and \(hidden) more", head + rows * step, 0) }
    self.grid = grid
  }
}
