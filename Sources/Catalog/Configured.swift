/// What Lua makes from a table of options: a process, a network, an update rule. The options are listed
/// once, in its `Options`; the entry, the printed form, the fields and the files come from that list.
public protocol Configured {
  associatedtype Options: OptionGroup
  /// The name of the constructor in Lua: `vp`.
  static var constructor: String { get }
  /// With what was derived from them in place of what it came from.
  var options: Options { get }
}

extension Configured {
  /// `vp{beta_max = 10}`.
  public var call: String { Self.constructor + options.literal }
}

/// An object whose options are fields in Lua: `model.width`.
public protocol HoldsOptions: Object {
  /// Names and values, in the order of the entry.
  var optionFields: [(key: String, value: Value)] { get }
}

extension OptionGroup {
  /// All options as Lua sees them.
  public var fields: [(key: String, value: Value)] {
    Self.options.filter { !$0.isStoredOnly }.map { ($0.name, $0.value(self)) }
  }
}

extension OptionGroup {
  /// The defaults, changed: `VP.Options { $0.betaMax = 10 }`.
  public init(_ change: (inout Self) throws -> Void) rethrows {
    self.init()
    try change(&self)
  }
}
