import Autodiff
import Tensors
import TestSupport
import Testing

@Suite("distances of points") struct PointDistanceTests {
  private func naive(_ x: [Double], _ y: [Double], _ d: Int, _ order: Double) -> [Double] {
    let (n, m) = (d == 0 ? 0 : x.count / d, d == 0 ? 0 : y.count / d)
    return (0..<n * m).map { place in
      let sizes = (0..<d).map { abs(x[place / m * d + $0] - y[place % m * d + $0]) }
      if order == .infinity { return sizes.max() ?? 0 }
      if order == 2 { return sizes.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      if order == 1 { return sizes.reduce(0, +) }
      return sizes.reduce(0) { $0 + $1 * $1 * $1 } == 0
        ? 0 : cubeRoot(sizes.reduce(0) { $0 + $1 * $1 * $1 })
    }
  }

  private func cubeRoot(_ value: Double) -> Double {
    var root = max(value, 1)
    for _ in 0..<200 { root -= (root * root * root - value) / (3 * root * root) }
    return root
  }

  @Test("agree with plain loops in both types, for every order", arguments: [1, 2, 3, .infinity])
  func plainLoops(order: Double) throws {
    let stream = RandomStream(seed: 3)
    for (n, m, d) in [(1, 1, 1), (5, 3, 2), (70, 130, 17), (3, 1100, 5), (129, 33, 200)] {
      for dtype in [DType.float32, .float64] {
        let x = try stream.normal([n, d], dtype)
        let y = try stream.normal([m, d], dtype)
        let found = try Linalg.distances(x, y, order: order)
        #expect(found.shape == [n, m] && found.dtype == dtype)
        let expected = naive(try x.doubles(), try y.doubles(), d, order)
        let tolerance = dtype == .float32 ? 1e-5 : 1e-13
        for (a, b) in zip(try found.doubles(), expected) {
          #expect(abs(a - b) <= tolerance * b, "[\(n) \(d)] [\(m) \(d)] \(dtype)")
        }
      }
    }
  }

  @Test("equal points far from 0 are exactly 0 apart, and near ones keep their digits")
  func nearZero() throws {
    let x = try Tensor([1000, 2000, 1000.0001, 2000], shape: [2, 2])
    let found = try Linalg.distances(x, x).doubles()
    #expect(found[0] == 0 && found[3] == 0)
    #expect(abs(found[1] - 1e-4) < 1e-12)
    let many = try RandomStream(seed: 1).normal([200, 784], .float32) + 100
    let own = try Linalg.distances(many, many, squared: true).doubles()
    #expect((0..<200).allSatisfy { own[$0 * 201] == 0 })
    #expect(
      own.enumerated().allSatisfy { own[$0.offset % 200 * 200 + $0.offset / 200] == $0.element })
  }

  @Test("empty sets and points without coordinates")
  func empty() throws {
    func zeros(_ shape: Shape) throws -> Tensor { try Tensor.zeros(shape) }
    #expect(try Linalg.distances(zeros([0, 3]), zeros([4, 3])).shape == [0, 4])
    #expect(try Linalg.distances(zeros([3, 3]), zeros([0, 3])).shape == [3, 0])
    #expect(try Linalg.distances(zeros([2, 0]), zeros([2, 0])).doubles() == [0, 0, 0, 0])
  }

  @Test("gradients of every order agree with differences")
  func gradients() throws {
    let stream = RandomStream(seed: 5)
    let x = try stream.normal([4, 3], .float64)
    let y = try stream.normal([5, 3], .float64)
    for order in [1, 2, 2.5, .infinity] {
      #expect(
        try gradientError([x, y]) { try Linalg.distances($0[0], $0[1], order: order) } < 1e-6)
    }
    #expect(try gradientError([x, y]) { try Linalg.distances($0[0], $0[1], squared: true) } < 1e-6)
    #expect(try gradientError([x]) { try Linalg.distances($0[0], $0[0] * 2) } < 1e-6)
    // The gradient of a gradient.
    let second = try gradientError([x, y]) { inputs in
      let tape = try vjp(inputs) { try sum(square(Linalg.distances($0[0], $0[1]))) }
      return try tape.cotangents[0] * tape.cotangents[0]
    }
    #expect(second < 1e-5)
  }

  @Test("the slope is 0 where two points are equal, and stays exact far from 0")
  func slopes() throws {
    let x = try Tensor([1, 2, 5, 5], shape: [2, 2])
    let own = try vjp([x]) { try sum(Linalg.distances($0[0], x)) }
    #expect(try own.cotangents[0].doubles().allSatisfy(\.isFinite))
    let far = try Tensor([1e8, 1e8 + 1], shape: [2, 1])
    let flow = try vjp([far]) { try sum(Linalg.distances($0[0], far, squared: true)) }
    #expect(try flow.cotangents[0].doubles() == [-2, 2])
  }

  @Test("the same bits at any number of threads, and squares of another order are refused")
  func threadsAndErrors() throws {
    let x = try RandomStream(seed: 1).normal([300, 40], .float32)
    #expect { try Linalg.distances(x, x, order: 1, squared: true) } throws: {
      "\($0)" == "squared is for order 2, got order 1"
    }
  }
}
