import Autodiff
import Tensors

/// An eigenvalue a + ib of a projected matrix, and where its vector is among the rows of the matrix's vectors: at
/// `row` the real part, at `row + 1` the imaginary part where b is not 0.
struct RitzValue {
  let real: Double
  /// 0 or above: of a pair a ± ib the first.
  let imaginary: Double
  let row: Int

  var isPair: Bool { imaginary != 0 }
}

/// All eigenvalues of a projected matrix, the largest real parts first.
struct ProjectedSpectrum {
  private let vectors: Tensor
  private let values: [RitzValue]

  /// - Parameter symmetricWithin: ‖H − Hᵀ‖_F up to which H counts as symmetric.
  init(_ matrix: Tensor, symmetricWithin bound: Double) throws {
    let mirrored = try transpose(matrix)
    let skew = try square(matrix - mirrored).reduced(.sum).item().squareRoot()
    if skew <= bound {
      let (w, columns) = try Linalg.eigh((matrix + mirrored) / 2)
      vectors = try transpose(columns).densified()
      values = try w.doubles().enumerated().map { RitzValue(real: $1, imaginary: 0, row: $0) }
        .reversed()
      return
    }
    let (w, rows) = try matrix.generalEigen()
    vectors = rows
    let numbers = try w.doubles()
    values = (0..<matrix.shape[0]).map {
      RitzValue(real: numbers[2 * $0], imaginary: numbers[2 * $0 + 1], row: $0)
    }.filter { $0.imaginary >= 0 }.sorted { $0.real > $1.real }
  }

  /// So many eigenvalues, a pair counting as two; where the last would part a pair, one more.
  func leading(_ count: Int) -> [RitzValue] {
    var total = 0
    return Array(
      values.prefix { value in
        defer { total += value.isPair ? 2 : 1 }
        return total < count
      })
  }

  /// The vectors of some of them as rows, of a pair two.
  func rows(_ chosen: [RitzValue]) throws -> Tensor {
    try vectors.gathered(rows: chosen.flatMap { $0.isPair ? [$0.row, $0.row + 1] : [$0.row] })
  }
}

/// Approximate eigenpairs of J, a row for each eigenvalue, and how far each is from one.
struct RitzPairs {
  private(set) var real: [Double] = []
  private(set) var imaginary: [Double] = []
  /// ‖J v − λ v‖ with ‖v‖ = 1, of a pair for the complex vector.
  private(set) var residuals: [Double] = []
  /// [rows, d]: of a pair the real and the imaginary part, whose squares add up to 1.
  let vectors: Tensor

  var worst: Double { residuals.max() ?? 0 }

  /// - Parameters:
  ///   - vectors: of the chosen values, rows; `images` are J times them.
  init(_ chosen: [RitzValue], vectors: Tensor, images: Tensor) throws {
    let (v, w) = (
      try vectors.converted(to: .float64).densified(),
      try images.converted(to: .float64).densified()
    )
    let d = v.shape[1]
    let (x, y) = (v.pointer(Double.self), w.pointer(Double.self))
    var row = 0
    for value in chosen {
      let count = value.isPair ? 2 : 1
      let (a, b) = (value.real, value.imaginary)
      let (x0, y0) = (x + row * d, y + row * d)
      let (x1, y1) = value.isPair ? (x0 + d, y0 + d) : (x0, y0)
      var (length, error) = (0.0, 0.0)
      var largest = 0.0
      for i in 0..<d {
        // J (p + iq) = (a + ib)(p + iq).
        let first = y0[i] - a * x0[i] + (value.isPair ? b * x1[i] : 0)
        length += x0[i] * x0[i]
        error += first * first
        if value.isPair {
          let second = y1[i] - a * x1[i] - b * x0[i]
          length += x1[i] * x1[i]
          error += second * second
        }
        if abs(x0[i]) > abs(largest) { largest = x0[i] }
      }
      let scale = (largest < 0 ? -1 : 1) / max(length.squareRoot(), .leastNormalMagnitude)
      for i in 0..<count * d { x0[i] *= scale }
      for place in 0..<count {
        real.append(a)
        imaginary.append(place == 0 ? b : -b)
        residuals.append((error / length).squareRoot())
      }
      row += count
    }
    self.vectors = try v.converted(to: vectors.dtype)
  }
}
