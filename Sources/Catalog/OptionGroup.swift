/// A set of options read together into a struct: those a process, a network or an update rule is made
/// with (`Configured`), those that several functions share, or more than a parameter list should have.
///
/// Conform a struct whose stored properties hold the defaults and list each once. The list gives the
/// entry's parameters, the checks of a call, the printed form, and what files hold:
/// ```swift
/// struct Options: OptionGroup {
///   var steps = 500 as Count
///   static let options: [Option<Options>] = [
///     .init("steps", \.steps, "number of time steps", in: .positive)
///   ]
/// }
/// ```
public protocol OptionGroup {
  init()
  static var options: [Option<Self>] { get }
  /// Names that files of earlier versions have, and what they are called now; nil where they are
  /// passed over.
  static var earlierNames: [String: String?] { get }
  /// Throws where options do not go together.
  func check() throws
}

extension OptionGroup {
  public static var earlierNames: [String: String?] { [:] }
  /// Options that a call may also give without their names, first in the table and in this order:
  /// `nn.conv2d{1, 64, kernel = 3}`.
  public static var listed: [String] { options.filter(\.isListed).map(\.name) }
  public func check() throws {}
}

/// One member of an option group.
public struct Option<Group> {
  let description: ParameterDescription
  /// Reads the slot into the member.
  let read: (Frame, Int32, inout Group) throws -> Void
  /// Takes what a file holds; throws `Mismatch`.
  let restore: (Value, inout Group) throws -> Void
  let literal: (Group) -> String
  let value: (Group) -> Value
  let storedValue: (Group) -> Value
  /// What a call must give, where it must.
  let expectation: String
  /// Whether only files have it.
  var isStoredOnly = false
  /// Whether a call may give it without its name, in its place among those.
  private(set) var isListed = false
  /// The check of the group that this option and those after it come from.
  var checkOfMember: ((Group) throws -> Void)?

  public var name: String { description.name }

  /// The same option, which a call may give without its name.
  public var listed: Option {
    var option = self
    option.isListed = true
    return option
  }

  public init<Value: Argument>(
    _ name: String, _ path: WritableKeyPath<Group, Value>, _ summary: String,
    in domain: Domain<Value>? = nil
  ) where Group: OptionGroup {
    self.init(name, path, summary, Value.luaType, Group()[keyPath: path].literal, domain)
  }

  /// An optional member whose domain speaks of the value when there is one.
  public init<Value: Argument>(
    _ name: String, _ path: WritableKeyPath<Group, Value?>, _ summary: String,
    in domain: Domain<Value>
  ) where Group: OptionGroup {
    self.init(name, path, summary, in: domain.orAbsent())
  }

  /// A member that every call must give. It is absent only in a group made in Swift, where
  /// `OptionGroup.required` reads it.
  public init<Value: Argument>(
    required name: String, _ path: WritableKeyPath<Group, Value?>, _ summary: String,
    in domain: Domain<Value>? = nil
  ) {
    self.init(name, path, summary, Value.luaType, nil, domain?.orAbsent())
  }

  /// What was worked out from the options and files hold; no call gives it, and Lua does not see it.
  public init<Value: Argument>(stored name: String, _ path: WritableKeyPath<Group, Value>) {
    self.init(name, path, "", Value.luaType, "", nil)
    isStoredOnly = true
  }

  private init<Value: Argument>(
    _ name: String, _ path: WritableKeyPath<Group, Value>, _ summary: String, _ type: String,
    _ defaultLiteral: String?, _ given: Domain<Value>?
  ) {
    let domain = given ?? Value.ownDomain
    description = ParameterDescription(
      name: name, role: .option, summary: summary, type: type, domain: domain?.text,
      choices: domain?.choices ?? [], defaultLiteral: defaultLiteral,
      isRequired: defaultLiteral == nil)
    read = { frame, index, group in
      group[keyPath: path] = try readChecked(frame, index, name: name, domain: domain)
    }
    restore = { stored, group in
      guard let value = Value.restored(stored), domain?.contains(value) ?? true else {
        throw Mismatch(expected: domain?.text ?? Value.expectation, got: stored.describe())
      }
      group[keyPath: path] = value
    }
    expectation = domain?.text ?? Value.expectation
    literal = { $0[keyPath: path].literal }
    value = { $0[keyPath: path].luaValue }
    storedValue = { $0[keyPath: path].storedValue }
  }

  /// The same option of a group that another one has as a member.
  private init<Inner: OptionGroup>(
    _ option: Option<Inner>, at path: WritableKeyPath<Group, Inner>, in outer: Group
  ) {
    let inner = option.description
    description = ParameterDescription(
      name: inner.name, role: .option, summary: inner.summary, type: inner.type,
      domain: inner.domain, choices: inner.choices,
      defaultLiteral: inner.isRequired ? nil : option.literal(outer[keyPath: path]),
      isRequired: inner.isRequired)
    read = { try option.read($0, $1, &$2[keyPath: path]) }
    restore = { try option.restore($0, &$1[keyPath: path]) }
    expectation = option.expectation
    literal = { option.literal($0[keyPath: path]) }
    value = { option.value($0[keyPath: path]) }
    storedValue = { option.storedValue($0[keyPath: path]) }
  }

