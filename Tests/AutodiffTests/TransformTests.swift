import Autodiff
import Catalog
import Tensors
import TestSupport
import Testing

@Suite("Derivatives as functions") struct TransformTests {
  let stream = RandomStream(seed: 21)

  /// A function from 3 to 3 numbers that mixes them, and a number made of it.
  func mixing(_ x: Tensor) throws -> Tensor {
    let shifted = try concatenate([slice(x, axis: 0, 1..<3), slice(x, axis: 0, 0..<1)], axis: 0)
    return try sin(x) * exp(shifted * 0.5) + square(shifted)
  }

  func number(_ x: Tensor) throws -> Tensor { try sum(square(mixing(x))) }

  @Test("jvp, vjp and the Jacobian agree with each other and with differences")
  func products() throws {
    let x = try stream.normal([3], .float64)
    let v = try stream.normal([3], .float64)
    let u = try stream.normal([3], .float64)
    let matrix = try jacobian(x, of: mixing)
    #expect(matrix.shape == [3, 3])
    let forward = try jvp([x], tangents: [v]) { try mixing($0[0]) }.tangent
    let reverse = try vjp([x], cotangent: u) { try mixing($0[0]) }.cotangents[0]
    for (a, b) in try zip(matmul(matrix, v).doubles(), forward.doubles()) {
      #expect(abs(a - b) < 1e-12)
    }
    for (a, b) in try zip(matmul(u, matrix).doubles(), reverse.doubles()) {
      #expect(abs(a - b) < 1e-12)
    }
    let h = 1e-6
    let difference = try ((mixing(x + v * h) - mixing(x - v * h)) / (2 * h)).doubles()
    for (a, b) in try zip(difference, forward.doubles()) { #expect(abs(a - b) < 1e-8) }
  }

  @Test("a Hessian product equals the difference of gradients, and can be differentiated")
  func hessian() throws {
    let x = try stream.normal([3], .float64)
    let v = try stream.normal([3], .float64)
    func gradient(_ x: Tensor) throws -> Tensor { try vjp([x]) { try number($0[0]) }.cotangents[0] }
    let product = try hessianProduct([x], along: [v]) { try number($0[0]) }[0].doubles()
    let h = 1e-6
    let difference = try ((gradient(x + v * h) - gradient(x - v * h)) / (2 * h)).doubles()
    for (a, b) in zip(product, difference) { #expect(abs(a - b) < 1e-6 * max(1, abs(b))) }
    let error = try gradientError([x]) {
      try hessianProduct([$0[0]], along: [v]) { try number($0[0]) }[0]
    }
    #expect(error < 1e-6)
  }

  @Test("the exact divergence is the trace of the Jacobian, row by row")
  func divergences() throws {
    let x = try stream.normal([5, 3], .float64)
    func rows(_ x: Tensor) throws -> Tensor {
      try sin(x) * sum(square(x), axis: 1, keepingAxis: true)
    }
    let exact = try divergence(x, .exact, of: rows).doubles()
    for row in 0..<5 {
      let matrix = try jacobian(x.select(axis: 0, row)) {
        try select(rows(expandedAxis($0, at: 0)), axis: 0, 0)
      }.doubles()
      #expect(abs(exact[row] - (matrix[0] + matrix[4] + matrix[8])) < 1e-12)
    }
    // For a diagonal Jacobian each Rademacher probe is exact.
    let diagonal = try divergence(
      x, .hutchinson(probes: 1, stream: stream), of: { try sin($0) }
    ).doubles()
    for (a, b) in try zip(diagonal, sum(cos(x), axis: 1).doubles()) { #expect(abs(a - b) < 1e-12) }
    // Otherwise the mean over probes tends to it: 4,000 probes, 5 standard errors.
    let many = try divergence(
      x, .hutchinson(probes: 4000, stream: RandomStream(seed: 3)), of: rows
    ).doubles()
    for (a, b) in zip(many, exact) { #expect(abs(a - b) < 5 * 6 / 4000.0.squareRoot()) }
  }

  @Test("a checkpoint changes neither values nor gradients, to second order")
  func checkpoints() throws {
    let x = try stream.normal([3], .float64)
    func plain(_ x: Tensor) throws -> Tensor { try number(x) }
    func stored(_ x: Tensor) throws -> Tensor { try checkpoint([x]) { try number($0[0]) } }
    func second(_ f: @escaping (Tensor) throws -> Tensor) throws -> [Double] {
      try hessianProduct([x], along: [x]) { try f($0[0]) }[0].doubles()
    }
    #expect(try plain(x).doubles() == stored(x).doubles())
    for (a, b) in try zip(second(plain), second(stored)) {
      #expect(abs(a - b) < 1e-10 * abs(b) + 1e-12)
    }
  }

  @Test("a tree keeps its nesting, takes keys in byte order and refuses what has no tensors")
  func trees() throws {
    let a = try Tensor([1.0])
    let b = try Tensor([2.0])
    let tree = try TensorTree(
      .map([("a", .object(a)), ("deep", .list([.number(7), .object(b)]))]), name: "x")
    #expect(tree.leaves.map { ObjectIdentifier($0) } == [a, b].map { ObjectIdentifier($0) })
    guard case .map(let pairs) = tree.replacing(with: [b, a]), case .list(let deep) = pairs[1].value
    else {
      Issue.record("the nesting is lost")
      return
    }
    #expect(deep[0].asNumber == 7)
    var text = ""
    do { _ = try TensorTree(.string("s"), name: "x") } catch { text = "\(error)" }
    #expect(text == "x must be a tensor or a table with tensors in it, got 's'")
  }
}
