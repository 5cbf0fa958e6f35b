import Autodiff
import Catalog
import Tensors
import TestSupport
import Testing

@Suite("Gradients") struct GradientTests {
  /// Positive numbers away from kinks, so that every rule is smooth there.
  func points(_ shape: Shape, seed: Int = 1) throws -> Tensor {
    try RandomStream(seed: seed).uniform(shape, .float64) * 1.5 + 0.3
  }

  @Test("every elementwise rule of one tensor agrees with finite differences")
  func unaryRules() throws {
    for rule in UnaryRule.all {
      for shape in [[], [5], [2, 3], [0]] as [Shape] {
        let error = try gradientError([points(shape)]) { try rule($0[0]) }
        #expect(error < 1e-8, "\(rule.kernel.name) at \(shape)")
        let negative =
          try ["abs", "sin", "cos", "tanh", "sigmoid", "silu", "relu", "square", "exp"]
          .contains(rule.kernel.name) ? gradientError([-points(shape)]) { try rule($0[0]) } : 0
        #expect(negative < 1e-8, "\(rule.kernel.name) at \(shape), negative")
      }
    }
  }

  @Test("every elementwise rule of two tensors agrees, broadcasting included")
  func binaryRules() throws {
    let shapes: [(Shape, Shape)] = [
      ([4], [4]), ([3, 4], [4]), ([3, 1], [1, 4]), ([], [2, 2]), ([2, 1, 2], [3, 1]),
      ([0, 2], [2]),
    ]
    for rule in BinaryRule.all {
      for (a, b) in shapes {
        let error = try gradientError([points(a), points(b, seed: 2)]) { try rule($0[0], $0[1]) }
        #expect(error < 1e-8, "\(rule.kernel.name) at \(a), \(b)")
      }
    }
  }

  @Test("the check rejects a planted wrong rule")
  func planted() throws {
    let wrong = try gradientError([points([3])]) { inputs in
      try record(
        "wrong sine", inputs, forward: { try $0[0].applying(.sin) },
        pullbacks: [{ inputs, _, g in try -(g * cos(inputs[0])) }])
    }
    #expect(wrong > 0.1)
  }

  @Test("reductions, views, joins and products agree with finite differences")
  func otherRules() throws {
    let x = try points([3, 4])
    let cases: [(String, ([Tensor]) throws -> Tensor)] = [
      ("sum", { try sum($0[0]) }), ("sum axis", { try sum($0[0], axis: 0) }),
      ("mean kept", { try mean($0[0], axis: 1, keepingAxis: true) }),
      ("variance", { try variance($0[0], axis: 1) }),
      ("max", { try extreme($0[0], .maximum, axis: 1) }), ("min", { try extreme($0[0], .minimum) }),
      ("logsumexp", { try logSumExp($0[0], axis: 1) }),
      ("reshape", { try reshape($0[0], to: [2, 6]) }), ("transpose", { try transpose($0[0]) }),
      ("permute", { try permute(reshape($0[0], to: [3, 2, 2]), [2, 0, 1]) }),
      ("slice", { try slice($0[0], axis: 1, 1..<3) }),
      ("select", { try select($0[0], axis: 0, 2) }),
      ("gather", { try gather($0[0], rows: [2, 0, 2]) }),
      ("broadcast", { try broadcast(expandedAxis($0[0], at: 0), to: [5, 3, 4]) }),
      ("join", { try concatenate([$0[0], square($0[0])], axis: 1) }),
      ("convert", { try convert($0[0], to: .float64) }),
    ]
    for (name, f) in cases {
      #expect(try gradientError([x], of: f) < 1e-8, "\(name)")
    }
    let products: [(Shape, Shape)] = [
      ([3, 4], [4, 2]), ([4], [4, 2]), ([3, 4], [4]), ([2, 3, 4], [4, 2]), ([2, 3, 4], [2, 4, 2]),
      ([4], [4]),
    ]
    for (a, b) in products {
      let error = try gradientError([points(a), points(b, seed: 2)]) { try matmul($0[0], $0[1]) }
      #expect(error < 1e-8, "matmul \(a) \(b)")
    }
  }

  @Test("a gradient can be differentiated again, to third order")
  func higherOrder() throws {
    func derivative(_ f: @escaping (Tensor) throws -> Tensor) -> (Tensor) throws -> Tensor {
      { x in try vjp([x]) { try sum(f($0[0])) }.cotangents[0] }
    }
    let x = try Tensor([0.3, 1.1])
    let third = try derivative(derivative(derivative { try sin($0) }))(x).doubles()
    let expected = try (-cos(x)).doubles()
    for (a, b) in zip(third, expected) { #expect(abs(a - b) < 1e-12) }
    let mixed = try derivative(derivative { try $0 * exp(square($0)) })(x).doubles()
    let truth = try (exp(square(x)) * (6 * x + 4 * x * square(x))).doubles()
    for (a, b) in zip(mixed, truth) { #expect(abs(a - b) < 1e-10 * abs(b)) }
  }

  @Test("an inner gradient does not mistake an outer variable for its own")
  func nesting() throws {
    // d/dx [x · d/dy (x + y)] = 1 (perturbation confusion would give 2).
    let x = try Tensor([3.0])
    let slope = try vjp([x]) { outer in
      let inner = try vjp([Tensor([5.0])]) { try sum(outer[0] + $0[0]) }.cotangents[0]
      return try sum(outer[0] * inner)
    }.cotangents[0]
    #expect(try slope.doubles() == [1])
  }

  @Test("a value that does not depend on an input has gradient zero, and integers stay whole")
  func independentInput() throws {
    let flows = try vjp([Tensor([1.0, 2]), Tensor([3.0])]) { try sum($0[1]) }.cotangents
    #expect(try flows[0].doubles() == [0, 0] && flows[1].doubles() == [1])
  }

  @Test("writing to a value that a gradient still needs is an error naming the operation")
  func versions() throws {
    let x = try Tensor([1.0, 2])
    var caught = ""
    do {
      _ = try vjp([x]) { inputs in
        let y = try square(inputs[0])
        try x.assign(Tensor([9.0, 9]))
        return try sum(y)
      }
    } catch { caught = "\(error)" }
    #expect(
      caught
        == "a tensor used by 'square' was written to before its gradient was taken; use a copy")
  }

  @Test("a chain of 100,000 operations is recorded, swept and freed")
  func longChain() throws {
    let slope = try vjp([Tensor([1.0])]) { inputs in
      var y = inputs[0]
      for _ in 0..<100_000 { y = try y + 1e-6 }
      return try sum(y)
    }.cotangents[0]
    #expect(try slope.doubles() == [1])
  }

  @Test("shapes that do not fit are told")
  func errors() throws {
    let vector = try Tensor([1.0, 2])
    func text(_ body: () throws -> Any) -> String {
      do {
        _ = try body()
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      text { try vjp([vector]) { $0[0] } }
        == "a gradient needs a function with one number as its value, got shape [2]")
    #expect(
      text { try vjp([vector], cotangent: Tensor([1.0])) { $0[0] } }
        == "the cotangent has shape [1], the function's value [2]")
  }
}
