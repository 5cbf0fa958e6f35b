// Metrics that compare points take points of any shape.
import Catalog
import Metrics
import Testing

@Suite struct PointCloudTests {
  /// Metrics of two batches of points.
  static let names = MetricModule.module.entries.filter { entry in
    entry.parameters.contains { $0.summary.hasPrefix("points of the same shape") }
  }.map(\.name)

  @Test("there are some")
  func some() { #expect(Self.names.contains("nearest") && Self.names.count >= 2) }

  @Test("on pictures each is what it is on vectors", arguments: names)
  func likeVectors(name: String) throws {
    let call = """
      local x, y = random.stream(1):normal{8, 2, 3}, random.stream(2):normal{9, 2, 3}
      local function shown(...)
        local parts = {}
        for i = 1, select("#", ...) do
          local value = select(i, ...)
          if type(value) == "table" then value = value.statistic end
          if type(value) == "userdata" and not pcall(function() return value.shape end) then
            value = tostring(value)
          end
          parts[i] = type(value) == "userdata" and table.concat(value.shape, "×") .. ": "
            .. table.concat(value:reshape{value.count}:table(), " ") or tostring(value)
        end
        return table.concat(parts, "; ")
      end

      """
    let options = MetricModule.module.entries.first { $0.name == name }?.optionNames ?? []
    let seed = options.contains("seed") ? ", {seed = 1}" : ""
    let picture = try results(call + "return shown(metric.\(name)(x, y\(seed)))")
    let vector = try results(
      call + "return shown(metric.\(name)(x:reshape{8, 6}, y:reshape{9, 6}\(seed)))")
    #expect(picture == vector)
    #expect(picture[0].count > 10)
  }

  @Test("points of different shapes are refused with both", arguments: names)
  func different(name: String) throws {
    let text = try message("metric.\(name)(tensor.zeros{4, 2, 3}, tensor.zeros{5, 6})")
    let second =
      ["nearest", "memorized_fraction", "precision_recall"].contains(name) ? "data" : "y"
    #expect(
      text.hasPrefix("code:1: metric.\(name): \(second) has shape [5, 6], expected points as of "))
    #expect(text.hasSuffix(", which has shape [4, 2, 3]"))
    #expect(
      try message("metric.\(name)(tensor.zeros{4}, tensor.zeros{4})").hasSuffix(
        " has shape [4], expected [n d], or [n] and the shape of a picture"))
  }
}
