// Grids of images in characters.

/// A grid of images in characters: as many columns as leave each image readable, and small images enlarged by whole
/// numbers where there is room.
struct TerminalImages {
  let grid: TerminalGrid
  private static let narrowest = 8
  private static let widest = 40
  /// Lines of an image that is enlarged.
  private static let highest = 24

  init(
    _ images: ImageGrid, _ title: String?, _ style: TerminalStyle, width: Int, lines: Int?
  ) {
    let group = images.group
    let gap = group > 1 ? 2 : 0
    let most = max(1, (width + 1 + gap) / (group * (Self.narrowest + 1) + gap)) * group
    let columns = min(images.columns, most)
    let room = (width + 1 - (columns / group - 1) * gap) / columns - 1
    let wide = Self.width(images, room: room)
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
    func plain(_ text: String, _ width: Int) -> String {
      TerminalGrid.clipped(
        RichText(text).plain(ascii: style.ascii), to: width, ascii: style.ascii)
    }
    if let title { grid.put(plain(title, width), 0, 0, bold: true) }
    for (index, bitmap) in images.images.prefix(rows * columns).enumerated() {
      let row = head + index / columns * step
      let column = index % columns * (wide + 1) + index % columns / group * gap
      let canvas = TerminalCanvas(columns: wide, rows: tall, style: style, usesLetters: false)
      canvas.image(bitmap, in: canvas.frame)
      canvas.place(in: &grid, row: row, column: column)
      if index % group == 0, index / group < images.captions.count {
        let all = group * (wide + 1) - 1
        let text = plain(images.captions[index / group], all)
        grid.put(text, row + tall, column + (all - TerminalGrid.width(of: text)) / 2)
      }
    }
    if hidden > 0 { grid.put("and \(hidden) more", head + rows * step, 0) }
    self.grid = grid
  }

  /// Columns of characters that an image takes of those there are room for.
  private static func width(_ images: ImageGrid, room: Int) -> Int {
    let room = max(1, min(room, widest))
    let times = min(room / images.imageWidth, 2 * highest / images.imageHeight)
    return times > 1 ? times * images.imageWidth : min(room, images.imageWidth)
  }
}
