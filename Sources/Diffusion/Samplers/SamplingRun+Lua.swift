import Catalog
import Models
import Processes
import Tensors

// What a sampler in Lua sees of its run.
extension SamplingRun {
  static let entries: [Entry] = [
    estimate("score", "∇ log p_t(x).", .score) { try $0.score($1, at: $2) },
    estimate("denoise", "E[x_0 | x_t = x].", .clean) { try $0.denoise($1, at: $2) },
    estimate("noise", "E[z | x_t = x].", .noise) { try $0.noise($1, at: $2) },
    estimate("velocity", "dx/dt of the probability flow.", .velocity) {
      try $0.velocity($1, at: $2)
    },
    .method(
      SamplingRun.self, "normal",
      "N(0, 1) numbers shaped like x, others at each call; zeros in a last step without noise.",
      .arg("x"), returns: "a tensor"
    ) { (run: SamplingRun, x: Tensor) in
      run.omitsNoise ? try Tensor.zeros(x.shape, x.dtype) : try run.normal(like: x)
    },
    .property(SamplingRun.self, "sde", "The diffusion.") { (run: SamplingRun) in run.model.sde },
    .property(SamplingRun.self, "times", "The decreasing times of the grid.") {
      (run: SamplingRun) in try Tensor(run.times)
    },
    .property(SamplingRun.self, "evaluations", "Calls of the model so far.") {
      (run: SamplingRun) in run.evaluations
    },
  ]

  private static func estimate(
    _ name: String, _ summary: String, _ quantity: Quantity,
    _ body: @escaping (SamplingRun, Tensor, Double) throws -> Tensor
  ) -> Entry {
    .method(
      SamplingRun.self, name, summary, .arg("x", "points, as the model takes them"),
      .arg("t", "one time, or one for each point [n]"), returns: "a tensor like x"
    ) { (run: SamplingRun, x: Tensor, t: OneOf<Double, Tensor>) in
      try checkPoints(x, run.model, name: "x")
      switch t {
      case .first(let time): return try body(run, x, time)
      case .second(let times):
        guard times.shape == [x.shape[0]] else {
          throw UserError("t has shape \(times.shape), expected [n] with n = \(x.shape[0])")
        }
        return try run.value(quantity, x, at: times)
      }
    }
  }
}
