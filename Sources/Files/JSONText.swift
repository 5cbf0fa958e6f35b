// JSON as a string: a line of a file, or what one process sends another.

import Catalog
import Runtime

enum JSONText {
  static let entries: [Entry] = [
    .function(
      "json_text", "A value as JSON on one line, as `file.save_json` writes it.", .arg("value"),
      .option(
        "nan", default: JSON.NotFinite.null.rawValue,
        "NaN and the infinities become null, or NaN and Infinity as Python writes them",
        in: .oneOf(JSON.NotFinite.allCases.map(\.rawValue))), returns: "a string without a newline",
      source: "RFC 8259", example: "return file.json_text{kl = 0.5, seed = 1}"
    ) { (value: Value, nan: String) in
      try JSON.line(value, notFinite: JSON.NotFinite(rawValue: nan) ?? .null)
    },
    .function(
      "parse_json", "The value of a JSON text, as `file.load` reads it.", .arg("text"),
      .option("null", default: nil, "what null becomes, in lists and in objects"),
      returns: "a value",
      source: "RFC 8259", example: "return file.parse_json('{\"kl\": 0.5}').kl"
    ) { (text: ByteString, null: Value?) in
      try text.bytes.withUnsafeBytes { try JSONReader.value(of: $0, path: "text", null: null) }
    },
  ]
}
