/// Options by name as a file holds them, read back one by one with the checks a call has. An error says
/// where it stands: `m.safetensors: options: width must be a positive integer, got -1`.
public final class StoredOptions {
  /// The file and the field, for errors.
  public let place: String
  private let values: [(key: String, value: Value)]
  private var asked: Set<String> = []

  /// - Throws: where `value` is not a table of names.
  public init(_ value: Value, place: String) throws {
    self.place = place
    switch value {
    case .map(let pairs): values = pairs.map { ($0.key.text, $0.value) }
    case .list(let items) where items.isEmpty: values = []
    default: throw UserError("\(place) must be an object, got \(value.describe())")
    }
  }

  public func value(_ name: String) -> Value {
    asked.insert(name)
    return values.first { $0.key == name }?.value ?? .none
  }

  public func number(_ name: String, in domain: Domain<Double>) throws -> Double {
    try checked(name, value(name).asNumber, domain)
  }

  public func integer(_ name: String, in domain: Domain<Int>) throws -> Int {
    let whole: Int? = if case .integer(let value) = value(name) { value } else { nil }
    return try checked(name, whole, domain)
  }

  public func string(_ name: String, in domain: Domain<String>? = nil) throws -> String {
    let text: String? = if case .string(let value) = value(name) { value } else { nil }
    return try checked(name, text, domain ?? Domain("a string") { _ in true })
  }

  /// To be called after all were read: a name that nobody asked for is an error.
  public func finish() throws {
    guard let stranger = values.first(where: { !asked.contains($0.key) }) else { return }
    throw UserError("\(place): \(unknownName("option", stranger.key, known: asked.sorted()))")
  }

  private func checked<T>(_ name: String, _ value: T?, _ domain: Domain<T>) throws -> T {
    guard let value, domain.contains(value) else {
      throw UserError(
        "\(place): \(name) must be \(domain.text), got \(self.value(name).describe())")
    }
    return value
  }
}
