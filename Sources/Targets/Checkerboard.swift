import Catalog
import Tensors

/// Uniform on the dark squares of a board: p = ½ E ⊗ E + ½ O ⊗ O, with E and O uniform on every other interval
/// of the line. So it is a mixture of products, whose noised marginals need quadrature on the line only.
enum Checkerboard {
  static let entry = Entry.function(
    "checkerboard", "The uniform law on the dark squares of a board in the plane.",
    .option(
      "squares", default: 4, "along each side of the board, an even number", in: .evenSquares),
    .option("side", default: 2, "of a square", in: .positive),
    returns: "a target of two dimensions",
    details: """
      The centre of the board is 0, and the square at its lower left is dark. Density and score are exact; the score is 0 inside and \
      nan outside.
      """,
    source: "Grathwohl et al. 2019, FFJORD",
    example: "x = target.checkerboard():sample(500, {seed = 1})"
  ) { (squares: Int, side: Double) in
    let start = -Double(squares) / 2 * side
    let laws = (0..<2).map { parity in
      let intervals = stride(from: parity, to: squares, by: 2).map {
        start + Double($0) * side...start + Double($0 + 1) * side
      }
      let line = UniformIntervals(
        intervals, weights: Array(repeating: 2 / Double(squares), count: intervals.count))
      return ProductDistribution([line], repeated: 2)
    }
    return Target(
      MixtureDistribution(
        laws, weights: [0.5, 0.5], name: "checkerboard",
        text: "\(squares)×\(squares) squares of \(shortNumber(side))"))
  }
}

extension Domain where Value == Int {
  fileprivate static var evenSquares: Domain {
    Domain("an even integer from 2 to 256") { $0 >= 2 && $0 <= 256 && $0 % 2 == 0 }
  }
}
