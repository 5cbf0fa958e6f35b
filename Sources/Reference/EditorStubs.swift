// Definitions for editors in the LuaCATS notation: types and completion without running anything.
import Catalog

package struct EditorStubs {
  private let modules: [Module]

  package init(_ modules: [Module]) { self.modules = modules }

  /// The whole of stdlib/types/moondrift.lua.
  package var text: String {
    var text = """
      ---@meta
      -- Written by scripts/reference from the catalog; do not edit.

      """
    for type in types { text += "\n" + stub(of: type) }
    // The module `moondrift` is the table that holds the others.
    let others = modules.filter { $0.name != "moondrift" }
    for module in others { text += "\n" + stub(of: module) }
    text += "\n---@class moondrift\n"
    for module in others { text += "---@field \(module.name) moondrift.\(module.name)\n" }
    text += "moondrift = {}\n"
    for module in modules where module.name == "moondrift" {
      for entry in module.entries where entry.kind == .function {
        text += "\n" + function(entry, "moondrift.\(entry.name)", entry.parameters)
      }
    }
    return text
  }

  // MARK: Types

  private struct ObjectType {
    let name: String
    let summary: String
    var members: [Entry] = []
  }

  /// All types in the order of their modules, with the members that any module declares.
  private var types: [ObjectType] {
    var types: [ObjectType] = []
    var places: [String: Int] = [:]
    for module in modules {
      for description in module.types where places[description.type.typeName] == nil {
        places[description.type.typeName] = types.count
        types.append(ObjectType(name: description.type.typeName, summary: description.summary))
      }
    }
    for module in modules {
      for entry in module.entries {
        guard let name = entry.receiver?.typeName else { continue }
        if places[name] == nil {
          places[name] = types.count
          types.append(ObjectType(name: name, summary: ""))
        }
        if let place = places[name] { types[place].members.append(entry) }
      }
    }
    return types
  }

  private func stub(of type: ObjectType) -> String {
    var text = type.summary.isEmpty ? "" : "--- \(oneLine(type.summary))\n"
    text += "---@class \(type.name)\n"
    for entry in type.members {
      switch entry.kind {
      case .property:
        let result = entry.resultTypes.first ?? "any"
        text += "---@field \(entry.name) \(result) \(oneLine(entry.summary))\n"
      case .metamethod(let event):
        guard let notation = operatorNotation(event, entry) else { continue }
        text += "---@operator \(notation)\n"
      case .function, .method, .constant, .variable: break
      }
    }
    let table = "\(type.name)_object"
    text += "local \(table) = {}\n"
    for entry in type.members where entry.kind == .method || entry.isAlsoMethod {
      text += "\n" + function(entry, "\(table):\(entry.name)", Array(entry.parameters.dropFirst()))
    }
    return text + "\n--- Gives up its memory at once.\nfunction \(table):free() end\n"
  }

  private func operatorNotation(_ event: String, _ entry: Entry) -> String? {
    let unary: Set<String> = ["unm", "bnot", "len"]
    let binary: Set<String> = [
      "add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr",
      "concat",
    ]
    let name = String(event.dropFirst(2))
    let result = entry.resultTypes.first ?? "any"
    if unary.contains(name) { return "\(name): \(result)" }
    if binary.contains(name) { return "\(name)(any): \(result)" }
    return nil
  }

  // MARK: Modules and functions

  private func stub(of module: Module) -> String {
    var text = "--- \(oneLine(module.summary))\n---@class moondrift.\(module.name)\n"
    if let call = module.callee {
      let parameters = parameterList(call.parameters).map { "\($0.name): \($0.type)" }
      let result = call.resultTypes.isEmpty ? "" : ": " + call.resultTypes.joined(separator: ", ")
      text += "---@overload fun(\(parameters.joined(separator: ", ")))\(result)\n"
    }
    for entry in module.entries {
      if case .constant = entry.kind {
        text += "---@field \(entry.name) number \(oneLine(entry.summary))\n"
      } else if entry.kind == .variable {
        let result = entry.resultTypes.first ?? "any"
        text += "---@field \(entry.name) \(result) \(oneLine(entry.summary))\n"
      }
    }
    text += "\(module.name) = {}\n"
    for entry in module.entries where entry.kind == .function {
      text += "\n" + function(entry, "\(module.name).\(entry.name)", entry.parameters)
    }
    return text
  }

  private func function(
    _ entry: Entry, _ name: String, _ parameters: [ParameterDescription]
  ) -> String {
    var text = "--- \(oneLine(entry.summary))\n"
    let list = parameterList(parameters)
    for parameter in list {
      let summary = parameter.summary.isEmpty ? "" : " " + oneLine(parameter.summary)
      text += "---@param \(parameter.name) \(parameter.type)\(summary)\n"
    }
    for result in entry.resultTypes { text += "---@return \(result)\n" }
    let names = list.map { name in
      name.name.last == "?" ? String(name.name.dropLast()) : name.name
    }
    return text + "function \(name)(\(names.joined(separator: ", "))) end\n"
  }

  /// Positional parameters, then one table for all options.
  private func parameterList(
    _ parameters: [ParameterDescription]
  ) -> [(name: String, type: String, summary: String)] {
    var list: [(name: String, type: String, summary: String)] = []
    var options: [String] = []
    var needsOptions = false
    for parameter in parameters {
      let mark = parameter.isRequired ? "" : "?"
      let type = withoutMark(parameter.type)
      switch parameter.role {
      case .positional: list.append((parameter.name + mark, type, parameter.summary))
      case .rest: list.append(("...", type, parameter.summary))
      case .option:
        options.append("\(parameter.name)\(mark): \(type)")
        needsOptions = needsOptions || parameter.isRequired
      }
    }
    if !options.isEmpty {
      list.append(
        (needsOptions ? "options" : "options?", "{ \(options.joined(separator: ", ")) }", ""))
    }
    return list
  }

  /// The optional mark stands at the name.
  private func withoutMark(_ type: String) -> String {
    type.last == "?" ? String(type.dropLast()) : type
  }

  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
