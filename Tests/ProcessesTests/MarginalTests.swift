import Autodiff
import Catalog
import Glibc
import Processes
import Tensors
import Testing

/// Every process, with options beside the defaults.
enum Processes {
  static let all: [any DiffusionProcess] = [
    VP(), VPCosine(), SubVP(), VE(), VEPower(), VEPower(.init { $0.base = 3 }), EDM(),
    OrnsteinUhlenbeck(), OrnsteinUhlenbeck(.init { $0.rate = 2.5 }), LinearFlow(),
  ]
  static let places = Array(all.indices)

  /// Where drift and diffusion are finite.
  static func end(_ process: any DiffusionProcess) -> Double { min(process.times.upperBound, 3) }
}

@Suite("Diffusion processes") struct MarginalTests {
  /// The moments of a linear SDE obey m′ = f m and (s²)′ = 2 f s² + g²; Runge and Kutta's fourth order.
  @Test("alpha and sigma follow from drift and diffusion", arguments: Processes.places)
  func moments(_ place: Int) {
    let process = Processes.all[place]
    let n = 20_000
    let h = Processes.end(process) / Double(n)
    var state = (process.alpha(at: 0), process.sigma(at: 0) * process.sigma(at: 0))
    func slope(_ t: Double, _ state: (Double, Double)) -> (Double, Double) {
      let (f, g) = (process.drift(at: t), process.diffusion(at: t))
      return (f * state.0, 2 * f * state.1 + g * g)
    }
    func moved(_ k: (Double, Double), _ h: Double) -> (Double, Double) {
      (state.0 + h * k.0, state.1 + h * k.1)
    }
    for i in 0..<n {
      let t = Double(i) * h
      let k1 = slope(t, state)
      let k2 = slope(t + h / 2, moved(k1, h / 2))
      let k3 = slope(t + h / 2, moved(k2, h / 2))
      let k4 = slope(t + h, moved(k3, h))
      state = moved(
        ((k1.0 + 2 * k2.0 + 2 * k3.0 + k4.0) / 6, (k1.1 + 2 * k2.1 + 2 * k3.1 + k4.1) / 6), h)
    }
    let end = Processes.end(process)
    #expect(abs(state.0 / process.alpha(at: end) - 1) < 1e-8)
    #expect(abs(state.1.squareRoot() / process.sigma(at: end) - 1) < 1e-8)
  }

