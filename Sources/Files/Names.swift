// The names under which a file keeps its tensors, columns and values. What is saved must load again
// under the same names, so each format's writer checks them here first.

import Catalog
import Runtime

package enum Names {
  /// Throws where two names are written with the same bytes, or one cannot be written.
  ///
  /// - Parameter place: what holds the names, for errors: `value`.
  /// - Parameter format: whose rules `reserved` and `refuses` are, for errors: `a safetensors file`.
  /// - Parameter refuses: the bytes that no name may have.
  package static func check(
    _ names: [String], in place: String, format: String, reserved: Set<String> = [],
    refuses: (UInt8) -> Bool = { $0 == 0 }
  ) throws {
    for name in names {
      if reserved.contains(name) {
        throw UserError("\(place) has the name '\(name)', which \(format) keeps for itself")
      }
      if let byte = name.utf8.first(where: refuses) {
        throw UserError(
          "\(place) has the name '\(shownText(name.utf8))', and \(format) takes no byte \(byte) in "
            + "a name")
      }
    }
    if let doubled = firstDoubled(names) {
      throw UserError(
        "\(place) has two keys that \(format) writes as '\(shownText(doubled.utf8))'")
    }
  }

  /// The first name that stood before, byte for byte.
  package static func firstDoubled(_ names: some Sequence<String>) -> String? {
    var seen: Set<ExactText> = []
    return names.first { !seen.insert(ExactText($0)).inserted }
  }
}

/// Text compared by its bytes; `String` takes `é` written in one way and in another for the same.
struct ExactText: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (a: ExactText, b: ExactText) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
