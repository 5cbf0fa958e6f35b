import Diffusion
import Tensors
import Testing

@Suite("Assignment") struct AssignmentTests {
  private func cost(_ costs: [Double], _ columns: [Int]) -> Double {
    columns.enumerated().reduce(0) { $0 + costs[$1.offset * columns.count + $1.element] }
  }

  private func leastByTrial(_ costs: [Double], _ n: Int) -> Double {
    var least = Double.infinity
    var columns = Array(0..<n)
    func permute(_ first: Int) {
      if first == n { least = min(least, cost(costs, columns)) }
      for place in first..<n {
        columns.swapAt(first, place)
        permute(first + 1)
        columns.swapAt(first, place)
      }
    }
    permute(0)
    return least
  }

  @Test("the sum of the costs is the least of all pairings", arguments: 1...7)
  func bruteForce(_ n: Int) throws {
    for seed in 0..<40 {
      let stream = RandomStream(seed: seed)
      // Every third with many ties.
      let costs = try stream.normal([n * n]).doubles().map {
        seed % 3 == 0 ? $0.rounded() : $0
      }
      let columns = try Assignment.leastCost(costs, count: n)
      #expect(columns.sorted() == Array(0..<n))
      let least = leastByTrial(costs, n)
      #expect(abs(cost(costs, columns) - least) < 1e-9 * (1 + abs(least)))
      // The check sees a pairing that is only good row by row.
      if n == 7, seed == 1 { #expect(cost(costs, greedy(costs, n)) > least + 1e-9) }
    }
  }

  private func greedy(_ costs: [Double], _ n: Int) -> [Int] {
    var free = Set(0..<n)
    return (0..<n).map { row in
      let best = free.min { costs[row * n + $0] < costs[row * n + $1] } ?? 0
      free.remove(best)
      return best
    }
  }

  @Test("in one dimension the least squares pair sorted with sorted", arguments: [1024])
  func sorted(_ n: Int) throws {
    let (x, z) = (
      try RandomStream(seed: 1).normal([n]).doubles(),
      try RandomStream(seed: 2).normal([n]).doubles()
    )
    let costs = x.flatMap { a in z.map { (a - $0) * (a - $0) } }
    let columns = try Assignment.leastCost(costs, count: n)
    let ordered = zip(x.sorted(), z.sorted()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(abs(cost(costs, columns) - ordered) < 1e-9 * ordered)
  }
}

@Suite("Pairs by optimal transport") struct TransportPairTests {
  @Test("each noise of a batch is dealt to one point, and the sum of squared distances is least")
  func pairs() throws {
    let stream = RandomStream(seed: 3)
    let batch = try NoisedBatch(capacity: 40, shape: [2, 2])
    try batch.clean.assign(stream.normal([40, 2, 2]))
    try batch.noise.assign(stream.normal([40, 2, 2]))
    try batch.alpha.assign(Tensor.scalar(0.5))
    try batch.sigma.assign(Tensor.scalar(2))
    func rows(_ tensor: Tensor) throws -> [[Double]] {
      let numbers = try tensor.doubles()
      return (0..<40).map { Array(numbers[4 * $0..<4 * $0 + 4]) }
    }
    func distance(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let (clean, before) = (try rows(batch.clean), try rows(batch.noise))
    try batch.pairByTransport()
    let after = try rows(batch.noise)
    let inOrder = { (rows: [[Double]]) in rows.sorted { $0.lexicographicallyPrecedes($1) } }
    #expect(inOrder(after) == inOrder(before))
    let costs = clean.flatMap { x in before.map { distance(x, $0) } }
    let best = try Assignment.leastCost(costs, count: 40).enumerated().reduce(0) {
      $0 + costs[$1.offset * 40 + $1.element]
    }
    let (found, first) = (
      zip(clean, after).reduce(0) { $0 + distance($1.0, $1.1) },
      zip(clean, before).reduce(0) { $0 + distance($1.0, $1.1) }
    )
    #expect(abs(found - best) < 1e-4 * best)
    #expect(found < 0.8 * first)
    for (x, (z, y)) in zip(clean, zip(after, try rows(batch.noised))) {
      for k in 0..<4 { #expect(abs(0.5 * x[k] + 2 * z[k] - y[k]) < 1e-5) }
    }
  }
}
