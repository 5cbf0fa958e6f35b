// What the prompt offers inside the braces of a call: the options of the function, from the catalog.
import Catalog

package struct CompletionIndex {
  private var entries: [String: Entry] = [:]

  package init(_ modules: [Module]) {
    for module in modules {
      for entry in module.allEntries {
        // As the binding names its functions: a method by its type and a dot.
        let name = Signature.name(of: entry, in: module)
        entries[String(name.map { $0 == ":" ? "." : $0 })] = entry
      }
    }
  }

  /// The options of a function by its qualified name, `sample.euler_maruyama`.
  package func options(of name: String) -> [ParameterDescription] {
    (entries[name]?.parameters ?? []).filter { $0.role == .option }
  }

  /// The values an option or argument can have, where there is such a list.
  package func choices(of name: String, parameter: String) -> [String] {
    entries[name]?.parameters.first { $0.name == parameter }?.choices ?? []
  }
}
