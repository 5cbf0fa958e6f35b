import Glibc
import Processes
import Tensors
import Testing

@Suite("Diffusion processes") struct MarginalTests {
  static let all: [any DiffusionProcess] = [
    VEPower(), VEPower(.init { $0.base = 3 }), VP(),
    EDM(),
  ]

  /// The moments of a linear SDE obey m′ = f m and (s²)′ = 2 f s² + g²; 200,000 midpoint steps.
  @Test("mean and std follow from drift and diffusion", arguments: 0..<4)
  func marginals(_ place: Int) {
    let process = MarginalTests.all[place]
    let end = min(process.times.upperBound, 2)
    let n = 200_000
    let h = end / Double(n)
    var mean = 1.0
    var variance = 0.0
    for i in 0..<n {
      let t = (Double(i) + 0.5) * h
      let f = process.drift(t)
      let g = process.diffusion(t)
      let half = mean * (1 + f * h / 2)
      mean += h * f * half
      let middle = variance + h / 2 * (2 * f * variance + g * g)
      variance += h * (2 * f * middle + g * g)
    }
    #expect(abs(mean - process.mean(end)) < 1e-6)
    #expect(abs(variance.squareRoot() / process.std(end) - 1) < 1e-6)
  }

  @Test("published constants hold")
  func constants() {
    #expect(abs(VEPower().std(1) - 9.845) < 5e-4)
    #expect(abs(VEPower().std(1e-3) - 0.0317) < 5e-5)
    #expect(abs(VEPower().std(0.065) - 0.2841) < 5e-5)
    let alpha = VP().mean(1)
    #expect(abs(alpha * alpha - 4.3186e-5) < 1e-9)
  }

  @Test("std of a batch equals std one by one", arguments: 0..<4)
  func batchStd(_ place: Int) {
    let process = MarginalTests.all[place]
    let times: [Float] = [0.002, 1e-3, 0.065, 0.5, 0.999, 1]
    var batch = [Float](repeating: 0, count: times.count)
    times.withUnsafeBufferPointer { t in
      batch.withUnsafeMutableBufferPointer { out in
        if let t = t.baseAddress, let out = out.baseAddress { process.std(t, out, times.count) }
      }
    }
    for (t, value) in zip(times, batch) {
      #expect(abs(Double(value) / process.std(Double(t)) - 1) < 2e-6, "t = \(t)")
    }
  }

  @Test("grids run down from the prior to the lower end", arguments: 0..<4)
  func grids(_ place: Int) {
    let process = MarginalTests.all[place]
    let grid = process.grid(steps: 18)
    #expect(grid.count == 19 && grid == grid.sorted(by: >))
    #expect(grid.first == process.times.upperBound && grid.last == process.times.lowerBound)
  }

  @Test("the grid of Karras et al. at N = 18 has their second level")
  func karras() {
    let grid = EDM().grid(steps: 17)
    let expected = pow(pow(80, 1 / 7.0) + (pow(0.002, 1 / 7.0) - pow(80, 1 / 7.0)) / 17, 7)
    #expect(abs(grid[1] - expected) < 1e-9 && grid[1] > 57 && grid[1] < 58)
  }
}
