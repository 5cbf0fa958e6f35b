// Every tensor that an entry takes, as its own example calls it, has the gradient that differences give,
// or is refused: Tests/lua/every_gradient.lua.
import Catalog
import Library
import TestSupport
import Testing

@Suite("every gradient")
struct EveryGradientTests {
  /// What the script needs to know of an entry with an example.
  private static func lua(_ entry: Entry, _ module: Module, isCall: Bool) -> String? {
    if entry.example.isEmpty { return nil }
    var fields = ["module = \(quoted(module.name))", "name = \(quoted(entry.name))"]
    switch entry.kind {
    case .function: fields.append("kind = \(isCall ? "\"call\"" : "\"function\"")")
    case .method: fields.append("kind = \"method\"")
    case .metamethod(let event): fields.append("kind = \"metamethod\", event = \(quoted(event))")
    case .property, .constant, .variable: return nil
    }
    if let type = entry.receiver?.typeName, let maker = BadInputTests.makers[type] {
      fields.append("type = \(quoted(type)), make = function() return \(maker) end")
    }
    let places = entry.parameters.enumerated().compactMap { place, parameter -> String? in
      guard parameter.type.contains("tensor") else { return nil }
      return parameter.role == .option
        ? "[\(quoted(parameter.name))] = true" : "[\(place + 1)] = true"
    }
    fields.append("takes = {\(places.joined(separator: ", "))}")
    fields.append("example = \(quoted(entry.example))")
    return "{\(fields.joined(separator: ", "))}"
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"" + escaped.replacing("\n", with: "\\n") + "\""
  }

  @Test("agrees with differences or is refused, for every tensor in every example")
  func everyArgument() throws {
    let entries = Library.modules.flatMap { module in
      (module.callee.map { [Self.lua($0, module, isCall: true)] } ?? [])
        + module.entries.map { Self.lua($0, module, isCall: false) }
    }.compactMap { $0 }
    let folder = try TemporaryFolder()
    let list = "return {\n" + entries.joined(separator: ",\n") + "\n}\n"
    let path = try folder.write("entries.lua", list)
    var command = Command(
      Products.moondrift,
      ["--memory", "2G", Products.root + "/Tests/lua/every_gradient.lua", path])
    command.folder = folder.path
    command.environment = ["LUA_INIT": nil, "SWIFT_BACKTRACE": "enable=no"]
    command.timeout = 120
    let result = try command.run()
    #expect(result.status == 0, "\(result.err.prefix(6000))")
    let last = result.out.split(separator: "\n").last.map(String.init) ?? ""
    let numbers = last.split(separator: " ").compactMap { Int($0) }
    #expect(numbers.count == 3 && numbers[0] > 200 && numbers[1] > 150, "\(last)")
  }
}
