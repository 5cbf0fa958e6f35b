// Forward and reverse sweeps over one tape: against the explicit Jacobian and against each other.
import Autodiff
import Tensors
import Testing

@Suite("Linearization") struct LinearizationTests {
  typealias Function = (Tensor) throws -> Tensor

  private static let weight = try? RandomStream(seed: 7).normal([4, 5], .float64)

  /// Functions of a tensor [3, 4], each with another kind of operation.
  static let functions: [(String, Function)] = [
    ("elementwise", { try exp(sin($0)) * sqrt(square($0) + 1) / ($0 * 0.1 + 3) }),
    ("relu", { try relu($0) * $0 }),
    (
      "broadcast",
      { try $0 * sum($0, axis: 0, keepingAxis: true) + mean($0, axis: 1, keepingAxis: true) }
    ),
    ("views", { try concatenate([transpose($0), reshape($0 * $0, to: [4, 3])], axis: 1) }),
    ("slices", { try slice($0, axis: 1, 1..<3) * expandedAxis(select($0, axis: 1, 0), at: 1) }),
    ("product", { try matmul($0, weight ?? $0) }),
    ("two products", { try matmul($0, matmul(transpose($0), $0)) }),
    ("softmax", { try exp(logSoftmax($0, axis: 1)) }),
    ("singular values", { try Linalg.svdvals($0) }),
    ("joint", { try Linalg.eigh(matmul($0, transpose($0))).values }),
    (
      "several results",
      {
        let parts = try Linalg.eigh(matmul($0, transpose($0)))
        return try square(parts.vectors) * parts.values
      }
    ),
    ("checkpoint", { x in try checkpoint([x]) { try sin($0[0]) * $0[0] } }),
    ("constant", { x in try Tensor.full([2], 1, .float64) }),
    ("itself", { $0 }),
    ("gradient inside", { x in try vjp([x]) { try sum(exp($0[0]) * $0[0]) }.cotangents[0] }),
  ]

  @Test("J v and Jᵀu are those of the explicit Jacobian", arguments: functions.indices)
  func explicit(_ place: Int) throws {
    let (name, function) = Self.functions[place]
    let x = try RandomStream(seed: 1).normal([3, 4], .float64)
    let linear = try Linearization(at: x, of: function)
    let count = linear.value.elementCount
    let matrix = try jacobian(x, of: function).reshaped(to: [count, 12])
    for seed in 2...4 {
      let v = try RandomStream(seed: seed).normal([3, 4], .float64)
      let pushed = try linear.push(v).reshaped(to: [count])
      let expected = try matmul(matrix, v.reshaped(to: [12, 1])).reshaped(to: [count])
      let off = try (pushed - expected).doubles().map { abs($0) }.max() ?? 0
      #expect(off < 1e-9, "\(name): \(off)")
      let u = try RandomStream(seed: seed + 10).normal(linear.value.shape, .float64)
      let pulled = try linear.pull(u).reshaped(to: [12])
      let back = try matmul(u.reshaped(to: [1, count]), matrix).reshaped(to: [12])
      #expect(try (pulled - back).doubles().allSatisfy { abs($0) < 1e-9 }, "\(name)")
      // A tangent of another place must not pass.
      if name == "product" {
        let wrong = try linear.push(v * 1.001).reshaped(to: [count])
        #expect(try (wrong - expected).doubles().contains { abs($0) > 1e-6 })
      }
    }
  }

  @Test("shapes that do not fit are refused")
  func shapes() throws {
    let linear = try Linearization(at: Tensor.zeros([2, 3])) { try sum($0, axis: 1) }
    #expect { try linear.push(.zeros([2])) } throws: {
      "\($0)" == "v has shape [2], x has [2, 3]"
    }
    #expect { try linear.pull(.zeros([2, 3])) } throws: {
      "\($0)" == "u has shape [2, 3], the function's value [2]"
    }
  }

  @Test("what was written to after it was read is refused")
  func writes() throws {
    let x = try Tensor.full([3], 2)
    let factor = try Tensor.full([3], 2)
    let linear = try Linearization(at: x) { try $0 * factor }
    try factor.assign(Tensor.scalar(5))
    #expect(throws: (any Error).self) { try linear.push(x) }
  }
}
