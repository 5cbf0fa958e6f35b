// The words of a piece of Lua and how deep in blocks and brackets they stand: what the prompt needs to
// know of a line beyond whether it compiles.

struct LuaWords {
  struct Word {
    let text: Substring
    /// Where it begins, in the code's UTF-8.
    let start: Int
    /// How many blocks (`function`, `do`, `then`, `repeat`) and brackets are open before it.
    let blocks: Int
    let brackets: Int

    var isAtTop: Bool { blocks == 0 && brackets == 0 }
    var isName: Bool { text.utf8.first.map { isNameByte($0) && !isDigit($0) } ?? false }
  }

  let code: String
  /// Names, keywords, numbers, strings and single signs, in order; comments are left out.
  let words: [Word]

  init(_ code: String) {
    self.code = code
    var scanner = Scanner(code)
    words = scanner.scan()
  }

  /// The code up to a place in its UTF-8, and from there on.
  func split(at place: Int) -> (before: Substring, after: Substring) {
    let index = code.utf8.index(code.utf8.startIndex, offsetBy: place)
    return (code[..<index], code[index...])
  }

  /// The names of the local variables that the code declares outside all blocks. Those that close at
  /// its end (`<close>`) are left out.
  var topLocals: [String] {
    var names: [String] = []
    for (place, word) in words.enumerated() where word.isAtTop && word.text == "local" {
      if place + 2 < words.count, words[place + 1].text == "function" {
        names.append(String(words[place + 2].text))
      } else {
        names += declared(from: place + 1)
      }
    }
    var seen: Set<String> = []
    return names.filter { $0 != "_ENV" && seen.insert($0).inserted }
  }

  /// `a, b <const> = …` behind `local`.
  private func declared(from first: Int) -> [String] {
    var names: [String] = []
    var place = first
    while place < words.count, words[place].isName {
      let name = String(words[place].text)
      place += 1
      var closes = false
      if place + 2 < words.count, words[place].text == "<" {
        closes = words[place + 1].text == "close"
        place += 3
      }
      if !closes { names.append(name) }
      guard place < words.count, words[place].text == "," else { break }
      place += 1
    }
    return names
  }

  /// The `return` that ends the code outside all blocks.
  var topReturn: Int? { words.lastIndex { $0.isAtTop && $0.text == "return" } }

  private struct Scanner {
    private let code: String
    private let bytes: [UInt8]
    private var place = 0
    private var blocks = 0
    private var brackets = 0
    private var words: [Word] = []

    init(_ code: String) {
      self.code = code
      bytes = Array(code.utf8)
    }

    mutating func scan() -> [Word] {
      while place < bytes.count {
        let byte = bytes[place]
        if [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
          place += 1
        } else if isNameByte(byte) {
          scanName()
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          scanString(byte)
        } else if byte == UInt8(ascii: "["), let level = longLevel(at: place) {
          let start = place
          skipLong(level)
          add(from: start)
        } else if bytes[place...].starts(with: "--".utf8) {
          skipComment()
        } else {
          scanSign(byte)
        }
      }
      return words
    }

    private mutating func add(from start: Int) {
      let text = String(decoding: bytes[start..<place], as: UTF8.self)
      words.append(Word(text: text[...], start: start, blocks: blocks, brackets: brackets))
    }

    private mutating func scanName() {
      let start = place
      let isNumber = isDigit(bytes[place])
      while place < bytes.count,
        isNameByte(bytes[place]) || isNumber && bytes[place] == UInt8(ascii: ".")
      {
        place += 1
      }
      let closes = String(decoding: bytes[start..<place], as: UTF8.self)
      if ["end", "until", "elseif"].contains(closes) { blocks -= 1 }
      add(from: start)
      if ["function", "do", "then", "repeat"].contains(closes) { blocks += 1 }
    }

    private mutating func scanString(_ quote: UInt8) {
      let start = place
      place += 1
      while place < bytes.count, bytes[place] != quote {
        place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
      }
      place = min(place + 1, bytes.count)
      add(from: start)
    }

    private mutating func scanSign(_ byte: UInt8) {
      let start = place
      place += 1
      // A character beyond ASCII is kept whole.
      while byte >= 0x80, place < bytes.count, bytes[place] & 0xC0 == 0x80 { place += 1 }
      if [UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(byte) { brackets -= 1 }
      add(from: start)
      if [UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{")].contains(byte) { brackets += 1 }
    }

    private mutating func skipComment() {
      place += 2
      if let level = longLevel(at: place) { return skipLong(level) }
      while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
    }

    /// The number of `=` in a long bracket `[==[` that begins here; nil where none does.
    private func longLevel(at start: Int) -> Int? {
      guard start < bytes.count, bytes[start] == UInt8(ascii: "[") else { return nil }
      var end = start + 1
      while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
      return end < bytes.count && bytes[end] == UInt8(ascii: "[") ? end - start - 1 : nil
    }

    private mutating func skipLong(_ level: Int) {
      let close = Array("]\(String(repeating: "=", count: level))]".utf8)
      place += level + 2
      while place < bytes.count, !bytes[place...].starts(with: close) { place += 1 }
      place = min(place + close.count, bytes.count)
    }
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
