import FoundationEssentials

/// Any JSON value, read by a decoder that refuses NaN, comments and trailing commas.
enum StrictJSON: Decodable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case list([StrictJSON])
  case object([String: StrictJSON])

  init(_ text: String) throws {
    self = try JSONDecoder().decode(StrictJSON.self, from: Data(text.utf8))
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([StrictJSON].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: StrictJSON].self))
    }
  }

  subscript(_ key: String) -> StrictJSON? {
    if case .object(let pairs) = self { pairs[key] } else { nil }
  }

  var items: [StrictJSON] { if case .list(let items) = self { items } else { [] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
}