  /// The options of a group that this one has as a member, with the defaults it has here.
  public static func group<Inner: OptionGroup>(_ path: WritableKeyPath<Group, Inner>) -> [Option]
  where Group: OptionGroup {
    let outer = Group()
    var options = Inner.options.map { Option($0, at: path, in: outer) }
    if !options.isEmpty { options[0].checkOfMember = { try $0[keyPath: path].checkAll() } }
    return options
  }
}

extension OptionGroup {
  /// The checks of the groups within it, then its own.
  func checkAll() throws {
    for option in Self.options { try option.checkOfMember?(self) }
    try check()
  }

  /// A member that every call gives.
  ///
  /// - Throws: where Swift code or a file left it out.
  public func required<Value>(_ path: KeyPath<Self, Value?>, _ name: String) throws -> Value {
    guard let value = self[keyPath: path] else { throw UserError("\(name) is required") }
    return value
  }

  /// `{beta_max = 10}`: what differs from the defaults, and what has no name in a call.
  public var literal: String {
    let usual = Self()
    let pieces = Self.options.filter { !$0.isStoredOnly }.compactMap { option in
      let text = option.literal(self)
      if option.isListed { return text }
      return text == option.literal(usual) && !option.description.isRequired
        ? nil : "\(option.name) = \(text)"
    }
    return "{" + pieces.joined(separator: ", ") + "}"
  }

  /// The value of an option as Lua sees it; nil where there is none of that name.
  public func value(of name: String) -> Value? {
    Self.options.first { $0.name == name }?.value(self)
  }

  /// All that a file can hold, in the order of the list.
  public var stored: Value {
    .named(
      Self.options.compactMap { option in
        let value = option.storedValue(self)
        if case .none = value { return nil }
        return value.isPlain ? (option.name, value) : nil
      })
  }

  /// The options that a file holds.
  ///
  /// - Parameter place: the file and the field, for errors:
  ///   `m.safetensors: options: width must be a positive integer, got -1`.
  public init(restoring stored: Value, place: String) throws {
    self.init()
    let pairs: [(key: Value.Key, value: Value)]
    switch stored {
    case .map(let named): pairs = named
    case .list(let items) where items.isEmpty: pairs = []
    default: throw UserError("\(place) must be an object, got \(stored.describe())")
    }
    for (key, value) in pairs {
      let renamed = Self.earlierNames[key.text]
      guard let name = renamed ?? .some(key.text) else { continue }
      guard let option = Self.options.first(where: { $0.name == name }) else {
        let known = Self.options.map(\.name)
        throw UserError("\(place): \(unknownName("option", name, known: known))")
      }
      do { try option.restore(value, &self) } catch let mismatch as Mismatch {
        throw UserError(
          "\(place): \(name) must be \(mismatch.expected), got \(mismatch.got ?? "nil")")
      }
    }
    do { try checkAll() } catch let error as UserError {
      throw UserError("\(place): \(error)")
    }
  }
}

extension Parameter {
  /// All the options of a group, as one parameter.
  public static func group<Group: OptionGroup>(_ group: Group.Type) -> Parameter
  where Value == OptionsOf<Group> {
    let options = Group.options.filter { !$0.isStoredOnly }
    let places = options.map { Group.listed.firstIndex(of: $0.name).map { $0 + 1 } }
    return Parameter(
      kind: .group, name: "", descriptions: options.map(\.description), fallback: nil, domain: nil,
      listedCount: Group.listed.count,
      read: { frame, table in
        var result = Group()
        let isTable = frame.type(at: table) == LuaType.table
        for (option, place) in zip(options, places) {
          var type =
            isTable
            ? option.name.withCString { frame.host.pointee.getField(frame.state, table, $0) }
            : LuaType.nil
          defer { if isTable { frame.pop() } }
          if let place, isTable {
            let unnamed = frame.host.pointee.getIndex(frame.state, table, place)
            if unnamed != LuaType.nil {
              guard type == LuaType.nil else {
                throw UserError("\(option.name) is given twice, by name and in place \(place)")
              }
              frame.host.pointee.insert(frame.state, -2)
              type = unnamed
            }
            frame.pop()
          }
          if type != LuaType.nil {
            try option.read(frame, -1, &result)
          } else if option.description.isRequired {
            throw UserError("\(option.name) is required: \(option.expectation)")
          }
        }
        try result.checkAll()
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
func argumentError<Value: Argument>(
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
  return UserError(
    "\(name) must be \(expected), got \(got)\(advice(frame, index, Value.luaType, expected))")
}

/// What to do with a value of a wrong type. Where an object is wanted, a function may be the one that makes it.
private func advice(_ frame: Frame, _ index: Int32, _ type: String, _ expected: String) -> String {
  let plain: Set<Substring> = [
    "number", "integer", "boolean", "string", "function", "any", "table", "tensor",
  ]
  let isObject = type.split { "|?".contains($0) }.allSatisfy {
    !plain.contains($0) && !$0.hasSuffix("[]")
  }
  if frame.type(at: index) == LuaType.function, isObject {
    return "; where that makes one, call it"
  }
  guard let remedy = frame.anyObject(at: index)?.remedy, expected.contains(remedy.wanted) else {
    return ""
  }
  return "; \(remedy.text)"
}
