import Catalog

/// A process that Lua makes by name, and that can be made again from the settings it prints.
protocol StoredProcess: DiffusionProcess {
  /// Its constructor in Lua: `ve_power`.
  static var constructor: String { get }
  static var entry: Entry { get }
  init(restoring options: StoredOptions) throws
}

extension StoredProcess {
  package var name: String { Self.constructor }
}

extension SDE {
  /// The process of a name with the settings a file holds.
  public convenience init(name: String, restoring options: StoredOptions) throws {
    guard let kind = SDEModule.processes.first(where: { $0.constructor == name }) else {
      let known = SDEModule.processes.map { $0.constructor }
      throw UserError("\(options.place): \(unknownName("diffusion", name, known: known))")
    }
    self.init(try kind.init(restoring: options))
    try options.finish()
  }
}
