import Autodiff
import Catalog
import Tensors

/// The Lua module `sde`: forward processes.
package enum SDEModule {
  package static let module = Module(
    "sde", "Forward diffusions dx = f(t) x dt + g(t) dW with marginals N(α(t) x_0, σ(t)² I).",
    types: [TypeDescription(SDE.self, "a forward diffusion process")],
    entries: processes.map { $0.entry } + [
      entry(.alpha, "α(t): x_t has mean α(t) x_0 given x_0."),
      entry(.sigma, "σ(t): the standard deviation of x_t given x_0."),
      entry(.drift, "f(t) of the drift f(t) x."),
      entry(.diffusion, "g(t), the noise per √time."),
      entry(.logSNR, "ln(α²/σ²), the log of the signal-to-noise ratio, which falls with t."),
      inverse,
      .property(SDE.self, "time_min", "Where samplers stop.", example: "return sde.vp().time_min") {
        (sde: SDE) in sde.process.times.lowerBound
      },
      .property(
        SDE.self, "time_max", "Where the process ends.", example: "return sde.vp().time_max"
      ) { (sde: SDE) in sde.process.domain.upperBound },
      .method(
        SDE.self, "grid",
        "The decreasing times a sampler visits in so many steps of its own choice.",
        .arg("steps", in: .within(1...(1 << 27))), returns: "float64 tensor of shape [steps + 1]",
        details: "The module schedule has others.", example: "return sde.vp():grid(10)"
      ) { (sde: SDE, steps: Int) in try Tensor(sde.process.grid(steps: steps)) },
    ])

  static let processes: [any StoredProcess.Type] = [
    VP.self,
    VPCosine.self,
    SubVP.self,
    VE.self,
    VEPower.self,
    EDM.self,
    OrnsteinUhlenbeck.self,
    LinearFlow.self,
    TabulatedProcess.self,
  ]

  /// A function of time, on a number or on each element of a tensor.
  private static func entry(_ quantity: TimeQuantity, _ summary: String) -> Entry {
    .method(
      SDE.self, quantity.rawValue, summary, .arg("t", "time, a number or a tensor"),
      returns: "a number, or a tensor shaped like t: float32 where t is, else float64",
      example: "return sde.vp():\(quantity.rawValue)(0.5)"
    ) { (sde: SDE, t: OneOf<Double, Tensor>) -> Value in
      let process = sde.process
      switch t {
      case .first(let time):
        try process.check(time: time)
        return .number(process.value(quantity, at: time))
      case .second(let times):
        return .object(try process.values(quantity, of: process.checked(times: times)))
      }
    }
  }

  private static let inverse = Entry.method(
    SDE.self, "time_of_log_snr", "The time at which ln(α²/σ²) has a value.",
    .arg("log_snr", "a number or a tensor"), returns: "a number, or a float64 tensor of its shape",
    example: "return sde.vp():time_of_log_snr(0)"
  ) { (sde: SDE, levels: OneOf<Double, Tensor>) -> Value in
    switch levels {
    case .first(let level): .number(try sde.process.time(ofLogSNR: level))
    case .second(let levels): .object(try sde.process.times(ofLogSNR: levels))
    }
  }
}
