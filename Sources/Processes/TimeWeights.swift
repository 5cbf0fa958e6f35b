// Weights λ of times, or of noise levels, that a function in Lua gives.

import Autodiff
import Catalog
import Tensors

/// The weights for a tensor [n], float32.
///
/// - Parameter t: the times they are for, for errors.
package func checkedWeights(_ weight: Callback, of argument: Tensor, _ t: Tensor) throws -> Tensor {
  try weights(weight, of: argument, t).converted(to: .float32).densified()
}

/// The weights at times.
package func checkedWeights(_ weight: Callback, at times: [Double]) throws -> [Double] {
  let t = try Tensor(times)
  return try weights(weight, of: t, t).doubles()
}

private func weights(_ weight: Callback, of argument: Tensor, _ t: Tensor) throws -> Tensor {
  let result = try weight.call(argument, returning: Tensor.self, name: "weight")
  guard result.shape == t.shape else {
    throw UserError("weight must return a tensor of shape \(t.shape), got \(result.describe())")
  }
  let values = try result.constant("the result of weight").doubles()
  if let place = values.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
    throw UserError(
      "weight must return numbers of 0 or more, got \(formatNumber(values[place])) at position "
        + "\(place + 1), where t = \(formatNumber(try t.doubles()[place]))")
  }
  return result.value
}
