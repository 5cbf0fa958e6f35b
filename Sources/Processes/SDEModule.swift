import Autodiff
import Catalog
import Tensors

/// The Lua module `sde`: forward processes.
public enum SDEModule {
  public static let module = Module(
    "sde", "Forward diffusions dx = f(t) x dt + g(t) dW and their marginals.",
    types: [TypeDescription(SDE.self, "a forward diffusion process")],
    entries: processes.map { $0.entry } + [
      entry(.drift, "f(t) of the drift f(t) x."),
      entry(.diffusion, "g(t), the noise per √time."),
      entry(.mean, "r(t): x_t has mean r(t) x_0 given x_0."),
      entry(.std, "The standard deviation of x_t given x_0."),
      .property(SDE.self, "time_min", "Where samplers stop.", example: "return sde.vp().time_min") {
        (sde: SDE) in sde.process.times.lowerBound
      },
      .property(SDE.self, "time_max", "Where samplers start.", example: "return sde.vp().time_max")
      { (sde: SDE) in sde.process.times.upperBound },
      .method(
        SDE.self, "grid", "The decreasing times a sampler visits in so many steps.",
        .arg("steps", in: .within(1...(1 << 27))), returns: "float64 tensor of shape [steps + 1]",
        example: "return sde.vp():grid(10)"
      ) { (sde: SDE, steps: Int) in try Tensor(sde.process.grid(steps: steps)) },
    ])

  static let processes: [any StoredProcess.Type] = [
    VEPower.self,
    VP.self,
    EDM.self,
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
        try checkTime(time, sde)
        return .number(process.value(quantity, at: time))
      case .second(let times):
        let result = try functionOfTime("quantity of time", times) { times in
          let values = try times.doubles()
          for time in values { try checkTime(time, sde) }
          return try Tensor(values.map { process.value(quantity, at: $0) }, shape: times.shape)
            .converted(to: times.dtype == .float32 ? .float32 : .float64)
        } formula: {
          try process.formula(quantity, $0)
        }
        return .object(result)
      }
    }
  }

  private static func checkTime(_ t: Double, _ sde: SDE) throws {
    guard t >= 0, t.isFinite else {
      throw UserError("t must be a finite number of 0 or more, got \(formatNumber(t))")
    }
  }
}
