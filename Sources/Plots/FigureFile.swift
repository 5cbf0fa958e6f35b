// Saving a figure: the end of the file's name says the format.

import Catalog
import Runtime

extension Figure {
  /// Writes the figure to a `.svg`, `.pdf` or `.png` file, whole or not at all. The same figure
  /// gives the same bytes.
  ///
  /// - Parameter letters: whether the words of an SVG stay words; else they become outlines.
  package func save(to path: FilePath, letters: Bool = false) throws {
    let format = try format(path.ending, in: "path", path.description)
    guard !letters || format == .svg else {
      throw UserError("text = \"letters\" is for .svg, got '\(path)'")
    }
    try AtomicFile.write(Page.render(self, format, letters: letters), to: path)
  }

  /// The content of the file, by the ending "svg", "pdf" or "png".
  package func bytes(format ending: String, letters: Bool = false) throws -> [UInt8] {
    try Page.render(self, try format(ending, in: "format", ending), letters: letters)
  }

  private func format(_ ending: String, in name: String, _ got: String) throws -> PageFormat {
    guard let format = PageFormat(rawValue: ending) else {
      throw UserError("\(name) must end in .svg, .pdf or .png, got '\(got)'")
    }
    return format
  }
}
