// Reading JSON (RFC 8259) through jansson, which is strict: it refuses trailing text, keys that stand
// twice, numbers out of range and invalid UTF-8, and tells the line.

import Catalog
import CJansson
import Runtime

package enum JSONReader {
  /// The value of a JSON text; `null` becomes nil.
  package static func value(of bytes: UnsafeRawBufferPointer, path: String) throws -> Value {
    var failure = json_error_t()
    let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
    let root = bytes.withMemoryRebound(to: CChar.self) {
      json_loadb($0.baseAddress, $0.count, flags, &failure)
    }
    guard let root else {
      let reason = withUnsafePointer(to: &failure.text) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(JSON_ERROR_TEXT_LENGTH)) {
          String(cString: $0)
        }
      }
      throw FileError(
        "\(path): line \(failure.line), column \(failure.column), byte \(failure.position): "
          + reason)
    }
    defer { json_delete(root) }
    return value(root)
  }

  package static func value(of text: String, path: String) throws -> Value {
    try Array(text.utf8).withUnsafeBytes { try value(of: $0, path: path) }
  }

  private static func value(_ json: UnsafeMutablePointer<json_t>) -> Value {
    switch json.pointee.type {
    case JSON_OBJECT:
      var pairs: [(key: String, value: Value)] = []
      var place = json_object_iter(json)
      while let current = place {
        if let key = json_object_iter_key(current), let item = json_object_iter_value(current) {
          pairs.append((String(cString: key), value(item)))
        }
        place = json_object_iter_next(json, current)
      }
      return .named(pairs)
    case JSON_ARRAY:
      return .list((0..<json_array_size(json)).map { json_array_get(json, $0).map(value) ?? .none })
    case JSON_STRING:
      let text = json_string_value(json)
      return .string(
        String(
          decoding: UnsafeRawBufferPointer(start: text, count: json_string_length(json)),
          as: UTF8.self))
    case JSON_INTEGER: return .integer(Int(json_integer_value(json)))
    case JSON_REAL: return .number(json_real_value(json))
    case JSON_TRUE: return .boolean(true)
    case JSON_FALSE: return .boolean(false)
    default: return .none
    }
  }
}
