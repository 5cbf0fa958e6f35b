import Catalog
import Runtime
import Tensors
import Testing

/// The message of the error that `body` throws.
func message(_ body: () throws -> Any) -> String {
  do {
    _ = try body()
    return "no error"
  } catch { return "\(error)" }
}

@Suite("Tensors") struct TensorTests {
  func iota(_ shape: Shape, _ dtype: DType = .float64) throws -> Tensor {
    try Tensor((0..<shape.elementCount).map(Double.init), shape: shape).converted(to: dtype)
  }

  /// Any view of rank 1–3 that is not dense, with its elements by a naive walk.
  func strided() throws -> [Tensor] {
    let x = try iota([4, 3, 5])
    return [
      x, x.slice(axis: 1, 1..<3), try x.permuted([2, 0, 1]), x.select(axis: 2, 3),
      try x.select(axis: 1, 0).transposed(), x.slice(axis: 0, 0..<0),
      try x.slice(axis: 0, 1..<2).broadcast(to: [6, 3, 5]), x.select(axis: 0, 2).select(axis: 0, 1),
    ]
  }

  func naive(_ x: Tensor) -> [Double] {
    let base = x.storage.base.assumingMemoryBound(to: Double.self)
    return (0..<x.elementCount).map { flat in
      var rest = flat
      var place = x.offset
      for axis in stride(from: x.rank - 1, through: 0, by: -1) {
        place += (rest % x.shape[axis]) * x.strides[axis]
        rest /= x.shape[axis]
      }
      return base[place]
    }
  }

  /// Small whole numbers, whose products are exact in any order.
  private func whole(_ shape: Shape, _ dtype: DType) throws -> Tensor {
    try Tensor((0..<shape.elementCount).map { Double($0 * 7 % 11 - 5) }, shape: shape)
      .converted(to: dtype)
  }

  private func naiveProduct(_ a: Tensor, _ b: Tensor) throws -> [Double] {
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    let (x, y) = (try a.doubles(), try b.doubles())
    return (0..<a.elementCount / (m * k)).flatMap { stack in
      (0..<m * n).map { place in
        (0..<k).reduce(0) {
          $0 + x[(stack * m + place / n) * k + $1] * y[(stack * k + $1) * n + place % n]
        }
      }
    }
  }

  @Test(
    "a product cut into panels of rows or of columns is that of a naive loop, transposed too",
    arguments: [DType.float32, .float64])
  func panels(_ dtype: DType) throws {
    for (m, k, n) in [(5, 300, 2001), (2001, 300, 5), (70, 1000, 130)] {
      let a = try whole([m, k], dtype)
      let b = try whole([k, n], dtype)
      let expected = try naiveProduct(a, b)
      for left in [a, try a.transposed().copied().transposed()] {
        for right in [b, try b.transposed().copied().transposed()] {
          #expect(try left.matrixProduct(right).doubles() == expected, "\(m) × \(k) × \(n)")
        }
      }
    }
  }

  @Test(
    "stacks of matrices multiply pair by pair, many small ones and few large ones",
    arguments: [DType.float32, .float64])
  func stacks(_ dtype: DType) throws {
    for (count, m, k, n) in [(150, 16, 16, 16), (3, 90, 70, 80), (1, 4, 5, 6), (7, 2, 1, 3)] {
      let a = try whole([count, m, k], dtype)
      let b = try whole([count, k, n], dtype)
      #expect(try a.matrixProduct(b).doubles() == naiveProduct(a, b), "\(count) of \(m) × \(k)")
    }
  }

  @Test("a dense copy of any view holds the elements in row-major order")
  func copies() throws {
    for x in try strided() {
      #expect(try x.copied().isDense)
      #expect(try x.doubles() == naive(x))
    }
  }

