import Catalog
import Runtime

/// The Lua module `file`: reading and writing files whole.
package enum FileModule {
  package static let module = Module(
    "file",
    "Files, written whole or not at all: a failure leaves what was there before. Symbolic links are "
      + "followed; a hard link parts from its other names.",
    types: [TypeDescription(Journal.self, "a file of lines that one process writes")],
    entries: [
      .function(
        "save_json", "Writes a value as JSON.", .arg("path"),
        .arg("value", "nil, booleans, numbers, strings, tensors, and tables of them"),
        .option(
          "nan", default: JSON.NotFinite.null.rawValue,
          "NaN and the infinities become null, or NaN and Infinity as Python writes them",
          in: .oneOf(JSON.NotFinite.allCases.map(\.rawValue))),
        details:
          "A table with elements 1 to n and no other keys is a list, any other an object with"
          + " its keys in order; the empty table is a list. Numbers read back the same.",
        source: "RFC 8259", example: "file.save_json(os.tmpname(), {kl = {0.5, 0 / 0}, seed = 1})"
      ) { (path: FilePath, value: Value, nan: String) in
        let text = try JSON.text(value, notFinite: JSON.NotFinite(rawValue: nan) ?? .null)
        try AtomicFile.write(text, to: path)
        return Nothing()
      },
      .function(
        "read_text", "The content of a file: its bytes, as they stand.", .arg("path"),
        returns: "a string",
        example: "n = os.tmpname()  file.write_text(n, \"a\\n\")  return file.read_text(n)"
      ) { (path: FilePath) in ByteString(try InputFile.bytes(of: path)) },
      .function(
        "write_text", "Writes a string to a file, byte for byte.", .arg("path"), .arg("text"),
        example: "file.write_text(os.tmpname(), \"a line\\n\")"
      ) { (path: FilePath, text: ByteString) in
        try AtomicFile.write(text.bytes, to: path)
        return Nothing()
      },
    ] + JSONText.entries + ArrayFiles.entries + Directories.entries + Journal.entries)
}
