import Catalog
import Runtime
import Tensors

/// `data.split`: points in disjoint parts.
enum Split {
  static let entry = Entry.function(
    "split", "Points in disjoint parts, drawn at random.",
    .arg("x", "points [n, …], or labels [n]"),
    .arg("parts", "the share of the first of two parts, or a list of how many each part has"),
    .option("shuffle", default: true, "false takes the parts in the order of the points"),
    .option("seed", default: nil, "of the order; the session's next where absent"),
    returns: "a tensor for each part",
    details: """
      The same seed gives the same places of any tensor with as many rows, so that labels are split as their \
      pictures are. With a list what is left over is in no part.
      """,
    example:
      "train_x, test_x = data.split(data.mnist{count = 100}, 0.8, {seed = 1})  return #train_x"
  ) { (x: Tensor, parts: OneOf<Double, [Count]>, isShuffled: Bool, seed: Int?) -> ValueList in
    guard x.trace == nil else {
      throw UserError("x must not be differentiated here; use its detach()")
    }
    guard x.rank > 0 else {
      throw UserError("x must have points along its first axis, got a number")
    }
    let counts = try counts(parts, of: x.shape[0])
    guard isShuffled || seed == nil else {
      throw UserError("seed is for shuffled parts, shuffle is false")
    }
    var order = try checkedArray(repeating: Int32(0), count: x.shape[0])
    for i in order.indices { order[i] = Int32(clamping: i) }
    if isShuffled {
      let seed = seed ?? SessionSeed.next()
      try shuffle(
        &order,
        key: RandomStream(seed: seed, purpose: .split).key,
        step: 0, row: 0, poll: Cancellation.check)
    }
    var first = 0
    return ValueList(
      try counts.map { count in
        defer { first += count }
        return .object(try x.gathered(rows: order[first..<first + count].map { Int(clamping: $0) }))
      })
  }

  private static func counts(_ parts: OneOf<Double, [Count]>, of n: Int) throws -> [Int] {
    switch parts {
    case .first(let share):
      guard share > 0, share < 1 else {
        throw UserError(
          "parts must be a share between 0 and 1 or a list of counts, got \(formatNumber(share))")
      }
      let first = Int(clamping: (share * Double(n)).rounded())
      return [first, n - first]
    case .second(let counts):
      guard counts.allSatisfy({ $0.value >= 0 }) else {
        throw UserError("parts must be counts of 0 or more, got \(counts.map(\.value).literal)")
      }
      let total = try counts.reduce(Count(0)) { try $0 + $1 }
      guard !counts.isEmpty, total.value <= n else {
        throw UserError(
          "parts must be counts that sum to at most \(n), got \(counts.map(\.value).literal)")
      }
      return counts.map(\.value)
    }
  }
}
