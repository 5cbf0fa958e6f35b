import Catalog
import Runtime

/// The Lua module `file`: reading and writing files whole.
public enum FileModule {
  public static let module = Module(
    "file", "Files, written whole or not at all: a failure leaves what was there before.",
    entries: [
      .function(
        "save_json", "Writes a value as JSON.", .arg("path"),
        .arg("value", "nil, booleans, numbers, strings, tensors, and tables of them"),
        details:
          "A table with elements 1 to n and no other keys is a list, any other an object with"
          + " its keys in order; the empty table is a list. NaN and the infinities become null."
          + " Numbers read back the same.",
        source: "RFC 8259", example: "file.save_json(os.tmpname(), {kl = {0.5, 0 / 0}, seed = 1})"
      ) { (path: String, value: Value) in
        try AtomicFile.write(try JSON.text(value), to: path)
        return Nothing()
      },
      .function(
        "read_text", "The content of a file of UTF-8 text.", .arg("path"), returns: "a string",
        example: "n = os.tmpname()  file.write_text(n, \"a\\n\")  return file.read_text(n)"
      ) { (path: String) in String(decoding: try InputFile.bytes(of: path), as: UTF8.self) },
      .function(
        "write_text", "Writes text to a file.", .arg("path"), .arg("text"),
        example: "file.write_text(os.tmpname(), \"a line\\n\")"
      ) { (path: String, text: String) in
        try AtomicFile.write(text, to: path)
        return Nothing()
      },
    ] + ArrayFiles.entries + Directories.entries)
}
