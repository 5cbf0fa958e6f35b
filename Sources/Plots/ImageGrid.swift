// How images stand side by side: columns, gaps, and groups that no row parts. Lengths are in source pixels.

import Glibc

struct ImageGrid {
  var images: [Bitmap]
  /// Images side by side, where the page follows the images.
  var columns: Int
  /// Whether the user chose them; else a page that is given may be filled otherwise.
  var hasOwnColumns = false
  /// Under each group; may be fewer than the groups.
  var captions: [String]
  /// Between images.
  var padding: Int
  /// Images that belong together: a sample and what it is nearest to. No row parts them.
  var group = 1

  var imageWidth: Int { images.first?.width ?? 1 }
  var imageHeight: Int { images.first?.height ?? 1 }
  func rows(_ columns: Int) -> Int { (images.count + columns - 1) / columns }

  /// All images in one row.
  var widest: Int { (images.count + group - 1) / group * group }

  /// Between groups, beside the padding.
  private var groupGap: Int { group > 1 ? max(2 * padding, imageWidth / 6) : 0 }

  /// From the left edge of the grid to that of a column.
  func left(_ column: Int) -> Double {
    Double(column * (imageWidth + padding) + column / group * groupGap)
  }

  func width(_ columns: Int) -> Double { left(columns - 1) + Double(imageWidth) }

  /// Of a group.
  var groupWidth: Double { Double(group * (imageWidth + padding) - padding) }

  /// Without captions.
  func height(_ columns: Int) -> Double {
    let rows = rows(columns)
    return Double(rows * (imageHeight + padding) - padding)
  }

  /// The share of the places in all rows that have no image.
  func emptyShare(_ columns: Int) -> Double {
    1 - Double(images.count) / Double(rows(columns) * columns)
  }

  /// At most 16, with few empty places, in a shape that is wider than high, the less so the more images there are.
  var usualColumns: Int {
    let wish = 1 + 4 / Double(images.count).squareRoot()
    func cost(_ columns: Int) -> Double {
      let shape = width(columns) / height(columns)
      return 1.2 * emptyShare(columns) + 0.1 * abs(log(shape / wish)) - 0.3 * min(log(shape), 0)
    }
    let most = max(min(widest, 16) / group, 1) * group
    return stride(from: group, through: most, by: group).min { cost($0) < cost($1) } ?? group
  }
}
