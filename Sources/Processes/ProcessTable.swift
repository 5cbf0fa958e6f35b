import Autodiff
import Catalog
import Glibc
import Tensors

/// α, α′, σ² and (σ²)′ at nodes, dense enough that cubic Hermite polynomials between them err by less than
/// 1e-9 relative; nodes crowd towards both ends, where σ or α may vanish.
struct ProcessTable {
  /// The share of the domain below which σ² follows a power of the time: the first node.
  static let leastShare = 1e-5
  private static let tolerance = 1e-9
  private static let mostPieces = 1 << 14

  private(set) var times: [Double]
  private(set) var alpha: [Double] = []
  private(set) var alphaSlope: [Double] = []
  private(set) var variance: [Double] = []
  private(set) var varianceSlope: [Double] = []

  var columns: [[Double]] { [times, alpha, alphaSlope, variance, varianceSlope] }

  /// - Throws: where the functions, or a stored table, make no process.
  init(_ options: TabulatedProcess.Options) throws {
    if options.table.isEmpty {
      try self.init(tabulating: options)
    } else {
      try self.init(stored: options)
      try check()
    }
  }

  private init(stored options: TabulatedProcess.Options) throws {
    let table = options.table
    guard table.count == 5, table.allSatisfy({ $0.count == table[0].count }), table[0].count >= 3,
      table[0].first == options.time[0], table[0].last == options.time[1],
      zip(table[0], table[0].dropFirst()).allSatisfy({ $0 < $1 }),
      table.allSatisfy({ $0.allSatisfy(\.isFinite) })
    else {
      throw UserError("table must hold increasing times and as many values of alpha and sigma")
    }
    times = table[0]
    (alpha, alphaSlope) = (table[1], table[2])
    (variance, varianceSlope) = (table[3], table[4])
  }

  private init(tabulating options: TabulatedProcess.Options) throws {
    times = []
    let source: (([Double]) throws -> [[Double]])
    if let alpha = options.alpha, let sigma = options.sigma {
      source = { try ProcessTable.kernel(alpha, sigma, at: $0) }
    } else if let drift = options.drift, let diffusion = options.diffusion {
      source = {
        try LinearMoments.integrate(drift, diffusion, from: options.firstSigma, at: $0)
      }
    } else {
      throw UserError("give alpha and sigma, or drift and diffusion")
    }
    var pieces = ProcessTable.firstPieces(options.time[0], options.time[1])
    while true {
      let all = ProcessTable.withMiddles(pieces)
      let columns = try source(all)
      (times, alpha, alphaSlope) = (all, columns[0], columns[1])
      (variance, varianceSlope) = (columns[2], columns[3])
      // First, so that what is no process is not called rough.
      try check()
      var isDone = true
      var finer: [Piece] = []
      for (place, piece) in pieces.enumerated() {
        let miss = ProcessTable.miss(place, all, columns)
        if miss <= ProcessTable.tolerance || piece.isRounding(miss) {
          finer.append(piece)
        } else {
          finer += piece.halves(missing: miss)
          isDone = false
        }
      }
      if isDone { return }
      pieces = finer
      guard pieces.count <= ProcessTable.mostPieces else {
        throw UserError(
          "the functions are too rough to tabulate: \(pieces.count) pieces do not reach 1e-9")
      }
    }
  }

  // MARK: Pieces

  /// The stretch between two nodes.
  private struct Piece {
    let start: Double
    let end: Double
    var halvings = 0
    /// How much the polynomial of the piece that this one is a half of missed.
    var missBefore = Double.infinity

    var middle: Double { start + (end - start) / 2 }

    func halves(missing miss: Double) -> [Piece] {
      [
        Piece(start: start, end: middle, halvings: halvings + 1, missBefore: miss),
        Piece(start: middle, end: end, halvings: halvings + 1, missBefore: miss),
      ]
    }

    /// Whether what is missed is the rounding of the functions, as 1 − e^{−t} has at small t: halving
    /// divides the error of a polynomial by 16, and leaves rounding as it is.
    func isRounding(_ miss: Double) -> Bool {
      halvings >= 2 && miss > missBefore / 4 && miss < 1e-4
    }
  }

