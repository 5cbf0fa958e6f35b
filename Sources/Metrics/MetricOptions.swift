import Catalog
import Models
import Targets
import Tensors

/// At which time a one-dimensional score is integrated, and on which points.
struct GridOptions: OptionGroup {
  var time = 0.065
  var points = 51
  var range: [Double]?
  var nodes: Int?

  static let options: [Option<GridOptions>] = [
    Option("time", \.time, "time at which the score is taken", in: .nonNegative),
    Option("points", \.points, "points of the grid", in: .within(3...(1 << 24))),
    Option("range", \.range, "{first, last} of the grid", in: .interval),
    Option("nodes", \.nodes, nodesSummary, in: .even),
  ]
}

/// The same on a grid fine enough for integrals.
struct FineGridOptions: OptionGroup {
  var time = 0.065
  var points = 2001
  var range: [Double]?
  var nodes: Int?

  static let options: [Option<FineGridOptions>] = [
    Option("time", \.time, "time at which the score is taken", in: .nonNegative),
    Option("points", \.points, "points of the grid", in: .within(3...(1 << 24))),
    Option("range", \.range, "{first, last} of the grid", in: .interval),
    Option("nodes", \.nodes, nodesSummary, in: .even),
  ]
}

let nodesSummary =
  "intervals of the integral in each cell of the grid; enough for 3200 in all where absent"

extension Domain where Value == Int {
  static var even: Domain {
    Domain("an even integer from 2 to 65536") { $0 >= 2 && $0 <= 65536 && $0 % 2 == 0 }
  }
}

extension Domain where Value == Int? {
  static var even: Domain {
    Domain(Domain<Int>.even.text) { $0.map(Domain<Int>.even.contains) ?? true }
  }
}

extension Domain where Value == [Double] {
  static var interval: Domain {
    Domain("{first, last} with first < last") {
      $0.count == 2 && $0[0] < $0[1] && $0[0].isFinite && $0[1].isFinite
    }
  }
}

/// - Precondition: checked by `Domain.interval`.
func interval(_ ends: [Double]) -> ClosedRange<Double> { ends[0]...ends[1] }

/// Metrics that integrate along the line need d = 1.
func checkOneDimensional(_ target: Target) throws {
  guard target.dimension == 1 else {
    throw UserError("target must have dimension 1, got \(target.dimension)")
  }
}

func checkOneDimensional(_ model: ScoreModel) throws {
  guard model.dimension == 1 else {
    throw UserError("model must have dimension 1, got \(model.dimension)")
  }
}

/// Throws where a range leaves out mass of a law: what a metric sums there would be no divergence.
func checkRange(_ range: ClosedRange<Double>, holds law: any Distribution) throws {
  let missing = try law.mass(outside: range)
  if missing <= 1e-6 { return }
  let reach = try law.reach()
  throw UserError(
    "range must hold all but 1e-06 of the target's mass, got {\(formatNumber(range.lowerBound)), "
      + "\(formatNumber(range.upperBound))}, which leaves out \(shortNumber(missing)); the target "
      + "reaches from \(shortNumber(reach.lowerBound)) to \(shortNumber(reach.upperBound))")
}

/// Throws where the points of a grid do not resolve a law: its mass as they sum it must be 1.
func checkMass(_ mass: Double, points: Int) throws {
  if abs(mass - 1) <= 0.01 { return }
  throw UserError(
    "points must resolve the target: with \(points) its mass sums to \(shortNumber(mass)) instead of "
      + "1; take more points, or a narrower range")
}

/// ln p at points of the line.
func logDensity(_ distribution: any Distribution, at x: [Double]) throws -> [Double] {
  try distribution.logDensity(Tensor(x, shape: [x.count, 1])).doubles()
}
