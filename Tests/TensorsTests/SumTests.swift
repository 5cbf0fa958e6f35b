import Runtime
import Tensors
import Testing

@Suite("Sums over axes") struct SumTests {
  @Test("have the same bits at any number of threads, in every cut")
  func threads() throws {
    let usual = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = usual }
    for shape in [
      [100_000, 3], [3000, 100], [700, 1100], [70, 5000], [20, 40_000], [9, 5000, 2],
      [300, 40, 17],
      [200_000],
    ] as [Shape] {
      let x = try RandomStream(seed: 1).uniform(shape, .float32)
      let y = try x.converted(to: .float64)
      for axis in 0..<shape.rank {
        var seen: [[UInt64]] = []
        for count in [1, 2, 5] {
          WorkerPool.shared.threadCount = count
          let sums =
            try x.reduced(.sum, axis: axis).doubles() + y.reduced(.sum, axis: axis).doubles()
          seen.append(sums.map(\.bitPattern))
        }
        #expect(seen[0] == seen[1] && seen[0] == seen[2], "\(shape) axis \(axis + 1)")
      }
    }
  }
}
