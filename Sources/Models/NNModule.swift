import Autodiff
import Catalog
import Processes
import Tensors

/// The Lua module `nn`: score models.
package enum NNModule {
  package static let module = Module(
    "nn", "Score models: networks, and exact scores in the same form.",
    types: [TypeDescription(ScoreModel.self, "a score s(x, t) with the diffusion it belongs to")],
    entries: networks.map { $0.entry } + [TargetScore.entry, TargetScore.noised]
      + ModelFile.entries + methods)

  /// The networks that Lua makes by name, and that files hold.
  static let networks: [any Network.Type] = [
    ScoreMLP.self,
    ResidualMLP.self,
    RandomFeatures.self,
    DefinedNetwork.self,
  ]

  static let example = "m = nn.score_mlp{sde = sde.vp(), seed = 1}  return "

  static let methods: [Entry] = [
    .metamethod(
      ScoreModel.self, "__call", "model(x, t)", "The score ∇ log p_t(x).", .arg("model"),
      .arg("x", "points, shape [n, d]"), .arg("t", "one time, or one for each point"),
      example: example + "m(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>) in try score(model, x, t) },
    .method(
      ScoreModel.self, "score", "The score ∇ log p_t(x).", .arg("x", "points, shape [n, d]"),
      .arg("t", "one time, or one for each point"), returns: "tensor of shape [n, d]",
      example: example + "m:score(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>) in try score(model, x, t) },
    .method(
      ScoreModel.self, "denoise", "The posterior mean E[x_0 | x_t = x], by Tweedie's formula.",
      .arg("x", "points, shape [n, d]"), .arg("t", "one time, or one for each point"),
      returns: "tensor of shape [n, d]", source: "Miyasawa 1961; Efron 2011",
      example: example + "m:denoise(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>) in
      try checkPoints(x, model)
      return try model.denoised(x, batchTimes(t, for: x, model.process))
    },
    estimate(.noise, "The posterior mean E[z | x_t = x] of the noise.", source: "Ho et al. 2020"),
    estimate(
      .velocity,
      "The flow field α′ E[x_0] + σ′ E[z] = f x − ½ g² s, whose paths have the marginals.",
      source: "Song et al. 2021, Eq. 13; Lipman et al. 2023"),
    .property(
      ScoreModel.self, "predicts", "What it gives directly; the other quantities follow from that.",
      example: example + "m.predicts"
    ) { (model: ScoreModel) in model.function.predicts.rawValue },
    .method(
      ScoreModel.self, "parameters",
      "The parameters by name: views, so writing to one changes the model.",
      returns: "a table of tensors", example: example + "m:parameters().w1"
    ) { (model: ScoreModel) -> Value in
      if let bound = model.function as? BoundNetwork {
        return bound.network.table(of: bound.values)
      }
      return model.network.map { $0.table(of: $0.parameters.views) } ?? .map([])
    },
    .method(
      ScoreModel.self, "copy", "The same model with parameters of its own.",
      example: example + "m:copy()"
    ) { (model: ScoreModel) in try model.copied() },
    .property(ScoreModel.self, "dimension", "d, the length of a data point.") {
      (model: ScoreModel) in model.dimension
    },
    .property(ScoreModel.self, "sde", "The diffusion it belongs to.") { (model: ScoreModel) in
      model.sde
    },
    .property(ScoreModel.self, "parameter_count", "Numbers that training changes.") {
      (model: ScoreModel) in model.network?.parameters.trained.count ?? 0
    },
  ]

  private static func estimate(_ quantity: Parametrization, _ summary: String, source: String)
    -> Entry
  {
    .method(
      ScoreModel.self, quantity.rawValue, summary, .arg("x", "points, shape [n, d]"),
      .arg("t", "one time, or one for each point"), returns: "tensor of shape [n, d]",
      source: source, example: example + "m:\(quantity.rawValue)(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>) in
      try checkPoints(x, model)
      return try model.estimate(quantity, x, batchTimes(t, for: x, model.process))
    }
  }

  private static func score(_ model: ScoreModel, _ x: Tensor, _ t: OneOf<Double, Tensor>) throws
    -> Tensor
  {
    try checkPoints(x, model)
    return try model.score(x, batchTimes(t, for: x, model.process))
  }
}

/// Throws where `x` is not a batch of points of the model's dimension.
package func checkPoints(_ x: Tensor, _ model: ScoreModel, name: String = "x") throws {
  guard x.rank == 2, x.shape[1] == model.dimension else {
    throw UserError("\(name) has shape \(x.shape), expected [n d] with d = \(model.dimension)")
  }
}
