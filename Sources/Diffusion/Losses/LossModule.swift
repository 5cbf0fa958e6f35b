import Catalog

/// The Lua module `loss`: what training makes small.
package enum LossModule {
  package static let module = Module(
    "loss",
    "Losses for train: `train(m, x, {loss = loss.denoising{weight = \"min_snr\"}})`. A function of yours is one too.",
    types: [TypeDescription(TrainingLoss.self, "what training makes small")],
    entries: losses.map { $0.entry })

  /// All losses, which files hold by name; a new one adds its line here.
  private static let losses: [any Loss.Type] = [
    DenoisingLoss.self,
    ExplicitLoss.self,
    ImplicitLoss.self,
    SlicedLoss.self,
    FlowMatchingLoss.self,
    BlindLoss.self,
  ]

  /// The loss that a file holds.
  ///
  /// - Parameter place: the file and the field, for errors.
  package static func loss(
    _ name: String, restoring stored: Value, place: String
  ) throws -> TrainingLoss {
    guard let kind = losses.first(where: { $0.constructor == name }) else {
      throw UserError(
        "\(place): \(unknownName("loss", name, known: losses.map { $0.constructor }))")
    }
    return TrainingLoss(try restored(kind, stored, place: place))
  }

  private static func restored<Kind: Loss>(
    _ kind: Kind.Type, _ stored: Value, place: String
  ) throws -> any Loss {
    try Kind(Kind.Options(restoring: stored, place: place))
  }
}
