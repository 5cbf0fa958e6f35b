import Catalog
import Tensors

// Reductions over any axes. A list of axes becomes one merged axis, so that each reduction is written
// once, for an axis or for all elements.

/// An axis, or a list of axes.
struct Axes: Argument {
  let numbers: [Int]
  static var expectation: String { "an axis or a list of axes" }
  static var luaType: String { "integer|integer[]" }
  var literal: String { numbers.literal }

  static func read(_ frame: Frame, _ index: Int32) throws -> Axes {
    if frame.type(at: index) == LuaType.number, let axis = frame.integer(at: index) {
      return Axes(numbers: [axis])
    }
    guard let numbers = try? [Int].read(frame, index), !numbers.isEmpty else {
      throw Mismatch(expected: expectation)
    }
    return Axes(numbers: numbers)
  }
}

/// Applies a reduction over an axis (nil: all elements) to the axes a user names.
func reduce(
  _ x: Tensor, _ axes: Axes?, keepingAxes: Bool = false,
  _ body: (_ x: Tensor, _ axis: Int?) throws -> Tensor
) throws -> Tensor {
  guard let axes else {
    let result = try body(x, nil)
    return keepingAxes ? try reshape(result, to: Array(repeating: 1, count: x.rank)) : result
  }
  if axes.numbers.count == 1 {
    let axis = try x.axis(axes.numbers[0])
    let result = try body(x, axis)
    return keepingAxes ? try expandedAxis(result, at: axis) : result
  }
  let chosen = try axes.numbers.map { try x.axis($0) }.sorted()
  for (axis, next) in zip(chosen, chosen.dropFirst()) where axis == next {
    throw UserError("axis \(axis + 1) is named twice in \(axes.literal)")
  }
  let others = (0..<x.rank).filter { !chosen.contains($0) }
  let first = chosen[0]
  let areNeighbours = chosen[chosen.count - 1] - first == chosen.count - 1
  let before = areNeighbours ? others.filter { $0 < first } : others
  let order = before + chosen + others.filter { !before.contains($0) }
  let moved = areNeighbours ? x : try permute(x, order)
  var lengths = others.map { x.shape[$0] }
  lengths.insert(chosen.reduce(1) { $0 * x.shape[$1] }, at: before.count)
  let result = try body(reshape(moved, to: lengths), before.count)
  guard keepingAxes else { return result }
  return try reshape(result, to: (0..<x.rank).map { chosen.contains($0) ? 1 : x.shape[$0] })
}

