import Autodiff
import Catalog
import Glibc
import Layers
import Processes
import Tensors

/// A model as a denoiser of noisy pictures: y ↦ E[x_0 | y].
///
/// A noise level says that y = x_0 + σ z. A blind model takes such y as it is; one with a time is asked at the time
/// whose σ(t)/α(t) is that level, for x_t = α y. A time says that y is x_t itself, as in `model:denoise(x, t)`.
package struct Denoiser {
  package struct Level: OptionGroup {
    package var sigma: Double?
    package var t: Double?

    package init() {}

    package static let options: [Option<Level>] = [
      Option(
        "sigma", \.sigma, "the noise level of y = x_0 + σ z; a blind model is told none",
        in: .positive),
      Option("t", \.t, "a time in place of sigma: y is x_t", in: .nonNegative),
    ]
  }

  package let model: ScoreModel
  /// nil for a blind model that is told none.
  private let time: Double?
  /// α of y in x_t = α y.
  private let scale: Double

  package init(_ model: ScoreModel, _ level: Level) throws {
    self.model = model
    switch (level.sigma, level.t) {
    case (.some, .some): throw UserError("sigma and t must not both be given")
    case (nil, let t?):
      try model.process.check(time: t)
      (time, scale) = (t, 1)
    case (nil, nil):
      guard model.isBlind else {
        throw UserError(
          "sigma or t is required: only a blind model, predicts = 'residual', is told no noise level"
        )
      }
      (time, scale) = (nil, 1)
    case (let sigma?, nil):
      if model.isBlind {
        (time, scale) = (nil, 1)
        return
      }
      let t = try model.process.time(ofNoiseLevel: sigma)
      (time, scale) = (t, model.process.alpha(at: t))
    }
  }

  private init(_ model: ScoreModel, time: Double?, scale: Double) {
    (self.model, self.time, self.scale) = (model, time, scale)
  }

  /// At a noise level.
  package init(_ model: ScoreModel, sigma: Double) throws {
    var level = Level()
    level.sigma = sigma
    try self.init(model, level)
  }

  /// The same for Jacobians at points like y: what is shut in a network there is left out.
  ///
  /// - Parameter y: shape [n] and the model's shape.
  package func atPoint(_ y: Tensor) throws -> Denoiser {
    let open = OpenChannels()
    guard y.dtype == .float32, let score = model.networkScore?.leavingOut(open) else {
      return self
    }
    let result = Denoiser(ScoreModel(score, model.sde), time: time, scale: scale)
    _ = try result(y.value)
    open.finish()
    return result
  }

  /// - Parameter y: shape [n] and the model's shape.
  package func callAsFunction(_ y: Tensor) throws -> Tensor {
    guard let time else { return try model.denoised(y) }
    return try model.denoised(scale == 1 ? y : y * scale, at: time)
  }
}

extension DiffusionProcess {
  /// The time at which σ/α is a noise level.
  package func time(ofNoiseLevel sigma: Double) throws -> Double {
    let (most, least) = (logSNR(at: domain.lowerBound), logSNR(at: domain.upperBound))
    let level = -2 * log(sigma)
    // The ends may be met but for rounding.
    let slack = 1e-9 * max(1, abs(level))
    guard level <= most + slack, level >= least - slack else {
      throw UserError(
        "sigma must be a noise level of the diffusion, from \(shortNumber(exp(-most / 2))) to "
          + "\(shortNumber(exp(-least / 2))), got \(formatNumber(sigma))")
    }
    return try time(ofLogSNR: min(max(level, least), most))
  }
}
