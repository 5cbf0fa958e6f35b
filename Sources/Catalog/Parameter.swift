/// What help, stubs and errors know of one parameter. Cold: never touched by a call that succeeds.
public final class ParameterDescription {
  public enum Role { case positional, option, rest }

  public let name: String
  public let role: Role
  public let summary: String
  /// As LuaCATS writes it: `integer`, `tensor`, `number|function`.
  public let type: String
  /// The condition in words, where there is one.
  public let domain: String?
  public let choices: [String]
  /// How the default is written in Lua; nil where the argument is required.
  public let defaultLiteral: String?
  public let isRequired: Bool
  /// Axis names of a tensor argument, `n d`; equal names must agree within a call.
  public let shape: String?

  public init(
    name: String, role: Role, summary: String, type: String, domain: String? = nil,
    choices: [String] = [], defaultLiteral: String? = nil, isRequired: Bool, shape: String? = nil
  ) {
    self.name = name
    self.role = role
    self.summary = summary
    self.type = type
    self.domain = domain
    self.choices = choices
    self.defaultLiteral = defaultLiteral
    self.isRequired = isRequired
    self.shape = shape
  }
}

enum ParameterKind { case positional, option, rest, group }

/// A parameter tied to the Swift type it is read as, so that a wrong default or a missing description
/// is a compile error.
public struct Parameter<Value: Argument> {
  let kind: ParameterKind
  let name: String
  let descriptions: [ParameterDescription]
  let fallback: Value?
  let domain: Domain<Value>?
  let axes: AxisPattern?
  /// How many of its options may stand in the table without a name.
  let listedCount: Int
  let read: ((Frame, Int32) throws -> Value)?

  init(
    kind: ParameterKind, name: String, descriptions: [ParameterDescription], fallback: Value?,
    domain: Domain<Value>?, axes: AxisPattern? = nil, listedCount: Int = 0,
    read: ((Frame, Int32) throws -> Value)? = nil
  ) {
    self.kind = kind
    self.name = name
    self.descriptions = descriptions
    self.fallback = fallback
    self.domain = domain
    self.axes = axes
    self.listedCount = listedCount
    self.read = read
  }
}

extension Parameter {
  /// A required positional argument.
  public static func arg(
    _ name: String, _ summary: String = "", in domain: Domain<Value>? = nil
  ) -> Parameter {
    let domain = domain ?? Value.ownDomain
    return Parameter(
      kind: .positional, name: name,
      descriptions: [
        ParameterDescription(
          name: name, role: .positional, summary: summary, type: Value.luaType,
          domain: domain?.text, choices: domain?.choices ?? [], isRequired: true)
      ], fallback: nil, domain: domain)
  }

  /// A positional argument that may be left out.
  public static func arg(
    _ name: String, default fallback: Value, _ summary: String = "", in domain: Domain<Value>? = nil
  ) -> Parameter {
    let domain = domain ?? Value.ownDomain
    return Parameter(
      kind: .positional, name: name,
      descriptions: [
        ParameterDescription(
          name: name, role: .positional, summary: summary, type: Value.luaType,
          domain: domain?.text, choices: domain?.choices ?? [], defaultLiteral: fallback.literal,
          isRequired: false)
      ], fallback: fallback, domain: domain)
  }

  /// A required entry of the trailing options table.
  public static func option(
    _ name: String, _ summary: String, in domain: Domain<Value>? = nil
  ) -> Parameter {
    let domain = domain ?? Value.ownDomain
    return Parameter(
      kind: .option, name: name,
      descriptions: [
        ParameterDescription(
          name: name, role: .option, summary: summary, type: Value.luaType, domain: domain?.text,
          choices: domain?.choices ?? [], isRequired: true)
      ], fallback: nil, domain: domain)
  }

  /// An entry of the trailing options table with its default.
  public static func option(
    _ name: String, default fallback: Value, _ summary: String, in domain: Domain<Value>? = nil
  ) -> Parameter {
    let domain = domain ?? Value.ownDomain
    return Parameter(
      kind: .option, name: name,
      descriptions: [
        ParameterDescription(
          name: name, role: .option, summary: summary, type: Value.luaType, domain: domain?.text,
          choices: domain?.choices ?? [], defaultLiteral: fallback.literal, isRequired: false)
      ], fallback: fallback, domain: domain)
  }

  /// All remaining arguments; `Value` is a `Rest`.
  public static func rest(_ name: String, _ summary: String = "") -> Parameter {
    Parameter(
      kind: .rest, name: name,
      descriptions: [
        ParameterDescription(
          name: name, role: .rest, summary: summary, type: Value.luaType, isRequired: false)
      ], fallback: nil, domain: nil)
  }
}

/// An argument with axes: a tensor.
public protocol ShapedArgument: Argument {
  var axisLengths: [Int] { get }
}

extension Parameter where Value: ShapedArgument {
  /// A tensor whose axes are named, `n d`: equal names, and numbers, must agree within a call.
  public static func arg(
    _ name: String, _ summary: String = "", shape: String
  ) -> Parameter {
    Parameter(
      kind: .positional, name: name,
      descriptions: [
        ParameterDescription(
          name: name, role: .positional, summary: summary, type: Value.luaType, isRequired: true,
          shape: shape)
      ], fallback: nil, domain: nil, axes: AxisPattern(shape))
  }
}

/// Named axes of a tensor argument.
struct AxisPattern {
  let text: String
  let axes: [Substring]

  init(_ text: String) {
    self.text = text
    axes = text.split(separator: " ")
  }

  /// Checks a shape and binds the names it meets for the first time.
  func check(_ shape: [Int], name: String, bindings: inout [Substring: Int]) throws {
    var fits = shape.count == axes.count
    var known: [String] = []
    for (axis, length) in zip(axes, shape) {
      if let fixed = Int(axis, radix: 10) {
        fits = fits && fixed == length
      } else if let bound = bindings[axis] {
        fits = fits && bound == length
      }
    }
    for axis in axes { if let bound = bindings[axis] { known.append("\(axis) = \(bound)") } }
    guard fits else {
      let condition = known.isEmpty ? "" : " with " + known.joined(separator: ", ")
      throw UserError("\(name) has shape \(shape), expected [\(text)]\(condition)")
    }
    for (axis, length) in zip(axes, shape) where Int(axis, radix: 10) == nil {
      bindings[axis] = length
    }
  }
}

extension Parameter {
  /// The default value, for Swift code that calls a body as Lua does with no options.
  ///
  /// - Throws: where the parameter is required.
  public func requiredDefault() throws -> Value {
    guard let fallback else { throw UserError("\(name) has no default") }
    return fallback
  }
}
