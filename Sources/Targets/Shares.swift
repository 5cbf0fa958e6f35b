import Catalog

/// Weights of 0 or more, divided by their sum; equal where absent.
///
/// - Parameter part: what there is a weight for, in errors: `point`.
func checkedShares(_ weights: [Double]?, count: Int, of part: String) throws -> [Double] {
  guard let weights else { return Array(repeating: 1 / Double(count), count: count) }
  guard weights.count == count else {
    throw UserError("weights must be \(count) numbers, one for each \(part), got \(weights.count)")
  }
  if let wrong = weights.first(where: { !($0 >= 0 && $0.isFinite) }) {
    throw UserError("weights must be 0 or more and finite, got \(formatNumber(wrong))")
  }
  let most = weights.max() ?? 0
  guard most > 0 else { throw UserError("weights must not all be 0") }
  let total = weights.reduce(0) { $0 + $1 / most }
  return weights.map { $0 / most / total }
}

/// One number for all, or one for each of `count` parts.
///
/// - Parameters: `name` of the option and `part`, for errors: `stds`, `ring`.
func checkedNumbers(
  _ numbers: OneOf<Double, [Double]>, _ name: String, count: Int, of part: String,
  _ domain: Domain<Double>
) throws -> [Double] {
  let values: [Double]
  switch numbers {
  case .first(let one): values = Array(repeating: one, count: count)
  case .second(let list):
    guard list.count == count else {
      throw UserError(
        "\(name) must be one number or \(count), one for each \(part), got \(list.count)")
    }
    values = list
  }
  if let wrong = values.first(where: { !domain.contains($0) }) {
    throw UserError("\(name) must be \(domain.text), got \(formatNumber(wrong))")
  }
  return values
}
