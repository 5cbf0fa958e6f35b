import Autodiff
import Catalog
import Runtime
import Tensors

/// A law of pictures that is known by the procedure that draws them: numbers uniform in (0, 1) become a picture.
///
/// Picture i is made of the numbers of row i of one draw, and pictures are made in blocks of one length, so a picture
/// has the same bits however many are drawn with it and on any number of threads.
package protocol DrawnPictures: Distribution {
  /// How many numbers one picture is made of.
  var numbersPerPicture: Int { get }
  /// How many pictures are painted together.
  var picturesPerBlock: Int { get }
  /// Paints a block of pictures.
  ///
  /// - Parameters:
  ///   - numbers: shape [picturesPerBlock, numbersPerPicture], float64, dense, in (0, 1).
  ///   - out: room for as many pictures, one behind the other.
  func paint(_ numbers: Tensor, _ out: UnsafeMutablePointer<Float>) throws
}

extension DrawnPictures {
  package var picturesPerBlock: Int { 16 }
  package var hasLogDensity: Bool { false }
  package var hasScore: Bool { false }
  package var hasNoised: Bool { false }
  package var support: (any Support)? { nil }

  package func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let result = try Tensor(uninitialized: Shape(checking: [count] + Array(shape)))
    let target = result.pointer(Float.self)
    let (step, d, block) = (stream.nextStep(), dimension, picturesPerBlock)
    try WorkerPool.shared.run(chunks: (count + block - 1) / block) { chunk in
      let first = chunk * block
      let numbers = try stream.uniform(
        Shape(checking: [block, numbersPerPicture]), .float64, step: step, firstRow: first)
      if first + block <= count { return try paint(numbers, target + first * d) }
      let whole = try Tensor(uninitialized: [block, d])
      try paint(numbers, whole.pointer(Float.self))
      (target + first * d).update(from: whole.pointer(Float.self), count: (count - first) * d)
    }
    return result
  }

  package func logDensity(_ x: Tensor) throws -> Tensor { throw missingFormula("density") }
  package func score(_ x: Tensor) throws -> Tensor { throw missingFormula("score") }
  package func requireNoised() throws { throw missingFormula("noised marginals") }
  package func reach() throws -> ClosedRange<Double> { throw missing("line to lie on") }

  private func missingFormula(_ part: String) -> UserError {
    missing("\(part): only the procedure that draws it is known")
  }
}

extension Domain where Value == Count {
  /// The side of a square picture.
  static func pictureSide(from least: Int) -> Domain {
    Domain("an integer from \(least) to 4096") { $0.value >= least && $0.value <= 4096 }
  }
}
