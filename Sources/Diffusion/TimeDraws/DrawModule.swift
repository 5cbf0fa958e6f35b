import Catalog

/// The Lua module `draw`: how training draws its times.
package enum DrawModule {
  package static let module = Module(
    "draw",
    "How train draws times: `train(m, x, {time = draw.log_normal{mean = -1.2, std = 1.2}})`. A function is one too.",
    types: [TypeDescription(ChosenDraw.self, "a law of times")], entries: draws.map { $0.entry })

  /// All draws, which files hold by name; a new one adds its line here.
  private static let draws: [any TimeDraw.Type] = [
    UniformTimes.self,
    LogNormalTimes.self,
    LogUniformTimes.self,
    LogitNormalTimes.self,
    PowerTimes.self,
    FixedTime.self,
  ]

  /// The draw that a file holds.
  ///
  /// - Parameter place: the file and the field, for errors.
  package static func draw(
    _ name: String, restoring stored: Value, place: String
  ) throws -> ChosenDraw {
    guard let kind = draws.first(where: { $0.constructor == name }) else {
      throw UserError(
        "\(place): \(unknownName("draw", name, known: draws.map { $0.constructor }))")
    }
    return ChosenDraw(try restored(kind, stored, place: place))
  }

  private static func restored<Kind: TimeDraw>(
    _ kind: Kind.Type, _ stored: Value, place: String
  ) throws -> any TimeDraw {
    try Kind(Kind.Options(restoring: stored, place: place))
  }
}
