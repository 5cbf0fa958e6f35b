import Autodiff
import Catalog
import Layers
import Tensors

/// The layers of a network as a table, one a line: shape of the result, parameters, operations, how far it reads.
package final class NetworkSummary: Displayable {
  package static var typeName: String { "network_summary" }

  private let name: String
  private let lines: [NetworkOutline.Line]
  private let parameters: Int

  package init(_ network: any Network, _ name: String) throws {
    self.name = name
    parameters = network.parameters.trained.count
    let outline = NetworkOutline(network.shape)
    let labels = try network.classes.map { _ in try Tensor.zeros([1], .int64) }
    let call = NetworkCall(network.parameters, labels: labels, outline: outline)
    if network.isLayered {
      _ = try network.output(
        .zeros(Shape([1] + Array(network.shape))), network.isBlind ? nil : .zeros([1]), call)
      lines = outline.lines
    } else {
      // Parameters by name, of what is not made of layers.
      lines = network.parameters.items.filter(\.isTrained).map {
        NetworkOutline.Line(
          path: $0.name, layer: "", shape: $0.shape, parameters: $0.shape.elementCount,
          operations: 0, field: nil)
      }
    }
  }

  private var operations: Double { lines.reduce(0) { $0 + $1.operations } }

  package func describe() -> String {
    let work = operations > 0 ? ", \(shortOperations(operations)) a point" : ""
    return "\(name): \(lines.count) lines, \(parameters) parameters\(work)"
  }

  package func display(width: Int) -> String {
    var rows = [["", "layer", "shape", "parameters", "operations", "reads"]]
    for line in lines {
      rows.append([
        line.path, line.layer, line.shape.map(String.init).joined(separator: "×"),
        line.parameters == 0 ? "" : "\(line.parameters)",
        line.operations == 0 ? "" : shortOperations(line.operations),
        line.field.map(String.init) ?? "",
      ])
    }
    rows.append([
      "all", "", "", "\(parameters)", operations == 0 ? "" : shortOperations(operations), "",
    ])
    let columns = rows[0].indices.filter { column in
      rows.dropFirst().contains { !$0[column].isEmpty }
    }
    let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let body = rows.map { row in
      let cells = zip(columns, widths).map { column, width in
        let space = String(repeating: " ", count: width - row[column].count)
        return column < 3 ? row[column] + space : space + row[column]
      }
      return cells.joined(separator: "  ").trimmedEnd
    }
    return ([name] + body).joined(separator: "\n") + "\n"
  }

  private var table: Value {
    .list(
      lines.map { line in
        var pairs: [(String, Value)] = [
          ("name", .string(line.path)), ("layer", .string(line.layer)),
          ("shape", .list(line.shape.map { .integer($0) })),
          ("parameters", .integer(line.parameters)), ("operations", .number(line.operations)),
        ]
        if let field = line.field { pairs.append(("reads", .integer(field))) }
        return .named(pairs)
      })
  }

  private static let example =
    "s = nn.bf_cnn{shape = {1, 8, 8}, width = 4, depth = 3, sde = sde.ve(), seed = 1}:summary()  return s."
  private static let text =
    "The layers of the network as a table: shape of the result, parameters, multiplications and additions of a "
    + "point, and how many places in a row of the picture a number of it reads."

  static let entries: [Entry] = [
    .method(
      ScoreModel.self, "summary", text, returns: "a network_summary",
      details:
        "Norms and attention over a whole picture read all of it; that is not counted. A network that is not "
        + "made of layers has a line for each of its parameters.",
      example: """
        return nn.unet{shape = {1, 8, 8}, blocks = 1, width = 4, sde = sde.ve(), seed = 1}:summary()
        """
    ) { (model: ScoreModel) in
      guard let network = model.network else {
        throw UserError("a model of a network has layers, got \(model.describe())")
      }
      return try NetworkSummary(network, model.describe())
    },
    .method(
      NetworkObject.self, "summary", text, returns: "a network_summary",
      example: "return nn.score_mlp{dimension = 2, seed = 1}:summary()"
    ) { (object: NetworkObject) in try NetworkSummary(object.network, object.describe()) },
    .property(
      NetworkSummary.self, "layers",
      "The lines: tables of name, layer, shape, parameters, operations, and of pictures reads.",
      example: example + "layers"
    ) { (summary: NetworkSummary) in summary.table },
    .property(
      NetworkSummary.self, "text", "The table, as the prompt shows it.", example: example + "text"
    ) { (summary: NetworkSummary) in summary.display(width: 100) },
    .property(
      NetworkSummary.self, "parameters", "Numbers that training changes.",
      example: example + "parameters"
    ) { (summary: NetworkSummary) in summary.parameters },
    .property(
      NetworkSummary.self, "operations", "Multiplications and additions of a point.",
      example: example + "operations"
    ) { (summary: NetworkSummary) in summary.operations },
  ]
}

/// `1.34 GFLOP`.
private func shortOperations(_ count: Double) -> String {
  for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where count >= unit {
    return "\(shortNumber(count / unit)) \(name)FLOP"
  }
  return "\(shortNumber(count)) FLOP"
}

extension String {
  fileprivate var trimmedEnd: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
