import Catalog

/// A process that Lua makes by name, and that can be made again from the options it prints.
protocol StoredProcess: DiffusionProcess {
  static var entry: Entry { get }
  init(_ options: Options) throws
}

extension StoredProcess {
  static func constructorEntry(_ summary: String, source: String, example: String) -> Entry {
    .function(
      constructor, summary, .group(Options.self), returns: "an sde", source: source,
      example: example
    ) { (options: OptionsOf<Options>) in SDE(try Self(options.values)) }
  }

  static func restored(_ stored: Value, place: String) throws -> Self {
    try Self(Options(restoring: stored, place: place))
  }
}

extension SDE {
  /// The process of a name with the options a file holds.
  package convenience init(name: String, restoring stored: (Value, place: String)) throws {
    guard let kind = SDEModule.processes.first(where: { $0.constructor == name }) else {
      let known = SDEModule.processes.map { $0.constructor }
      throw UserError("\(stored.place): \(unknownName("diffusion", name, known: known))")
    }
    self.init(try kind.restored(stored.0, place: stored.place))
  }
}
