import Catalog

/// What the table of foreign names suggests, as expressions that must have a value.
enum ForeignCalls {
  static var all: [(name: String, call: String)] {
    let members = ForeignNames.tensorMembers.map { ($0.key, $0.value) }
    let functions = ForeignNames.functions.values.flatMap { $0.map { ($0.key, $0.value) } }
    return (members + functions).compactMap { name, text in
      expression(text).map { (name, $0) }
    }
  }

  /// `tensor{1}.reshape` of `x:reshape{2, 3}`, `tensor.eye` of `tensor.eye(n)`; nil for other forms.
  private static func expression(_ text: String) -> String? {
    var chain = String(
      text.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == ":" })
    guard chain.contains(".") || chain.contains(":"), chain.last != ":", chain.last != "." else {
      return nil
    }
    chain = chain.replacing(":", with: ".")
    if chain.hasPrefix("x.") { chain = "tensor{1}." + chain.dropFirst(2) }
    if chain.hasPrefix("figure.") { chain = "plot.figure{}." + chain.dropFirst(7) }
    return chain
  }
}
