import Autodiff
import Tensors

/// The largest relative difference between a reverse-mode gradient and central differences of
/// x ↦ ⟨v, f(x)⟩ in float64, over all inputs.
package func gradientError(
  _ inputs: [Tensor], step h: Double = 1e-5, of f: @escaping ([Tensor]) throws -> Tensor
) throws -> Double {
  let stream = RandomStream(seed: 77)
  let v = try stream.normal(f(inputs).shape, .float64)
  let (_, flows) = try vjp(inputs, cotangent: v, of: f)
  var worst = 0.0
  for (position, input) in inputs.enumerated() {
    let gradient = try flows[position].doubles()
    for element in 0..<input.elementCount {
      func value(_ shift: Double) throws -> Double {
        var moved = inputs
        var numbers = try input.doubles()
        numbers[element] += shift
        moved[position] = try Tensor(numbers, shape: input.shape)
        return try sum(v * f(moved)).item()
      }
      let slope = try (value(h) - value(-h)) / (2 * h)
      worst = max(worst, abs(slope - gradient[element]) / max(1, abs(slope)))
    }
  }
  return worst
}