  /// From both ends inwards, pieces that double in length from the least share on.
  private static func firstPieces(_ first: Double, _ last: Double) -> [Piece] {
    let span = last - first
    var low = [first]
    var high = [last]
    var share = leastShare
    while share < 0.5 {
      low.append(first + share * span)
      high.append(last - share * span)
      share *= 2
    }
    let nodes = low + high.reversed()
    return zip(nodes, nodes.dropFirst()).map { Piece(start: $0, end: $1) }
  }

  private static func withMiddles(_ pieces: [Piece]) -> [Double] {
    [pieces[0].start] + pieces.flatMap { [$0.middle, $0.end] }
  }

  /// How much the polynomial of a piece differs from the function in the middle, relatively. The first
  /// piece follows a power, and only roughly.
  private static func miss(_ piece: Int, _ all: [Double], _ columns: [[Double]]) -> Double {
    if piece == 0 { return 0 }
    let a = 2 * piece
    let length = all[a + 2] - all[a]
    func miss(_ value: [Double], _ slope: [Double]) -> Double {
      let middle = (value[a] + value[a + 2]) / 2 + length * (slope[a] - slope[a + 2]) / 8
      return abs(middle - value[a + 1]) / max(abs(value[a + 1]), 1e-300)
    }
    return max(miss(columns[0], columns[1]), miss(columns[2], columns[3]))
  }

  // MARK: Values

  /// α and σ with their slopes, from functions in tensor operations.
  private static func kernel(_ alpha: Callback, _ sigma: Callback, at times: [Double]) throws
    -> [[Double]]
  {
    let (a, aSlope) = try valueAndSlope(alpha, "alpha", times)
    let (s, sSlope) = try valueAndSlope(sigma, "sigma", times)
    // σ′ may be infinite where σ is 0; the first piece does not use it.
    let product = zip(s, sSlope).map { $0 == 0 ? 0 : 2 * $0 * $1 }
    return [a, aSlope, s.map { $0 * $0 }, product]
  }

  private static func valueAndSlope(
    _ function: Callback, _ name: String, _ times: [Double]
  ) throws -> ([Double], [Double]) {
    let t = try Tensor(times)
    let ones = try Tensor.full([times.count], 1, .float64)
    var isConstant = false
    let (value, slopes) = try vjp([t], cotangent: ones) { inputs in
      let y = try call(function, name, inputs[0])
      isConstant = !y.isRecorded
      return try convert(y, to: .float64) + inputs[0] * 0
    }
    let values = try value.doubles()
    if isConstant, let place = values.firstIndex(where: { $0 != values[0] }) {
      throw UserError(
        "\(name) must depend on t by tensor operations, so that it has a slope; it differs at "
          + "t = \(formatNumber(times[place])) without one")
    }
    return (values, try slopes[0].doubles())
  }

  /// Calls a function of times and checks shape and numbers.
  static func call(_ function: Callback, _ name: String, _ t: Tensor) throws -> Tensor {
    let y = try function.call(t, returning: Tensor.self, name: name)
    guard y.shape == t.shape, y.dtype.isFloatingPoint else {
      throw UserError(
        "\(name) must return a float tensor of shape \(t.shape), as t, got \(y.describe())")
    }
    let values = try y.value.doubles()
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw UserError(
        "\(name) must be finite, got \(formatNumber(values[place])) at t = "
          + formatNumber(try t.value.doubles()[place]))
    }
    return y
  }

  // MARK: Checks

  /// α and σ positive but at one end each, and a log-SNR that falls: g² = (σ²)′ − 2 (α′/α) σ² ≥ 0.
  private func check() throws {
    let last = times.count - 1
    for (place, t) in times.enumerated() {
      guard alpha[place] > 0 || place == last && alpha[place] == 0 else {
        throw UserError(
          "alpha must be above 0 before the last time, got \(formatNumber(alpha[place])) at t = "
            + formatNumber(t))
      }
      guard variance[place] > 0 || place == 0 && variance[place] == 0 else {
        throw UserError(
          "sigma must be above 0 after the first time, got \(formatNumber(variance[place].squareRoot())) "
            + "at t = \(formatNumber(t))")
      }
      if place == 0 || place == last { continue }
      let gain = varianceSlope[place] / variance[place]
      let loss = 2 * alphaSlope[place] / alpha[place]
      guard gain - loss >= -1e-7 * (abs(gain) + abs(loss)), gain != 0 || loss != 0 else {
        throw UserError(
          "log-SNR must fall with t: g² is \(shortNumber((gain - loss) * variance[place])) at t = "
            + formatNumber(t))
      }
    }
  }
}