extension TensorModule {
  static let reductions: [Entry] = [
    reduction("sum", "The sum") { try sum($0, axis: $1) },
    reduction("mean", "The mean") { try mean($0, axis: $1) },
    reduction("prod", "The product") { try product($0, axis: $1) },
    reduction("max", "The largest element; ties share the gradient,") {
      try extreme($0, .maximum, axis: $1)
    },
    reduction("min", "The smallest element; ties share the gradient,") {
      try extreme($0, .minimum, axis: $1)
    },
    reduction("any", "Whether an element is true or not 0,", "bool tensor") {
      try $0.value.quantified(axis: $1, every: false)
    },
    reduction("all", "Whether every element is true or not 0,", "bool tensor") {
      try $0.value.quantified(axis: $1, every: true)
    },
    reduction("median", "The median (of the middle two, their mean)") { x, axis in
      guard let axis else { return try quantile(reshape(x, to: [x.elementCount]), 0.5, axis: 0) }
      return try quantile(x, 0.5, axis: axis)
    },
    spreadMeasure("var", "The variance") { try variance($0, axis: $1, correction: $2) },
    spreadMeasure("std", "The standard deviation") {
      try standardDeviation($0, axis: $1, correction: $2)
    },
    .operation(
      "logsumexp", "ln Σ e^x over an axis or a list of them, without overflow.", .arg("x"),
      .arg("axis", default: nil, "1-based, or a list; all elements where absent"),
      .option("keepdim", default: false, "keeps each axis with length 1"),
      example: "return tensor{1000, 1000}:logsumexp(1)"
    ) { (x: Tensor, axis: Axes?, keep: Bool) in
      try reduce(x, axis, keepingAxes: keep) { x, axis in
        guard let axis else { return try logSumExp(reshape(x, to: [x.elementCount]), axis: 0) }
        return try logSumExp(x, axis: axis)
      }
    },
    .operation(
      "norm", "(Σ |x|^p)^(1/p) over axes or all elements; the slope at 0 is 0.", .arg("x"),
      .arg("p", default: 2.0, "math.huge for the largest |x|, 0 counts what is not 0"),
      .arg("axis", default: nil, "1-based, or a list; all elements where absent"),
      .option("keepdim", default: false, "keeps each axis with length 1"),
      example: "return tensor{{3, 4}, {6, 8}}:norm(2, 2)"
    ) { (x: Tensor, p: Double, axis: Axes?, keep: Bool) in
      guard !p.isNaN else { throw UserError("p must be a number, got nan") }
      return try reduce(x, axis, keepingAxes: keep) { try norm($0, p, axis: $1) }
    },
    .operation(
      "quantile", "Quantiles over axes or all elements, linear between neighbours.", .arg("x"),
      .arg("q", "a number from 0 to 1, or a list, which becomes the first axis"),
      .arg("axis", default: nil, "1-based, or a list; all elements where absent"),
      .option("keepdim", default: false, "keeps each axis with length 1"),
      source: "Hyndman & Fan 1996, type 7", example: "return tensor{1, 2, 3, 4}:quantile{0.25, 0.5}"
    ) { (x: Tensor, q: OneOf<Double, [Double]>, axis: Axes?, keep: Bool) in
      func at(_ q: Double) throws -> Tensor {
        guard q >= 0, q <= 1 else {
          throw UserError("q must be from 0 to 1, got \(formatNumber(q))")
        }
        return try reduce(x, axis, keepingAxes: keep) { x, axis in
          guard let axis else { return try quantile(reshape(x, to: [x.elementCount]), q, axis: 0) }
          return try quantile(x, q, axis: axis)
        }
      }
      switch q {
      case .first(let number): return try at(number)
      case .second(let list):
        guard !list.isEmpty else { throw UserError("q must not be an empty list") }
        return try concatenate(list.map { try expandedAxis(at($0), at: 0) }, axis: 0)
      }
    },
  ]

  private static func reduction(
    _ name: String, _ what: String, _ returns: String = "",
    _ body: @escaping (Tensor, Int?) throws -> Tensor
  ) -> Entry {
    .operation(
      name, "\(what) over an axis, a list of axes or all elements.", .arg("x"),
      .arg("axis", default: nil, "1-based, or a list; all elements where absent"),
      .option("keepdim", default: false, "keeps each axis with length 1"), returns: returns,
      example: "return tensor{{1, 2}, {3, 4}}:\(name)(1)"
    ) { (x: Tensor, axis: Axes?, keep: Bool) in
      try reduce(x, axis, keepingAxes: keep, body)
    }
  }

  private static func spreadMeasure(
    _ name: String, _ what: String, _ body: @escaping (Tensor, Int?, Int) throws -> Tensor
  ) -> Entry {
    .operation(
      name, "\(what) over an axis, a list of axes or all elements.", .arg("x"),
      .arg("axis", default: nil, "1-based, or a list; all elements where absent"),
      .option(
        "correction", default: 1 as Count,
        "divides by N − correction; nan where that is 0 or less", in: .nonNegative),
      .option("keepdim", default: false, "keeps each axis with length 1"),
      example: "return tensor{1, 2, 3}:\(name)()"
    ) { (x: Tensor, axis: Axes?, correction: Count, keep: Bool) in
      try reduce(x, axis, keepingAxes: keep) { try body($0, $1, correction.value) }
    }
  }
}
