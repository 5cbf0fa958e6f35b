import Catalog
import Tensors

/// Einstein summation: `ij,jk->ik`. Operands are joined from left to right; each pair becomes one
/// batched matrix product, so that BLAS does the work and the gradient is that of its parts.
struct Einsum {
  /// The letters of each operand, and of the result.
  let operands: [[Character]]
  let output: [Character]

  init(parsing form: String) throws {
    let text = form.filter { $0 != " " }
    let sides = text.components("->")
    guard sides.count <= 2, !text.contains(".") else {
      throw UserError("form must be like 'ij,jk->ik' (without '...'), got '\(form)'")
    }
    operands = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let all = operands.joined()
    for letter in all where !letter.isLetter || !letter.isASCII {
      throw UserError("form must name axes by letters, got '\(letter)' in '\(form)'")
    }
    guard sides.count == 2 else {
      // Without an arrow: the letters that occur once, in alphabetical order.
      output = all.filter { letter in all.count { $0 == letter } == 1 }.sorted()
      return
    }
    output = Array(sides[1])
    for (place, letter) in output.enumerated() {
      guard all.contains(letter) else {
        throw UserError("'\(letter)' stands in the result of '\(form)' and in no operand")
      }
      guard !output[..<place].contains(letter) else {
        throw UserError("'\(letter)' stands twice in the result of '\(form)'")
      }
    }
  }

  func callAsFunction(_ tensors: [Tensor]) throws -> Tensor {
    try check(tensors)
    var terms = try zip(tensors, operands).map { try Term($0, $1) }
    var result = terms.removeFirst()
    while !terms.isEmpty {
      let next = terms.removeFirst()
      let later = Set(output).union(terms.flatMap(\.letters))
      result = try result.summed(keeping: later.union(next.letters))
        .joined(next.summed(keeping: later.union(result.letters)), keeping: later)
    }
    result = try result.summed(keeping: Set(output))
    return try permute(
      result.tensor, output.compactMap { result.letters.firstIndex(of: $0) })
  }

  private func check(_ tensors: [Tensor]) throws {
    guard tensors.count == operands.count else {
      throw UserError("form has \(operands.count) operands, got \(tensors.count) tensors")
    }
    var known: [Character: (length: Int, operand: Int)] = [:]
    for (number, (tensor, letters)) in zip(tensors, operands).enumerated() {
      guard tensor.rank == letters.count else {
        throw UserError(
          "operand \(number + 1) is named '\(String(letters))' and has shape \(tensor.shape)")
      }
      for (letter, length) in zip(letters, tensor.shape) {
        if let other = known[letter], other.length != length {
          throw UserError(
            "'\(letter)' has length \(other.length) in operand \(other.operand) and \(length) in "
              + "operand \(number + 1)")
        }
        known[letter] = (length, number + 1)
      }
    }
  }
}

/// A tensor with a different letter for each axis.
private struct Term {
  let tensor: Tensor
  let letters: [Character]

  init(tensor: Tensor, letters: [Character]) {
    self.tensor = tensor
    self.letters = letters
  }

  /// A letter that stands twice takes the diagonal.
  init(_ tensor: Tensor, _ letters: [Character]) throws {
    let different = letters.enumerated().filter { letters.firstIndex(of: $1) == $0 }.map(\.element)
    self.letters = different
    if different.count == letters.count {
      self.tensor = tensor
      return
    }
    let strides = tensor.shape.denseStrides
    var places = [0]
    var lengths: [Int] = []
    for letter in different {
      let axes = letters.indices.filter { letters[$0] == letter }
      let length = tensor.shape[axes[0]]
      let step = axes.reduce(0) { $0 + strides[$1] }
      places = places.flatMap { start in (0..<length).map { start + $0 * step } }
      lengths.append(length)
    }
    self.tensor = try gather(tensor, at: places, shape: Shape(lengths))
  }

  func summed(keeping kept: Set<Character>) throws -> Term {
    var result = tensor
    for (axis, letter) in letters.enumerated().reversed() where !kept.contains(letter) {
      result = try sum(result, axis: axis)
    }
    return Term(tensor: result, letters: letters.filter(kept.contains))
  }

  /// The product of two terms, summed over what both have and nobody needs later.
  func joined(_ other: Term, keeping kept: Set<Character>) throws -> Term {
    let both = letters.filter(other.letters.contains)
    let batch = both.filter(kept.contains)
    let inner = both.filter { !kept.contains($0) }
    let rows = letters.filter { !both.contains($0) }
    let columns = other.letters.filter { !both.contains($0) }
    let names = batch + rows + columns
    let lengths = names.map { length($0) ?? other.length($0) ?? 1 }
    let shape = try Array(Shape(checking: lengths))
    let product: Tensor
    if inner.isEmpty || (rows.isEmpty && columns.isEmpty) {
      // No sum, or one number for each of a batch: element by element.
      let a = try arranged([batch, rows, [], inner])
      let b = try other.arranged([batch, [], columns, inner])
      product = try sum(a * b, axis: 3)
    } else if batch.isEmpty {
      product = try matmul(arranged([rows, inner]), other.arranged([inner, columns]))
    } else {
      product = try matmul(
        arranged([batch, rows, inner]), other.arranged([batch, inner, columns]))
    }
    return Term(tensor: try reshape(product, to: shape), letters: names)
  }

  private func length(_ letter: Character) -> Int? {
    letters.firstIndex(of: letter).map { tensor.shape[$0] }
  }

  private func count(_ group: [Character]) -> Int { group.reduce(1) { $0 * (length($1) ?? 1) } }

  /// Axes in the order of the groups, each group merged into one axis.
  private func arranged(_ groups: [[Character]]) throws -> Tensor {
    let order = groups.joined().compactMap { letters.firstIndex(of: $0) }
    return try reshape(permute(tensor, order), to: groups.map(count))
  }
}

extension String {
  /// The parts between occurrences of a separator.
  fileprivate func components(_ separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
