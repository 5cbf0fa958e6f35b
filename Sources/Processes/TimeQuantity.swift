import Autodiff
import Catalog
import Tensors

/// What a diffusion has at each time: f(t), g(t), r(t) and std(t).
public enum TimeQuantity: String { case drift, diffusion, mean, std }

extension DiffusionProcess {
  /// One quantity at one time.
  public func value(_ quantity: TimeQuantity, at t: Double) -> Double {
    switch quantity {
    case .drift: drift(t)
    case .diffusion: diffusion(t)
    case .mean: mean(t)
    case .std: std(t)
    }
  }

  public func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor {
    throw UserError(
      "\(quantity.rawValue) of the diffusion '\(Self.constructor)' has no gradient in t; use t:detach()"
    )
  }
}

/// A function of times: its values come from `value`, its slopes of any order from `formula`, the same
/// function in traced operations, which gets the times as float64.
public func functionOfTime(
  _ name: StaticString, _ t: Tensor, value: @escaping (Tensor) throws -> Tensor,
  formula: @escaping (Tensor) throws -> Tensor
) throws -> Tensor {
  func values(_ t: Tensor) throws -> Tensor {
    try Recording.repeating("\(name)", [t]) { try value($0[0]) }
  }
  if t.trace == nil { return try values(t) }
  return try record(
    name, [t], forward: { try values($0[0]) },
    pullbacks: [
      { inputs, _, g in
        try vjp(inputs, cotangent: g) { times in
          let y = try convert(formula(convert(times[0], to: .float64)), to: g.dtype)
          return try reshape(y, to: Array(g.shape))
        }.cotangents[0]
      }
    ])
}
