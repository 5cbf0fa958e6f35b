// LICENSE-BINARIES.md names what a binary links or opens, and nothing else.
import Testing

@Suite struct LicenceTests {
  /// Libraries by the name that the linker or `dlopen` knows, and their part in the table; nil for the C
  /// library, whose parts every program has. Cairo is linked by tests, and opened by the program.
  static let parts: [String: String?] = [
    ":liblua5.4.a": "Lua 5.4", "readline": "GNU readline", "cairo": "Cairo",
    "libcairo.so.2": "Cairo", "libzip.so.4": "libzip",
    "libpng16.so.16": "libpng", "libjpeg.so.62": "libjpeg-turbo", "libjpeg.so.8": "libjpeg-turbo",
    "libopenblas.so.0": "OpenBLAS", "libfftw3.so.3": "FFTW", "libfftw3f.so.3": "FFTW",
    "mimalloc": "mimalloc", "z": "zlib", "m": nil, "dl": nil, "pthread": nil,
  ]

  /// What stands in quotes behind a word.
  private func quoted(behind word: String, in text: String) -> [String] {
    text.components(splitBy: word).dropFirst().compactMap { rest in
      let pieces = rest.split(separator: "\"", maxSplits: 1, omittingEmptySubsequences: false)
      return pieces.first?.isEmpty == true
        ? pieces.last?.split(separator: "\"").first.map(String.init) : nil
    }
  }

  @Test("the table of parts is that of what the build links and the program opens")
  func table() throws {
    let manifest = try #require(Repository.read("Package.swift"))
    var found = Set(quoted(behind: "linkedLibrary(", in: manifest))
    for file in Repository.files(under: "Sources", endings: [".modulemap"]) {
      found.formUnion(quoted(behind: "link ", in: file.text))
    }
    for file in Repository.files(under: "Sources", endings: [".swift", ".c"]) {
      found.formUnion(
        file.text.components(splitBy: "\"").filter {
          $0.hasPrefix("lib") && $0.contains(".so.") && !$0.contains(" ")
        })
    }
    #expect(found == Set(Self.parts.keys), "\(found.symmetricDifference(Self.parts.keys))")
    let page = try #require(Repository.read("LICENSE-BINARIES.md"))
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    let named = Set(rows.compactMap { $0.split(separator: "|").first.map { trimmed($0) } })
    #expect(named == Set(Self.parts.values.compactMap { $0 } + ["Swift standard library"]))
  }

  private func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

extension String {
  fileprivate func components(splitBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