  /// Paths of dx = f x dt + g dW from one x_0, by Euler and Maruyama.
  @Test("simulated paths have these marginals", arguments: Processes.places)
  func simulation(_ place: Int) throws {
    let process = Processes.all[place]
    let (paths, steps, start) = (20_000, 400, 1.5)
    let end = process.time(halfwayTo: Processes.end(process))
    let stream = RandomStream(seed: 3)
    var x =
      try stream.normal([paths], .float64) * process.sigma(at: 0)
      + process.alpha(at: 0) * start
    for i in 0..<steps {
      let t = end * (Double(i) + 0.5) / Double(steps)
      let dt = end / Double(steps)
      let noise = try stream.normal([paths], .float64)
      x =
        try x * (1 + process.drift(at: t) * dt) + noise
        * (process.diffusion(at: t) * dt.squareRoot())
    }
    let sigma = process.sigma(at: end)
    let values = try x.doubles()
    let mean = values.reduce(0, +) / Double(paths)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(paths)
    #expect(
      abs(mean - process.alpha(at: end) * start) < 4.5 * sigma / Double(paths).squareRoot() + 2e-3)
    #expect(abs(variance.squareRoot() / sigma - 1) < 0.03)
  }

  @Test("slopes of every quantity are those of differences", arguments: Processes.places)
  func slopes(_ place: Int) throws {
    let process = Processes.all[place]
    let (low, high) = (process.times.lowerBound, Processes.end(process))
    let times = [0.02, 0.3, 0.71, 0.97].map { low + (high - low) * $0 }
    for quantity in TimeQuantity.allCases {
      let (value, slope) = try vjp(
        [Tensor(times)], cotangent: .full([times.count], 1, .float64)
      ) { try process.values(quantity, of: $0[0]) }
      for (i, t) in times.enumerated() {
        let exact = process.value(quantity, at: t)
        #expect(abs(try value.doubles()[i] - exact) <= 1e-12 * abs(exact), "\(quantity) at \(t)")
        let h = 1e-4 * t
        func d(_ h: Double) -> Double {
          (process.value(quantity, at: t + h) - process.value(quantity, at: t - h)) / (2 * h)
        }
        let difference = (4 * d(h / 2) - d(h)) / 3
        let found = try slope[0].doubles()[i]
        let scale = abs(difference) + abs(exact) / max(t, 0.1)
        #expect(
          abs(found - difference) <= 1e-7 * scale, "\(quantity) at \(t): \(found), \(difference)")
      }
    }
    // The slopes that the drift is made of.
    for t in times {
      let h = 1e-5 * t
      let alpha = (process.alpha(at: t + h) - process.alpha(at: t - h)) / (2 * h)
      #expect(abs(alpha - process.value(.alphaSlope, at: t)) < 1e-6 * (1 + abs(alpha)))
    }
  }

  @Test(
    "log-SNR falls, and its inverse finds the time, with its slope", arguments: Processes.places)
  func logSNR(_ place: Int) throws {
    let process = Processes.all[place]
    let times = TimeGridCase.even(process, 50)
    for (a, b) in zip(times, times.dropFirst()) {
      #expect(process.logSNR(at: a) < process.logSNR(at: b))
      #expect(
        abs(try process.time(ofLogSNR: process.logSNR(at: b)) / max(b, 1e-9) - 1) < 1e-9 || b == 0)
    }
    let level = process.logSNR(at: times[25])
    let slope = try vjp([Tensor([level], shape: [1])], cotangent: .full([1], 1, .float64)) {
      try process.times(ofLogSNR: $0[0])
    }.cotangents[0].doubles()[0]
    let h = 1e-4
    let difference =
      (try process.time(ofLogSNR: level + h) - process.time(ofLogSNR: level - h)) / (2 * h)
    #expect(abs(slope / difference - 1) < 1e-6)
    #expect(throws: UserError.self) { try process.time(ofLogSNR: .nan) }
  }

  @Test("published constants hold")
  func constants() throws {
    #expect(abs(VEPower().sigma(at: 1.0) - 9.845) < 5e-4)
    #expect(abs(VEPower().sigma(at: 1e-3) - 0.0317) < 5e-5)
    #expect(abs(VEPower().sigma(at: 0.065) - 0.2841) < 5e-5)
    let alpha = VP().alpha(at: 1.0)
    #expect(abs(alpha * alpha - 4.3186e-5) < 1e-9)
    // Song et al. 2021, Eq. 29: g² = β (1 − α⁴).
    let g = SubVP().diffusion(at: 0.4)
    let a = SubVP().alpha(at: 0.4)
    #expect(abs(g * g / ((0.1 + 0.4 * 19.9) * (1 - pow(a, 4))) - 1) < 1e-12)
    #expect(abs(VE().sigma(at: 0.0) - 0.01) < 1e-16 && abs(VE().sigma(at: 1.0) - 50) < 1e-12)
    #expect(
      LinearFlow().drift(at: 0.5) == -2
        && abs(LinearFlow().diffusion(at: 0.5) - 2.0.squareRoot()) < 1e-15)
    #expect(abs(OrnsteinUhlenbeck().alpha(at: 1.0) - exp(-1)) < 1e-16)
    #expect(VPCosine().alpha(at: 0.0) == 1 && VPCosine().sigma(at: 0.0) == 0)
    #expect(VPCosine().alpha(at: 1.0) == 0 && abs(VPCosine().sigma(at: 1.0) - 1) < 1e-12)
  }

  @Test("sigma of a batch equals sigma one by one", arguments: Processes.places)
  func batch(_ place: Int) throws {
    let process = Processes.all[place]
    let times: [Float] = [0.002, 1e-3, 0.065, 0.5, 0.999]
    let batch = try process.sigma(of: Tensor(times)).floats()
    for (t, value) in zip(times, batch) {
      #expect(abs(Double(value) / process.sigma(at: Double(t)) - 1) < 2e-6, "t = \(t)")
    }
  }

  @Test("grids run down from the prior to the lower end", arguments: Processes.places)
  func grids(_ place: Int) throws {
    let process = Processes.all[place]
    let grid = try process.grid(steps: 18)
    #expect(grid.count == 19 && grid == grid.sorted(by: >))
    #expect(grid.first == process.times.upperBound && grid.last == process.times.lowerBound)
  }

  @Test("the grid of Karras et al. at N = 18 has their second level")
  func karras() throws {
    let grid = try EDM().grid(steps: 17)
    let expected = pow(pow(80, 1 / 7.0) + (pow(0.002, 1 / 7.0) - pow(80, 1 / 7.0)) / 17, 7)
    #expect(abs(grid[1] - expected) < 1e-9 && grid[1] > 57 && grid[1] < 58)
  }
}

enum TimeGridCase {
  /// Times from the last to the first.
  static func even(_ process: any DiffusionProcess, _ steps: Int) -> [Double] {
    let (low, high) = (process.times.lowerBound, process.times.upperBound)
    return (0...steps).map { high - (high - low) * Double($0) / Double(steps) }
  }
}

extension DiffusionProcess {
  /// A time at which the noise is large and the step of a simulation still small.
  func time(halfwayTo end: Double) -> Double { end / 2 }
}
