// On N(0, v) data the score is −x/V with V = α² v + σ², so that a sampler that is linear in its state is a
// recursion for numbers. Each is written here from the published step, and compared to the digit.

import Diffusion
import Glibc
import Models
import Processes
import Tensors
import Testing

@Suite struct LinearRecursionTests {
  /// The diffusions, the variances of the data, and the grids.
  private static let processes: [any DiffusionProcess] = [VP(), VEPower(), EDM(), LinearFlow()]

  private func grids(_ process: any DiffusionProcess) throws -> [[Double]] {
    try [7, 20].map { try TimeGrid.logSNR(process, steps: $0) } + [process.grid(steps: 50)]
  }

  @Test(
    "every sampler that is linear in its state is its own recursion, to the digit",
    arguments: processes.indices)
  func recursions(_ which: Int) throws {
    let process = Self.processes[which]
    for sampler in SampleModule.samplers {
      for certified in sampler.certified {
        let name = sampler.title(certified)
        if case .tolerance = certified.convergence { continue }
        // Their steps depend on the state.
        if ["mala", "adaptive_sde"].contains(sampler.name) { continue }
        let step = try #require(LinearRecursion.steps[name], "\(name) has no recursion here")
        for variance in [2.0, 0.25] {
          for times in try grids(process) {
            var state = LinearRecursion(process, variance, times)
            state.run(step)
            let law = try SamplerLaw(
              certified.start, gaussianModel(process, variance: variance), along: times, from: 3,
              omitsLast: true)
            let expected = state.x.variance(of: 3)
            #expect(
              abs(law.variance / expected - 1) < 1e-9,
              "\(name), \(process.call), v = \(variance), \(times.count - 1) steps: \(law.variance), \(expected)"
            )
          }
        }
      }
    }
  }

  @Test("a recursion with the wrong kernel is told apart")
  func planted() throws {
    let (process, times) = (VP(), try TimeGrid.logSNR(VP(), steps: 20))
    var state = LinearRecursion(process, 2, times)
    state.run { $0.x = $0.x * (2 - $0.a * 1.0001 - $0.b2 / $0.v) + $0.draw() * $0.b2.squareRoot() }
    let start = try #require(ReverseDiffusion.sampler.start)
    let law = try SamplerLaw(
      start, gaussianModel(process, variance: 2), along: times, from: 3, omitsLast: true)
    #expect(abs(law.variance / state.x.variance(of: 3) - 1) > 1e-6)
  }

  /// The standard deviation at which a sampler ends on N(0, 0.25) data from 80, by the grid of Karras et al.
  private func karrasEnd(_ start: (SamplingRun) throws -> SamplingStep, _ count: Int) throws
    -> Double
  {
    let (first, last) = (pow(80, 1 / 7.0), pow(0.002, 1 / 7.0))
    let levels = (0..<count).map {
      pow(first + Double($0) / Double(count - 1) * (last - first), 7)
    }
    return try SamplerLaw(
      start, gaussianModel(EDM(), variance: 0.25), along: levels + [0], from: 6400
    ).variance.squareRoot()
  }

  @Test("EDM's grid from 80 on data of standard deviation 0.5: Heun leaves 0.52763 in 18 levels")
  func karras() throws {
    for (count, error) in [
      (18, 0.02763), (20, 0.02183), (40, 0.00489), (80, 0.00116), (160, 0.00028),
    ] {
      #expect(abs(try karrasEnd(Heun.start, count) - 0.5 - error) < 1.5e-5, "\(count)")
    }
    for (count, error) in [(20, 0.0695), (40, 0.0351), (80, 0.0177), (160, 0.0089)] {
      #expect(abs(0.5 - (try karrasEnd(Euler.start, count)) - error) < 1e-4, "\(count)")
    }
  }
}
