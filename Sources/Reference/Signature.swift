// How an entry is written in Lua, from its description: `sde.vp{beta_min = 0.1}`.
import Catalog

package enum Signature {
  /// - Parameter module: the module that declares the entry.
  package static func text(of entry: Entry, in module: Module) -> String {
    let results =
      entry.resultTypes.isEmpty ? "" : " -> " + entry.resultTypes.joined(separator: ", ")
    switch entry.kind {
    case .function:
      let name =
        isCall(entry, of: module) ? module.name : "\(module.name).\(entry.name)"
      return name + arguments(entry.parameters) + results
    case .method:
      return "\(owner(entry)):\(entry.name)" + arguments(Array(entry.parameters.dropFirst()))
        + results
    case .property: return "\(owner(entry)).\(entry.name)" + results
    case .metamethod: return entry.name + results
    case .variable: return "\(module.name).\(entry.name)" + results
    case .constant(let value): return "\(module.name).\(entry.name) = \(formatNumber(value))"
    }
  }

  /// The name a page is found by: `sde.vp`, `tensor:sum`, `tensor.shape`.
  package static func name(of entry: Entry, in module: Module) -> String {
    switch entry.kind {
    case .function:
      isCall(entry, of: module) ? module.name : "\(module.name).\(entry.name)"
    case .constant, .variable: "\(module.name).\(entry.name)"
    case .method: "\(owner(entry)):\(entry.name)"
    case .property: "\(owner(entry)).\(entry.name)"
    case .metamethod(let event): "\(owner(entry)).\(event)"
    }
  }

  static func isCall(_ entry: Entry, of module: Module) -> Bool {
    entry.kind == .function && entry.name == module.name
  }

  static func owner(_ entry: Entry) -> String {
    entry.receiver.map { $0.typeName } ?? "value"
  }

  /// `(x, [axis], {keep = false, [seed]})`, or `{…}` alone where only options are taken. Brackets
  /// mark what may be absent without having a default.
  private static func arguments(_ parameters: [ParameterDescription]) -> String {
    var positional: [String] = []
    for parameter in parameters {
      switch parameter.role {
      case .positional:
        positional.append(parameter.isRequired ? parameter.name : "[\(parameter.name)]")
      case .rest: positional.append(parameter.name + "...")
      case .option: break
      }
    }
    let options = parameters.filter { $0.role == .option }.map { parameter -> String in
      let literal = parameter.defaultLiteral ?? "nil"
      if parameter.isRequired { return parameter.name }
      return literal == "nil" ? "[\(parameter.name)]" : "\(parameter.name) = \(literal)"
    }
    let table = "{" + options.joined(separator: ", ") + "}"
    if options.isEmpty { return "(" + positional.joined(separator: ", ") + ")" }
    if positional.isEmpty { return table }
    return "(" + (positional + [table]).joined(separator: ", ") + ")"
  }
}

extension Module {
  /// Its entries, the call of the module itself first.
  var allEntries: [Entry] { (call.map { [$0] } ?? []) + entries }
}
