import Catalog
import Tensors

extension Domain where Value == [Double] {
  static var span: Domain {
    Domain("{first, last} with 0 <= first < last") {
      $0.count == 2 && 0 <= $0[0] && $0[0] < $0[1] && $0[1].isFinite
    }
  }
}

extension Domain where Value == Double {
  static var trainingTime: Domain {
    Domain("a training time of 0 or more") { $0 >= 0 }
  }
}

/// Several functions of the training time, of a number or of each element of a tensor.
func overTrainingTimes(_ tau: OneOf<Double, Tensor>, _ values: (Double) throws -> [Double?]) throws
  -> ValueList
{
  func check(_ t: Double) throws {
    guard Domain<Double>.trainingTime.contains(t) else {
      throw UserError("tau must be \(Domain<Double>.trainingTime.text), got \(formatNumber(t))")
    }
  }
  switch tau {
  case .first(let t):
    try check(t)
    return ValueList(try values(t).map { $0.map { .number($0) } ?? .none })
  case .second(let tensor):
    let times = try tensor.constant("tau").doubles()
    try times.forEach(check)
    let rows = try times.polledMap(values)
    guard let first = rows.first else { return ValueList([.object(tensor)]) }
    return ValueList(
      try first.indices.map { column in
        let numbers = rows.compactMap { $0[column] }
        guard numbers.count == times.count else { return .none }
        return .object(try Tensor(numbers, shape: tensor.shape))
      })
  }
}
