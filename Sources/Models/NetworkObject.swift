import Autodiff
import Catalog
import Layers
import Processes
import Tensors

/// A network without a diffusion: the Lua type `network`. `nn.model` makes a model of it, which shares its
/// parameters.
package final class NetworkObject: Callable, FunctionHolder, HoldsOptions {
  package static var typeName: String { "network" }

  package let network: any Network

  package init(_ network: any Network) { self.network = network }

  package var functions: [Callback] { network.functions }

  package var optionFields: [(key: String, value: Value)] {
    network.optionFields(network.usual)
  }

  package var remedy: (wanted: String, text: String)? {
    ("a model", "a network becomes a model with sde = … in its constructor, or by nn.model")
  }

  package func describe() -> String {
    "\(network.name)(\(network.summary), \(network.parameters.trained.count) parameters)"
  }

  private static let example = "f = nn.score_mlp{dimension = 2, seed = 1}  return "

  static let entries: [Entry] = [
    .function(
      "model", "A model of a network: what its output stands for, and a diffusion.",
      .option("network", "a network, or a model, whose network is taken"),
      .option("sde", "the diffusion it belongs to"), .group(PredictionOptions.self),
      returns: "a model, which shares the network's parameters",
      details: """
        The other quantities follow: `m:score`, `m:noise`, `m:denoise`, `m:velocity` take any network. F is \
        what the network computes of points of unit size and a noise level; score is F/σ(t) of x and t \
        themselves, noise, clean, velocity and v are F times the quantity's size, edm and gaussian add F to \
        the best linear denoiser, residual tells F no time and subtracts it. Where the network is a function \
        of nn.define, or random_features, its output is the quantity itself.
        """,
      source: "Ho et al. 2020; Song et al. 2021; Karras et al. 2022; Salimans and Ho 2022",
      example: """
        f = nn.residual_mlp{dimension = 2, width = 32, blocks = 1, seed = 1}
        m = nn.model{network = f, predicts = "noise", sde = sde.vp()}
        return m:denoise(tensor.zeros{5, 2}, 0.5)
        """
    ) {
      (network: OneOf<NetworkObject, ScoreModel>, sde: SDE, options: OptionsOf<PredictionOptions>)
      in
      try taken(network).model(options.values, sde: sde)
    },
    .metamethod(
      NetworkObject.self, "__call", "network(x, level)",
      "What the network computes of points and levels; a parametrisation gives it a meaning.",
      .arg("network"), .arg("x", "points, shape [n, …]"),
      .arg("level", default: nil, "one number, or one for each point; nil for a blind network"),
      example: example + "f(tensor.zeros{5, 2}, 0.5)"
    ) { (object: NetworkObject, x: Tensor, level: OneOf<Double, Tensor>?) in
      try object.output(x, level)
    },
    .method(
      NetworkObject.self, "parameters",
      "The parameters by name: views, so writing to one changes the network.",
      returns: "a table of tensors", example: example + "f:parameters().w1"
    ) { (object: NetworkObject) in object.network.table(of: object.network.parameters.views) },
    .method(
      NetworkObject.self, "copy", "The same network with parameters of its own.",
      example: example + "f:copy()"
    ) { (object: NetworkObject) in NetworkObject(try object.network.copied()) },
    .property(NetworkObject.self, "shape", "Axis lengths of a point.", example: example + "f.shape")
    {
      (object: NetworkObject) in Array(object.network.shape)
    },
    .property(
      NetworkObject.self, "parameter_count", "Numbers that training changes.",
      example: example + "f.parameter_count"
    ) { (object: NetworkObject) in object.network.parameters.trained.count },
  ]

  private static func taken(_ given: OneOf<NetworkObject, ScoreModel>) throws -> any Network {
    switch given {
    case .first(let object): return object.network
    case .second(let model):
      guard let network = model.network else {
        throw UserError("network must be a network, got \(model.describe())")
      }
      return network
    }
  }

  private func output(_ x: Tensor, _ level: OneOf<Double, Tensor>?) throws -> Tensor {
    let shape = network.shape
    guard x.rank == shape.rank + 1, Array(x.shape.dropFirst()) == Array(shape) else {
      throw UserError("x has shape \(x.shape), expected [n] and \(shape)")
    }
    let levels: Tensor? =
      switch level {
      case nil: nil
      case .first(let number): try Tensor.full([x.shape[0]], number)
      case .second(let levels): levels
      }
    if let levels, levels.shape != [x.shape[0]] {
      throw UserError("level has shape \(levels.shape), expected [n] with n = \(x.shape[0])")
    }
    return try network.output(x, levels, NetworkCall(network.parameters))
  }
}
