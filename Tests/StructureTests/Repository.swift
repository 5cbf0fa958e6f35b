import Glibc

/// A source file by its path from the repository's root, such as `Sources/Tensors/Shape.swift`.
struct SourceFile {
  var path: String
  var text: String

  /// `Tensors` of `Sources/Tensors/Shape.swift`.
  var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }
  var name: String { String(path.split(separator: "/").last ?? "") }

  /// Lines with their 1-based numbers.
  var numberedLines: [(number: Int, text: Substring)] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { ($0.offset + 1, $0.element) }
  }

  /// The same without comments, so that a word in prose is not taken for code. Good enough for
  /// sources that `swift format` has laid out: a `//` inside a string literal ends the line too.
  var codeLines: [(number: Int, text: Substring)] {
    numberedLines.map { line in
      var rest = line.text
      var previousWasSlash = false
      for index in line.text.indices {
        let isSlash = line.text[index] == "/"
        if isSlash && previousWasSlash {
          rest = line.text[..<line.text.index(before: index)]
          break
        }
        previousWasSlash = isSlash
      }
      return (line.number, rest)
    }
  }
}

/// The checkout that these tests were built from.
enum Repository {
  static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  static func read(_ path: String) -> String? {
    guard let file = fopen(root + "/" + path, "r") else { return nil }
    defer { fclose(file) }
    return contents(of: file)
  }

  /// All files below `folder` whose names end in one of `endings`, sorted by path.
  static func files(under folder: String, endings: [String]) -> [SourceFile] {
    paths(under: folder)
      .filter { path in endings.contains { path.hasSuffix($0) } }
      .compactMap { path in read(path).map { SourceFile(path: path, text: $0) } }
  }

  /// The folders of `Sources`, which are the targets that the module table is about.
  static let sourceFolders: Set<String> = Set(
    files(under: "Sources", endings: [""]).map(\.target))

  /// What git tracks, or nil where there is no git or no repository (a source archive, say).
  static func trackedPaths() -> [String]? {
    guard let pipe = popen("git -C '\(root)' ls-files -z 2>/dev/null", "r") else { return nil }
    let output = contents(of: pipe)
    guard pclose(pipe) == 0 else { return nil }
    return output.split(separator: "\0").map(String.init)
  }

  private static func contents(of file: UnsafeMutablePointer<FILE>) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func paths(under folder: String) -> [String] {
    guard let directory = opendir(root + "/" + folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      let path = folder + "/" + name
      var status = stat()
      guard lstat(root + "/" + path, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: found += paths(under: path)
      case S_IFREG: found.append(path)
      default: break  // a link is checked where it points to
      }
    }
    return found.sorted()
  }
}
