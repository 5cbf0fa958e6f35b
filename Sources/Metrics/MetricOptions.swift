import Catalog
import Models
import Targets
import Tensors

/// At which time a one-dimensional score is integrated, and on which points.
struct GridOptions: OptionGroup {
  var time = 0.065
  var points = 51
  var range: [Double]?

  static let options: [Option<GridOptions>] = [
    Option("time", \.time, "time at which the score is taken", in: .nonNegative),
    Option("points", \.points, "points of the grid", in: .within(3...(1 << 24))),
    Option("range", \.range, "{first, last} of the grid", in: .interval),
  ]
}

/// The same on a grid fine enough for integrals.
struct FineGridOptions: OptionGroup {
  var time = 0.065
  var points = 2001
  var range: [Double]?

  static let options: [Option<FineGridOptions>] = [
    Option("time", \.time, "time at which the score is taken", in: .nonNegative),
    Option("points", \.points, "points of the grid", in: .within(3...(1 << 24))),
    Option("range", \.range, "{first, last} of the grid", in: .interval),
  ]
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

/// ln p at points of the line.
func logDensity(_ distribution: any Distribution, at x: [Double]) throws -> [Double] {
  try distribution.logDensity(Tensor(x, shape: [x.count, 1])).doubles()
}
