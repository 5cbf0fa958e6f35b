/// A set of options read together into a struct: what several functions share (the options of the
/// sampling driver), or what one has too many of for a parameter list (`train`).
///
/// Conform a struct whose stored properties hold the defaults and list each once:
/// ```swift
/// struct Options: OptionGroup {
///   var steps = 500
///   static let options: [Option<Options>] = [
///     .init("steps", \.steps, "number of time steps", in: .positive)
///   ]
/// }
/// ```
public protocol OptionGroup {
  init()
  static var options: [Option<Self>] { get }
}

/// One member of an option group.
public struct Option<Group> {
  let description: ParameterDescription
  /// Reads the slot into the member.
  let read: (Frame, Int32, inout Group) throws -> Void

  public init<Value: Argument>(
    _ name: String, _ path: WritableKeyPath<Group, Value>, _ summary: String,
    in domain: Domain<Value>? = nil
  ) where Group: OptionGroup {
    description = ParameterDescription(
      name: name, role: .option, summary: summary, type: Value.luaType, domain: domain?.text,
      choices: domain?.choices ?? [], defaultLiteral: Group()[keyPath: path].literal,
      isRequired: false)
    read = { frame, index, group in
      group[keyPath: path] = try readChecked(frame, index, name: name, domain: domain)
    }
  }

  /// An optional member whose domain speaks of the value when there is one.
  public init<Value: Argument>(
    _ name: String, _ path: WritableKeyPath<Group, Value?>, _ summary: String,
    in domain: Domain<Value>
  ) where Group: OptionGroup {
    self.init(name, path, summary, in: domain.orAbsent())
  }
}

extension Parameter {
  /// All the options of a group, as one parameter.
  public static func group<Group: OptionGroup>(_ group: Group.Type) -> Parameter
  where Value == OptionsOf<Group> {
    let options = Group.options
    return Parameter(
      kind: .group, name: "", descriptions: options.map(\.description),
      fallback: OptionsOf(Group()), domain: nil,
      read: { frame, table in
        var result = Group()
        for option in options {
          let type = option.description.name.withCString {
            frame.host.pointee.getField(frame.state, table, $0)
          }
          defer { frame.pop() }
          if type != LuaType.nil { try option.read(frame, -1, &result) }
        }
        return OptionsOf(result)
      })
  }
}

/// The options of a group as a function receives them; members are reached directly.
@dynamicMemberLookup
public struct OptionsOf<Group: OptionGroup>: Argument {
  public var values: Group

  public init(_ values: Group) { self.values = values }

  public static var expectation: String { "a table of options" }
  public static var luaType: String { "table" }

  public subscript<Value>(dynamicMember path: WritableKeyPath<Group, Value>) -> Value {
    get { values[keyPath: path] }
    set { values[keyPath: path] = newValue }
  }

  public static func read(_ frame: Frame, _ index: Int32) throws -> OptionsOf {
    throw Mismatch(expected: expectation)
  }
}

/// Reads a value and checks its domain, naming the argument in the error.
func readChecked<Value: Argument>(
  _ frame: Frame, _ index: Int32, name: String, domain: Domain<Value>?
) throws -> Value {
  let value: Value
  do { value = try Value.read(frame, index) } catch let mismatch as Mismatch {
    throw argumentError(frame, index, name: name, mismatch, domain: domain)
  }
  if let domain, !domain.contains(value) {
    throw argumentError(frame, index, name: name, Mismatch(expected: domain.text), domain: domain)
  }
  return value
}

/// `steps must be a positive integer, got 2.5`.
func argumentError<Value>(
  _ frame: Frame, _ index: Int32, name: String, _ mismatch: Mismatch, domain: Domain<Value>?
) -> UserError {
  if let sentence = mismatch.sentence { return UserError("\(name) \(sentence)") }
  let expected = domain?.text ?? mismatch.expected
  let got = mismatch.got ?? frame.describe(at: index)
  if let domain, !domain.choices.isEmpty, let text = frame.string(at: index),
    let near = nearestName(to: text, among: domain.choices)
  {
    return UserError("\(name) must be \(expected), got \(got) (did you mean '\(near)'?)")
  }
  return UserError("\(name) must be \(expected), got \(got)")
}