  @Test("shapes broadcast from the last axis, and say so when they do not")
  func broadcastShapes() throws {
    #expect(try Shape.broadcast([3, 1], [4]) == [3, 4])
    #expect(try Shape.broadcast([], [2, 3]) == [2, 3])
    #expect(try Shape.broadcast([0, 3], [1, 3]) == [0, 3])
    #expect(
      message { try Shape.broadcast([2, 3], [2]) } == "shapes [2, 3] and [2] do not broadcast")
  }

  @Test("binary operations equal a naive loop over broadcast views of every layout")
  func binaryAgainstLoop() throws {
    for x in try strided() where x.rank > 0 {
      let column = try iota(Shape(x.shape.map { _ in 1 }.dropLast() + [x.shape[x.rank - 1]]))
      let rowShape = Shape([x.shape[0]] + x.shape.dropFirst().map { _ in 1 })
      for y in [x, column, try iota(rowShape), try Tensor.scalar(3, .float64)] {
        let z = try x.combined(with: y, .subtract)
        let wide = naive(try y.broadcast(to: z.shape))
        #expect(try z.doubles() == zip(naive(x), wide).map { $0 - $1 })
        let back = try y.combined(with: x, .subtract)
        #expect(try back.doubles() == zip(wide, naive(x)).map { $0 - $1 })
      }
    }
  }

  @Test("long operands are cut for threads without a difference")
  func longOperands() throws {
    let n = 100_003
    let x = try iota([n])
    let y = try x.combined(with: x, .multiply).doubles()
    #expect(y[n - 1] == Double(n - 1) * Double(n - 1) && y[65_536] == 65_536.0 * 65_536)
    let rows = try iota([n / 7 + 1, 7]).combined(with: iota([7]), .add).doubles()
    #expect(rows[7 * 9000 + 3] == Double(7 * 9000 + 3) + 3)
    #expect(try x.reduced(.sum).item() == Double(n) * Double(n - 1) / 2)
  }

  @Test("sums and extremes over each axis equal a naive loop")
  func reductions() throws {
    for x in try strided() where x.rank > 0 && x.elementCount > 0 {
      for axis in 0..<x.rank {
        let total = try x.reduced(.sum, axis: axis)
        let most = try x.reduced(.maximum, axis: axis)
        var sums = [Double](repeating: 0, count: total.elementCount)
        var maxima = [Double](repeating: -.infinity, count: total.elementCount)
        let inner = x.shape.dropFirst(axis + 1).reduce(1, *)
        for (flat, value) in naive(x).enumerated() {
          let place = flat / (inner * x.shape[axis]) * inner + flat % inner
          sums[place] += value
          maxima[place] = max(maxima[place], value)
        }
        #expect(try total.doubles() == sums)
        #expect(try most.doubles() == maxima)
      }
    }
    #expect(try Tensor.zeros([0, 3]).reduced(.sum, axis: 0).doubles() == [0, 0, 0])
    #expect(
      message { try Tensor.zeros([0, 3]).reduced(.maximum, axis: 0) }
        == "max over an empty axis 1 of shape [0, 3]")
  }

  @Test("matrix products equal three loops, for plain, transposed, sliced and stacked operands")
  func matrixProducts() throws {
    let a = try iota([5, 7])
    let b = try iota([7, 4])
    let stack = try iota([3, 5, 7])
    func loops(_ a: Tensor, _ b: Tensor) throws -> [Double] {
      let x = try a.doubles()
      let y = try b.doubles()
      let (rows, inner, columns) = (a.shape[0], a.shape[1], b.shape[1])
      return (0..<rows * columns).map { place in
        (0..<inner).reduce(0) {
          $0 + x[place / columns * inner + $1] * y[$1 * columns + place % columns]
        }
      }
    }
    let tall = try iota([7, 5]).transposed()
    let cut = try iota([9, 11]).slice(axis: 0, 2..<7).slice(axis: 1, 1..<8)
    for left in [a, tall, cut, a.slice(axis: 0, 0..<1), a.slice(axis: 0, 0..<0)] {
      for right in [b, try iota([4, 7]).transposed(), b.slice(axis: 1, 2..<3)] {
        #expect(try left.matrixProduct(right).doubles() == loops(left, right))
      }
    }
    let batched = try stack.matrixProduct(b)
    #expect(batched.shape == [3, 5, 4])
    #expect(try batched.select(axis: 0, 2).doubles() == loops(stack.select(axis: 0, 2), b))
    let both = try stack.matrixProduct(iota([3, 7, 4]))
    #expect(
      try both.select(axis: 0, 1).doubles()
        == loops(stack.select(axis: 0, 1), iota([3, 7, 4]).select(axis: 0, 1)))
    #expect(try a.matrixProduct(iota([7])).shape == [5])
    #expect(try iota([5]).matrixProduct(a).shape == [7])
    #expect(
      message { try a.matrixProduct(a) }
        == "shapes [5, 7] and [5, 7] do not multiply: 7 columns against 5 rows")
  }

  @Test("element types meet as documented, and numbers never change one")
  func promotion() throws {
    let whole = try Tensor([Int64(1), 2])
    let real = try Tensor([Float(1), 2])
    #expect(try whole.combined(with: real, .add).dtype == .float32)
    #expect(try real.combined(with: Tensor([1.0]), .add).dtype == .float64)
    #expect(try whole.combined(with: 3, .add).dtype == .int64)
    #expect(try whole.combined(with: 2, .divide).doubles() == [0.5, 1])
    #expect(try real.combined(with: 1e-3, .multiply).dtype == .float32)
    #expect(
      message { try whole.combined(with: 2.5, .add) }
        == "2.5 is not an integer and the tensor is int64: convert it first, x:to(\"float32\")")
    #expect(
      message { try Tensor([1e300]).converted(to: .int64) } == "1e+300 does not fit in an int64")
  }

  @Test("writing through a view changes the base and nothing else, and raises the version")
  func assignment() throws {
    let x = try iota([3, 4])
    let version = x.storage.version
    try x.slice(axis: 1, 1..<3).assign(Tensor.scalar(-1, .float64))
    #expect(try x.doubles() == [0, -1, -1, 3, 4, -1, -1, 7, 8, -1, -1, 11])
    #expect(x.storage.version > version)
    let y = try iota([4])
    try y.slice(axis: 0, 1..<4).assign(y.slice(axis: 0, 0..<3))
    #expect(try y.doubles() == [0, 0, 1, 2], "overlapping values are read before they are written")
  }

  @Test("a shape that cannot be is refused before memory is touched")
  func impossibleShapes() throws {
    #expect(
      message { try Shape(checking: [1 << 40, 1 << 40]) }
        == "shape [1099511627776, 1099511627776] has more elements than memory can hold")
    #expect(
      message { try Shape(checking: [-1]) } == "shape must have lengths of 0 or more, got [-1]")
    #expect(
      message { try Shape(checking: Array(repeating: 1, count: 9)) }
        == "shape must have at most 8 axes, got 9")
    let huge = message { try Tensor.zeros(Shape(checking: [1 << 45])) }
    #expect(huge.hasPrefix("not enough memory: 141 TB requested, "), "\(huge)")
  }

  @Test("printing is bounded and tells NaN and inf")
  func printing() throws {
    let x = try Tensor([Float(1), .nan, .infinity])
    #expect(x.describe() == "tensor 3 float32 [mean 1, std 0, 1 NaN, 1 inf]")
    let wide = try Tensor.zeros([1000, 1000]).display(width: 60)
    let lines = wide.split(separator: "\n")
    #expect(lines.count < 20)
    #expect(lines.allSatisfy { $0.count <= 60 }, "\(wide)")
    #expect(try Tensor.scalar(2.5).display() == "tensor float32 2.5")
    #expect(shortNumber(12345.678) == "12346" && shortNumber(1.5e-7) == "1.500e-07")
  }
}
