/// One thing Lua can name: a function, method, property, operator or constant, described once.
/// Binding, argument checks, help, completion, stubs, reference pages and the tests over all entries
/// come from here.
public struct Entry {
  public enum Kind: Equatable {
    /// `sample.euler_maruyama(...)`.
    case function
    /// `mix:sample(...)`; the first parameter is the receiver.
    case method
    /// `model.dimension`, read only.
    case property
    /// A metamethod: the event's name (`__add`) and how it is written (`a + b`).
    case metamethod(event: String)
    /// A fixed value.
    case constant(Double)
    /// `train.last`: a value of a module that is asked for at each access.
    case variable
  }

  public let kind: Kind
  public let name: String
  public let summary: String
  /// More paragraphs for the reference page.
  public let details: String
  public let parameters: [ParameterDescription]
  /// Lua types of the results, and what they are.
  public let resultTypes: [String]
  public let returns: String
  /// The paper or text it follows, with the equation's number.
  public let source: String
  /// Lua code that runs as it stands; a test runs it.
  public let example: String
  /// The class whose instances carry the method, property or metamethod.
  public let receiver: (any Object.Type)?
  /// A function whose first argument is a tensor is also that object's method: `tensor.sum(t)` and
  /// `t:sum()` are one entry.
  public let isAlsoMethod: Bool
  /// The call, with everything known at registration; nil for constants.
  public let body: ((Frame) throws -> Int32)?

  public var optionNames: [String] { parameters.filter { $0.role == .option }.map(\.name) }
}

extension Entry {
  /// A function of a module. `body` receives the arguments in the order of `parameters`.
  public static func function<each A: Argument, R: Results>(
    _ name: String, _ summary: String, _ parameters: repeat Parameter<each A>,
    returns: String = "", details: String = "", source: String = "", example: String = "",
    body: @escaping (repeat each A) throws -> R
  ) -> Entry {
    make(
      .function, name, summary, repeat each parameters, returns: returns, details: details,
      source: source, example: example, receiver: nil, body: body)
  }

  /// A function of a module that is also a method of its first argument's type.
  public static func operation<Receiver: Object, each A: Argument, R: Results>(
    _ name: String, _ summary: String, _ receiver: Parameter<Receiver>,
    _ parameters: repeat Parameter<each A>, returns: String = "", details: String = "",
    source: String = "", example: String = "",
    body: @escaping (Receiver, repeat each A) throws -> R
  ) -> Entry {
    make(
      .function, name, summary, receiver, repeat each parameters, returns: returns,
      details: details, source: source, example: example, receiver: Receiver.self,
      isAlsoMethod: true, body: body)
  }

  /// A method: `object:name(...)`.
  public static func method<Receiver: Object, each A: Argument, R: Results>(
    _ type: Receiver.Type, _ name: String, _ summary: String,
    _ parameters: repeat Parameter<each A>, returns: String = "", details: String = "",
    source: String = "", example: String = "",
    body: @escaping (Receiver, repeat each A) throws -> R
  ) -> Entry {
    make(
      .method, name, summary, Parameter<Receiver>.arg("self"), repeat each parameters,
      returns: returns, details: details, source: source, example: example, receiver: type,
      body: body)
  }

  /// A read-only property: `object.name`.
  public static func property<Receiver: Object, R: Results>(
    _ type: Receiver.Type, _ name: String, _ summary: String, example: String = "",
    body: @escaping (Receiver) throws -> R
  ) -> Entry {
    make(
      .property, name, summary, Parameter<Receiver>.arg("self"), returns: "", details: "",
      source: "", example: example, receiver: type, body: body)
  }

  /// A metamethod of a type, `__add` and so on; `name` says how it is written.
  public static func metamethod<Receiver: Object, each A: Argument, R: Results>(
    _ type: Receiver.Type, _ event: String, _ name: String, _ summary: String,
    _ parameters: repeat Parameter<each A>, example: String = "",
    body: @escaping (repeat each A) throws -> R
  ) -> Entry {
    make(
      .metamethod(event: event), name, summary, repeat each parameters, returns: "", details: "",
      source: "", example: example, receiver: type, body: body)
  }

  /// A number with a name.
  public static func constant(_ name: String, _ value: Double, _ summary: String) -> Entry {
    Entry(
      kind: .constant(value), name: name, summary: summary, details: "", parameters: [],
      resultTypes: ["number"], returns: "", source: "", example: "", receiver: nil,
      isAlsoMethod: false, body: nil)
  }

  /// A value of a module that changes: `module.name`, read only.
  public static func variable<R: Results>(
    _ name: String, _ summary: String, source: String = "", example: String = "",
    body: @escaping () throws -> R
  ) -> Entry {
    let binding = Binding(isMetamethod: true, body: body)
    return Entry(
      kind: .variable, name: name, summary: summary, details: "", parameters: [],
      resultTypes: R.resultTypes, returns: "", source: source, example: example, receiver: nil,
      isAlsoMethod: false, body: binding.call)
  }

  // Every kind of entry comes through here.
  private static func make<each A: Argument, R: Results>(
    _ kind: Kind, _ name: String, _ summary: String, _ parameters: repeat Parameter<each A>,
    returns: String, details: String, source: String, example: String,
    receiver: (any Object.Type)?, isAlsoMethod: Bool = false,
    body: @escaping (repeat each A) throws -> R
  ) -> Entry {
    let binding = Binding(
      repeat each parameters, isMetamethod: kind != .function && kind != .method, body: body)
    return Entry(
      kind: kind, name: name, summary: summary, details: details,
      parameters: binding.descriptions, resultTypes: R.resultTypes, returns: returns,
      source: source, example: example, receiver: receiver, isAlsoMethod: isAlsoMethod,
      body: binding.call)
  }
}
