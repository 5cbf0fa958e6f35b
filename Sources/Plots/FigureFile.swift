// Saving a figure: the end of the file's name says the format.

import Catalog
import Runtime

extension Figure {
  /// Writes the figure to a `.svg`, `.pdf` or `.png` file, whole or not at all. The same figure
  /// gives the same bytes.
  public func save(to path: String) throws {
    try AtomicFile.write(bytes(as: try format(of: path)), to: path)
  }

  /// The content of the file, by the ending "svg", "pdf" or "png".
  public func bytes(format ending: String) throws -> [UInt8] {
    try bytes(as: try format(of: "." + ending))
  }

  private func bytes(as format: PageFormat) throws -> [UInt8] { try Page.render(self, format) }

  private func format(of path: String) throws -> PageFormat {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() }
    guard let format = ending.flatMap(PageFormat.init(rawValue:)) else {
      throw UserError("path must end in .svg, .pdf or .png, got '\(path)'")
    }
    return format
  }
}
