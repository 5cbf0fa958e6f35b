import KernelsBase
import Testing

@Suite("Passes of the assignment") struct TransportTests {
  @Test("agree with plain loops", arguments: Level.all)
  func plainLoops(level: Level) {
    let k = level.kernels
    for n in [8, 16, 40, 1024] {
      let costs: [Float] = spread(0...1, n)
      var potentials: [Double] = spread(-1...1, n, seed: 2)
      potentials[3] = -.infinity
      var key: [Double] = spread(0...2, n, seed: 3)
      (key[3], key[5]) = (.infinity, .infinity)
      var from = [Double](repeating: -1, count: n)
      let old = key
      let candidates = (0..<n).map { Double(costs[$0]) - potentials[$0] + 0.25 }
      let least = k.relax(
        costs, potentials, shift: 0.25, row: 7, key: &key, from: &from, n)
      for j in 0..<n {
        #expect(key[j] == min(old[j], candidates[j]))
        #expect(from[j] == (candidates[j] < old[j] ? 7 : -1))
      }
      #expect(least.least == key.min() && least.place == key.firstIndex(of: least.least))
      let values = (0..<n).map { Double(costs[$0]) - potentials[$0] }
      let order = values.indices.sorted { values[$0] < values[$1] }
      let two = k.twoLeast(costs, potentials, n)
      #expect(two.place == order[0] && two.next == order[1])
      #expect(two.first == values[order[0]] && two.second == values[order[1]])
    }
  }

  @Test("of equal numbers the first place counts, and the next is another", arguments: Level.all)
  func ties(level: Level) {
    let (costs, none) = ([Float](repeating: 1, count: 24), [Double](repeating: 0, count: 24))
    let two = level.kernels.twoLeast(costs, none, 24)
    #expect(two.place == 0 && two.next != 0 && two.first == 1 && two.second == 1)
    var (key, from) = ([Double](repeating: 1, count: 24), none)
    let least = level.kernels.relax(costs, none, shift: 0, row: 2, key: &key, from: &from, 24)
    #expect(least.least == 1 && least.place == 0 && from == none)
  }
}
