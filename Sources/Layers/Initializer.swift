import Autodiff
import Catalog
import Glibc
import Tensors

/// How a weight starts. `fanIn` counts the numbers that one output reads, `fanOut` those that one input
/// reaches.
package enum Initializer: String, CaseIterable {
  /// U(±1/√fanIn), PyTorch's default of linear and convolution layers.
  case uniform
  /// N(0, 2/fanIn) and U with the same variance (He et al. 2015), for ReLU.
  case kaimingNormal = "kaiming_normal"
  case kaimingUniform = "kaiming_uniform"
  /// N(0, 2/(fanIn + fanOut)) and U with the same variance (Glorot and Bengio 2010).
  case xavierNormal = "xavier_normal"
  case xavierUniform = "xavier_uniform"
  /// N(0, 1/fanIn) (LeCun et al. 1998).
  case lecunNormal = "lecun_normal"
  /// N(0, 1/fanIn) without what lies beyond two standard deviations, and scaled to that variance.
  case truncatedNormal = "truncated_normal"
  /// Orthonormal rows or columns (Saxe et al. 2014).
  case orthogonal
  /// N(0, 0.02²) (Radford et al. 2016).
  case normal
  case zeros

  /// - Parameter shape: of the weight; its first axis counts the outputs.
  package func start(
    _ name: String, _ shape: Shape, fanIn: Int, fanOut: Int, gain: Double, _ stream: RandomStream
  ) -> ParameterSet.Start {
    ParameterSet.Start(name, shape) { out, count in
      let values = try values(
        shape, Double(max(fanIn, 1)), Double(max(fanOut, 1)), count, stream)
      for i in 0..<count { out[i] = Float(gain * values[i]) }
    }
  }

  private func values(
    _ shape: Shape, _ fanIn: Double, _ fanOut: Double, _ count: Int, _ stream: RandomStream
  ) throws -> [Double] {
    func normal(_ variance: Double) throws -> [Double] {
      try stream.normal([count]).doubles().map { $0 * variance.squareRoot() }
    }
    func uniform(_ variance: Double) throws -> [Double] {
      let bound = (3 * variance).squareRoot()
      return try stream.uniform([count]).doubles().map { bound * (2 * $0 - 1) }
    }
    switch self {
    case .uniform: return try uniform(1 / (3 * fanIn))
    case .kaimingNormal: return try normal(2 / fanIn)
    case .kaimingUniform: return try uniform(2 / fanIn)
    case .xavierNormal: return try normal(2 / (fanIn + fanOut))
    case .xavierUniform: return try uniform(2 / (fanIn + fanOut))
    case .lecunNormal: return try normal(1 / fanIn)
    case .truncatedNormal: return try truncated(count, 1 / fanIn, stream)
    case .orthogonal: return try orthonormal(shape, stream)
    case .normal: return try normal(4e-4)
    case .zeros: return Array(repeating: 0, count: count)
    }
  }

  /// Normal numbers below two standard deviations; those have the variance 0.7737 of the whole.
  private func truncated(_ count: Int, _ variance: Double, _ stream: RandomStream) throws
    -> [Double]
  {
    let scale = (variance / 0.773_741_3).squareRoot()
    var values: [Double] = []
    while values.count < count {
      values += try stream.normal([max(64, count)]).doubles().filter { abs($0) < 2 }
    }
    return values.prefix(count).map { $0 * scale }
  }

  /// Q of a normal matrix [outputs, fanIn], or of its transpose where that is the tall one, with the
  /// signs that make it uniform among the orthogonal matrices (Mezzadri 2007).
  private func orthonormal(_ shape: Shape, _ stream: RandomStream) throws -> [Double] {
    let rows = shape.rank > 0 ? shape[0] : 1
    let columns = shape.elementCount / max(rows, 1)
    let (tall, short) = (max(rows, columns), min(rows, columns))
    let (q, r) = try Linalg.qr(stream.normal([tall, short], .float64))
    let (values, triangle) = (try q.doubles(), try r.doubles())
    return (0..<rows * columns).map { place in
      let (row, column) = place.quotientAndRemainder(dividingBy: max(columns, 1))
      let (i, j) = rows >= columns ? (row, column) : (column, row)
      return triangle[j * short + j] < 0 ? -values[i * short + j] : values[i * short + j]
    }
  }
}

extension Domain where Value == String {
  package static var initializer: Domain { .oneOf(Initializer.allCases.map(\.rawValue)) }
}
