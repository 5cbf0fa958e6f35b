// The reference as Markdown, a page for each module: docs/reference/<module>.md.
import Catalog

package struct MarkdownPages {
  private let modules: [Module]
  private let others: KeyValuePairs<String, String>

  /// - Parameter others: names and summaries of pages that are written elsewhere, for the index.
  package init(_ modules: [Module], others: KeyValuePairs<String, String> = [:]) {
    (self.modules, self.others) = (modules, others)
  }

  /// File names and contents, the index first.
  package var files: [(name: String, text: String)] {
    [("README.md", index)] + modules.map { ("\($0.name).md", page(of: $0)) }
  }

  private static let origin =
    "<!-- Written by scripts/reference from the catalog; do not edit. -->\n"

  private var index: String {
    let pages = modules.map { ($0.name, $0.summary) } + others.map { ($0.key, $0.value) }
    let rows = pages.map { "| [\($0)](\($0).md) | \(Self.cell($1)) |\n" }
    return Self.origin + "# Reference\n\n| module | |\n| --- | --- |\n" + rows.joined()
  }

  private func page(of module: Module) -> String {
    var text = Self.origin + "# \(module.name)\n\n\(module.summary)\n"
    if let call = module.call { text += section(call, in: module) }
    for entry in module.entries {
      switch entry.kind {
      case .function, .constant, .variable: text += section(entry, in: module)
      case .method, .property, .metamethod: break
      }
    }
    // Members may be declared by a module above the type's own.
    for (name, summary, entries) in types(of: module) {
      text += "\n## Type \(name)\n"
      if let summary { text += "\n\(summary)\n" }
      text += table(of: entries)
      for entry in entries where entry.kind == .method { text += section(entry, in: module) }
    }
    return text
  }

  /// The types that a module declares or adds to, with the members it declares.
  private func types(of module: Module) -> [(String, String?, [Entry])] {
    var types: [any Object.Type] = module.types.map(\.type)
    for entry in module.entries where !entry.isAlsoMethod {
      if let receiver = entry.receiver, !types.contains(where: { $0 == receiver }) {
        types.append(receiver)
      }
    }
    return types.map { type in
      (
        type.typeName, module.types.first { $0.type == type }?.summary,
        module.entries.filter { !$0.isAlsoMethod && $0.receiver.map { $0 == type } ?? false }
      )
    }
  }

  /// Properties and operators in a table; methods have sections of their own.
  private func table(of entries: [Entry]) -> String {
    let rows = entries.compactMap { entry -> String? in
      switch entry.kind {
      case .property:
        let types = entry.resultTypes.joined(separator: ", ")
        return "| `.\(entry.name)` | \(Self.cell(types)) | \(Self.cell(entry.summary)) |\n"
      case .metamethod: return "| `\(Self.cell(entry.name))` | | \(Self.cell(entry.summary)) |\n"
      case .function, .method, .constant, .variable: return nil
      }
    }
    return rows.isEmpty ? "" : "\n| member | type | |\n| --- | --- | --- |\n" + rows.joined()
  }

  private func section(_ entry: Entry, in module: Module) -> String {
    var text = "\n### \(Signature.name(of: entry, in: module))\n\n"
    text += "```lua\n\(Signature.text(of: entry, in: module))\n```\n\n\(entry.summary)\n"
    if !entry.details.isEmpty { text += "\n\(entry.details)\n" }
    let parameters = entry.parameters.filter { $0.name != "self" }
    if !parameters.isEmpty {
      text += "\n| parameter | |\n| --- | --- |\n"
      for parameter in parameters {
        text += "| `\(parameter.name)` | \(Self.cell(HelpText.description(of: parameter))) |\n"
      }
    }
    if !entry.returns.isEmpty { text += "\nReturns \(entry.returns).\n" }
    if entry.isAlsoMethod, let receiver = entry.receiver {
      text += "\nAlso a method: `\(receiver.typeName):\(entry.name)`.\n"
    }
    if !entry.source.isEmpty { text += "\nSource: \(entry.source).\n" }
    if !entry.example.isEmpty { text += "\n```lua\n\(entry.example)\n```\n" }
    return text
  }

  /// Text for a cell of a table.
  private static func cell(_ text: String) -> String {
    String(text.flatMap { $0 == "|" ? ["\\", "|"] : [$0] })
  }
}
