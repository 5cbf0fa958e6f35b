import Autodiff
import Catalog
import Layers
import Processes
import Tensors

/// The Lua module `nn`: score models.
package enum NNModule {
  package static let module = Module(
    "nn", "Score models: networks, and exact scores in the same form.",
    types: [
      TypeDescription(ScoreModel.self, "a score s(x, t) with the diffusion it belongs to"),
      TypeDescription(NetworkObject.self, "what a network computes, without a diffusion"),
      TypeDescription(NetworkSummary.self, "the layers of a network as a table"),
      TypeDescription(JacobianEigenpairs.self, "leading eigenpairs of a denoiser's Jacobian"),
    ] + LayerModule.types,
    entries: networks.map { $0.entry } + LayerModule.entries + NetworkObject.entries
      + [ScoreMachine.entry, TargetScore.entry, TargetScore.noised] + ModelFile.entries
      + [PretrainedDenoiser.entry] + StateFile.entries + NetworkSummary.entries
      + JacobianEigenpairs.entries + methods)

  /// The networks that Lua makes by name, and that files hold.
  static let networks: [any Network.Type] = [
    ScoreMLP.self,
    ResidualMLP.self,
    BFCNN.self,
    UNet.self,
    ScoreNet.self,
    DDPMPP.self,
    LocalCNN.self,
    RandomFeatures.self,
    DefinedNetwork.self,
  ]

  /// Those that files hold: one of layers is made by `nn.define`.
  static let stored: [any Network.Type] = networks + [LayeredNetwork.self]

  static let example = "m = nn.score_mlp{sde = sde.vp(), seed = 1}  return "

  private static let exactExample =
    "m = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())  return "

  static let methods: [Entry] = [
    .metamethod(
      ScoreModel.self, "__call", "model(x, t)", "The score ∇ log p_t(x).", .arg("model"),
      .arg("x", "points, shape [n, d] or [n] and the model's shape"),
      .arg("t", "one time, or one for each point"),
      example: example + "m(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>) in
      try estimate(.score, model, x, t, labels: nil)
    },
    method(.score, "score", "The score ∇ log p_t(x)."),
    .method(
      ScoreModel.self, "denoise",
      "The posterior mean E[x_0 | x_t = x], for a score by Tweedie's formula.",
      .arg("x", "points, shape [n, d] or [n] and the model's shape"),
      .arg(
        "t", default: nil,
        "one time, or one for each point; a blind model needs none, and takes x = x_0 + noise"),
      labels, returns: "tensor shaped like x", source: "Miyasawa 1961; Efron 2011",
      example: example + "m:denoise(tensor.zeros{5, 1}, 0.5)"
    ) {
      (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>?, classes: Tensor?) in
      if let t { return try estimate(.clean, model, x, t, labels: classes) }
      try checkPoints(x, model)
      return try (classes.map { try model.labelled($0) } ?? model).denoised(x)
    },
    method(.noise, "noise", "The posterior mean E[z | x_t = x] of the noise.", "Ho et al. 2020"),
    method(
      .velocity, "velocity",
      "The flow field α′ E[x_0] + σ′ E[z] = f x − ½ g² s, whose paths have the marginals.",
      "Song et al. 2021, Eq. 13; Lipman et al. 2023"),
    .method(
      ScoreModel.self, "log_density",
      "ln p_t(x), natural logarithm, normalised: of exact models of targets.",
      .arg("x", "points, shape [n, d] or [n] and the model's shape"),
      .arg("t", "one time, or one for each point"), returns: "tensor of shape [n]",
      details: "Its gradient in x is the score. Of a network it is an error.",
      example: exactExample + "m:log_density(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>) in
      try checkPoints(x, model)
      return try model.logDensity(x, batchTimes(t, for: x, model.process))
    },
    .property(
      ScoreModel.self, "has_log_density", "Whether ln p_t is known.",
      example: exactExample + "m.has_log_density"
    ) { (model: ScoreModel) in model.hasLogDensity },
    .property(
      ScoreModel.self, "predicts", "What it gives directly; the other quantities follow from that.",
      example: example + "m.predicts"
    ) { (model: ScoreModel) in model.function.predicts },
    .method(
      ScoreModel.self, "parameters",
      "The parameters by name: views, so writing to one changes the model.",
      returns: "a table of tensors", example: example + "m:parameters().w1"
    ) { (model: ScoreModel) -> Value in
      model.networkScore.map { $0.network.table(of: $0.call.values) } ?? .map([])
    },
    .method(
      ScoreModel.self, "copy", "The same model with parameters of its own.",
      example: example + "m:copy()"
    ) { (model: ScoreModel) in try model.copied() },
    .property(ScoreModel.self, "dimension", "d, the count of numbers of a data point.") {
      (model: ScoreModel) in model.dimension
    },
    .property(
      ScoreModel.self, "shape", "Axis lengths of a data point.", example: example + "m.shape"
    ) { (model: ScoreModel) in Array(model.shape) },
    .property(ScoreModel.self, "sde", "The diffusion it belongs to.") { (model: ScoreModel) in
      model.sde
    },
    .property(ScoreModel.self, "parameter_count", "Numbers that training changes.") {
      (model: ScoreModel) in model.network?.parameters.trained.count ?? 0
    },
  ]

  private static let labels = Parameter<Tensor?>.option(
    "labels", default: nil,
    "[n], the classes of the points from 0 up, for a network that has classes")

  private static func method(
    _ quantity: Quantity, _ name: String, _ summary: String, _ source: String = ""
  ) -> Entry {
    .method(
      ScoreModel.self, name, summary,
      .arg("x", "points, shape [n, d] or [n] and the model's shape"),
      .arg("t", "one time, or one for each point"), labels, returns: "tensor shaped like x",
      source: source, example: example + "m:\(name)(tensor.zeros{5, 1}, 0.5)"
    ) { (model: ScoreModel, x: Tensor, t: OneOf<Double, Tensor>, classes: Tensor?) in
      try estimate(quantity, model, x, t, labels: classes)
    }
  }

  private static func estimate(
    _ quantity: Quantity, _ model: ScoreModel, _ x: Tensor, _ t: OneOf<Double, Tensor>,
    labels: Tensor?
  ) throws -> Tensor {
    try checkPoints(x, model)
    let model = try labels.map { try model.labelled($0) } ?? model
    return try model.estimate(quantity, x, batchTimes(t, for: x, model.process))
  }
}
