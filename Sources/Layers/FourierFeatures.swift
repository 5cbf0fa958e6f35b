import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// γ(t) = [sin 2πω₁t, …, cos 2πω₁t, …], shape [n, 2 · frequencies].
package func fourierFeatures(_ t: Tensor, _ frequencies: Tensor) throws -> Tensor {
  if t.trace == nil, frequencies.trace == nil { return try featureValues(t, frequencies) }
  /// ∂⟨ḡ, γ⟩ / ∂(ω_j t_i), shape [n, frequencies].
  func flow(_ gamma: Tensor, _ g: Tensor) throws -> Tensor {
    let k = gamma.shape[1] / 2
    func half(_ x: Tensor, _ place: Int) throws -> Tensor {
      try slice(x, axis: 1, place * k..<(place + 1) * k)
    }
    return try (half(g, 0) * half(gamma, 1) - half(g, 1) * half(gamma, 0)) * (2 * Double.pi)
  }
  return try record(
    "fourier_features", [t, frequencies], forward: { try featureValues($0[0], $0[1]) },
    pullbacks: [
      { inputs, gamma, g in
        try convert(sum(flow(gamma, g) * inputs[1], axis: 1), to: inputs[0].dtype)
      },
      { inputs, gamma, g in
        let all = try flow(gamma, g) * expandedAxis(inputs[0], at: 1)
        return try convert(sum(all, axis: 0), to: inputs[1].dtype)
      },
    ])
}

private func featureValues(_ t: Tensor, _ frequencies: Tensor) throws -> Tensor {
  let (n, k) = (t.elementCount, frequencies.elementCount)
  guard t.dtype == .float32, frequencies.dtype == .float32 else {
    return try repeating("fourier_features", [t, frequencies]) {
      try preciseFeatures($0[0].doubles(), $0[1].doubles())
        .converted(to: $0[0].dtype == .float64 ? .float64 : .float32)
    }
  }
  let features = Written("fourier_features", try Shape(checking: [n, 2 * k]), .float32) {
    let (times, rates) = ($0[0].pointer(Float.self), $0[1].pointer(Float.self))
    let out = $1.pointer(Float.self)
    try Cancellation.inBlocks(n, of: max(1, (1 << 18) / max(k, 1))) {
      kernels.fourierFeatures(
        times + $0.lowerBound, rates, out + 2 * k * $0.lowerBound, count: $0.count, frequencies: k)
    }
  }
  return try evaluate(features, [t, frequencies])[0]
}

private func preciseFeatures(_ times: [Double], _ omega: [Double]) throws -> Tensor {
  let k = omega.count
  let result = try Tensor(uninitialized: [times.count, 2 * k], .float64)
  let out = result.pointer(Double.self)
  for (i, t) in times.enumerated() {
    if i & 0xFF == 0 { try Cancellation.check() }
    for (j, rate) in omega.enumerated() {
      let turns = t * rate
      let angle = 2 * Double.pi * (turns - turns.rounded())
      out[i * 2 * k + j] = Glibc.sin(angle)
      out[i * 2 * k + k + j] = Glibc.cos(angle)
    }
  }
  return result
}

extension Domain where Value == Count {
  package static var even: Domain {
    Domain("a positive even integer") { $0 > 0 && $0.value % 2 == 0 }
  }
}
