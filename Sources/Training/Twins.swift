import Catalog
import Models
import Tensors

/// `train.twins(model, data, {size = n, …})`: two networks that differ by their training data alone.
///
/// Both begin with the same parameters and see the same places of their sets, times and noise, update by update.
/// What they have in common after training is what the law has taught them (Kadkhodaie et al. 2024, section 2).
enum Twins {
  struct Options: OptionGroup {
    var size: Count?
    var train = TrainOptions()

    static let options: [Option<Options>] =
      [
        Option(
          "size", \.size,
          "points of each set: the first and the last of the data; half of them where absent",
          in: .positive)
      ] + Option.group(\.train)
  }

  static let entry = Entry.function(
    "twins", "Two networks trained alike on two sets of points without a point in common.",
    .arg("model", "a network; it is trained on the first set, and a copy of it on the last"),
    .arg("data", "points, shape [n, d] or [n] and the model's shape; or a list of two sets"),
    .group(Options.self),
    returns: "two fits, which advance together",
    details: """
      The networks begin with the same parameters and are shown the same places of their sets, the same times and \
      the same noise in every update. Trained on one set twice they stay equal to the bit. `seed` is one integer.
      """,
    source: "Kadkhodaie et al. 2024, Figure 2",
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      a, b = train.twins(m, random.stream(1):normal{100, 1}, {size = 40, steps = 20, seed = 1})
      return (a.model(tensor{{0}}, 0.5) - b.model(tensor{{0}}, 0.5)):abs()
      """
  ) {
    (model: ScoreModel, data: OneOf<Tensor, [Tensor]>, options: OptionsOf<Options>)
      -> Several<Fit, Fit> in
    let fits = try start(model, data, options.values)
    Fit.last = FitList(fits: fits, isList: true)
    if let group = fits.first?.group, let end = group.steps { try group.advance(to: end) }
    return Several(fits[0], fits[1])
  }

  static func start(_ model: ScoreModel, _ data: OneOf<Tensor, [Tensor]>, _ options: Options) throws
    -> [Fit]
  {
    var train = options.train
    switch train.seed {
    case nil:
      let seed = SessionSeed.next()
      train.seed = .each([seed, seed])
    case .one(let seed)?: train.seed = .each([seed, seed])
    case .each?: throw UserError("seed must be one integer: twins share it")
    }
    _ = try Train.checkedNetwork(model, among: [model])
    let sets = try sets(data, options.size)
    return try Train.start(
      [model, model.copied()], .second(sets.map { .tensor($0) }), train,
      needsEnd: true)
  }

  private static func sets(_ data: OneOf<Tensor, [Tensor]>, _ size: Count?) throws -> [Tensor] {
    switch data {
    case .second(let sets):
      guard sets.count == 2 else {
        throw UserError("data must be one tensor or two, got \(sets.count)")
      }
      guard size == nil else { throw UserError("size must not be given beside two sets") }
      guard sets[0].rank > 0, sets[1].rank > 0, sets[0].shape[0] == sets[1].shape[0] else {
        throw UserError(
          "both sets must have as many points, got shapes \(sets[0].shape) and \(sets[1].shape)")
      }
      return sets
    case .first(let given):
      let all = try given.constant("data")
      guard all.rank > 0 else { throw UserError("data must be points, got a number") }
      let (n, wanted) = (all.shape[0], size?.value ?? all.shape[0] / 2)
      guard wanted > 0, 2 * wanted <= n else {
        throw UserError(
          "size must be at most half of the \(n) points, so that the sets have none in common, got "
            + "\(wanted)")
      }
      return [
        all.slice(axis: 0, 0..<wanted), all.slice(axis: 0, n - wanted..<n),
      ]
    }
  }
}
