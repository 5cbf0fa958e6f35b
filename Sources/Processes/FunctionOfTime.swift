import Autodiff
import Catalog
import Tensors

/// A function of times: its values come from `value`, its slopes of any order from `formula`, the same
/// function in traced operations, which gets the times as float64.
package func functionOfTime(
  _ name: StaticString, _ t: Tensor, value: @escaping (Tensor) throws -> Tensor,
  formula: @escaping (Tensor) throws -> Tensor
) throws -> Tensor {
  func values(_ t: Tensor) throws -> Tensor {
    try repeating("\(name)", [t]) { try value($0[0]) }
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
