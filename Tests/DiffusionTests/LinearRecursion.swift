import Glibc
import Processes

/// A linear combination of the start and of the draws of noise.
struct Gains {
  var start = 0.0
  var draws: [Int: Double] = [:]

  func variance(of start: Double) -> Double {
    self.start * self.start * start + draws.values.reduce(0) { $0 + $1 * $1 }
  }

  static func * (a: Gains, c: Double) -> Gains {
    Gains(start: a.start * c, draws: a.draws.mapValues { $0 * c })
  }
  static func + (a: Gains, b: Gains) -> Gains {
    Gains(start: a.start + b.start, draws: a.draws.merging(b.draws, uniquingKeysWith: +))
  }
  static func - (a: Gains, b: Gains) -> Gains { a + b * -1 }
}

/// The step from t to u of a sampler on N(0, v₀) data, in numbers.
struct LinearRecursion {
  let process: any DiffusionProcess
  let variance: Double
  let times: [Double]
  var x = Gains(start: 1)
  /// What a method remembers: nodes with values there.
  var known: [(node: Double, value: Gains)] = []
  private(set) var index = 0
  private var drawn = 0

  init(_ process: any DiffusionProcess, _ variance: Double, _ times: [Double]) {
    (self.process, self.variance, self.times) = (process, variance, times)
  }

  mutating func run(_ step: (inout LinearRecursion) -> Void) {
    for index in 0..<times.count - 1 {
      self.index = index
      step(&self)
    }
  }

  /// A draw of noise that the last step leaves out.
  mutating func draw(always: Bool = false) -> Gains {
    if isLast, !always { return Gains() }
    drawn += 1
    return Gains(draws: [drawn: 1])
  }

  var isLast: Bool { index == times.count - 2 }
  var t: Double { times[index] }
  var u: Double { times[index + 1] }
  var dt: Double { t - u }

  func alpha(_ t: Double) -> Double { process.alpha(at: t) }
  func sigma(_ t: Double) -> Double { process.sigma(at: t) }
  /// λ = ln(α/σ).
  func lambda(_ t: Double) -> Double { log(alpha(t) / sigma(t)) }
  func time(_ lambda: Double) -> Double { (try? process.time(ofLogSNR: 2 * lambda)) ?? .nan }
  /// V = α² v₀ + σ².
  func marginal(_ t: Double) -> Double {
    alpha(t) * alpha(t) * variance + sigma(t) * sigma(t)
  }
  /// E[x_0 | x]/x, E[z | x]/x, and v/x of the probability flow, ½ V′/V.
  func clean(_ t: Double) -> Double { alpha(t) * variance / marginal(t) }
  func noise(_ t: Double) -> Double { sigma(t) / marginal(t) }
  func flow(_ t: Double) -> Double {
    (2 * alpha(t) * process.value(.alphaSlope, at: t) * variance
      + process.value(.varianceSlope, at: t)) / (2 * marginal(t))
  }

  var v: Double { marginal(t) }
  var a: Double { alpha(t) / alpha(u) }
  var b2: Double { sigma(t) * sigma(t) - a * a * sigma(u) * sigma(u) }
  var h: Double { lambda(u) - lambda(t) }
}

// Steps by the names of the samplers.
extension LinearRecursion {
  static let steps: [String: (inout LinearRecursion) -> Void] = flows.merging(reverse) { a, _ in a }
    .merging(exponential) { a, _ in a }.merging(multistep) { a, _ in a }

  private static let flows: [String: (inout LinearRecursion) -> Void] = [
    "euler": { $0.x = $0.x * (1 - $0.dt * $0.flow($0.t)) },
    "flow_euler": { $0.x = $0.x * (1 - $0.dt * $0.flow($0.t)) },
    "heun": {
      let (first, second) = ($0.flow($0.t), $0.flow($0.u))
      $0.x = $0.x * (1 - $0.dt / 2 * (first + (1 - $0.dt * first) * second))
    },
    "flow_midpoint": {
      let middle = $0.flow(($0.t + $0.u) / 2)
      $0.x = $0.x * (1 - $0.dt * middle * (1 - $0.dt / 2 * $0.flow($0.t)))
    },
    "rk4": {
      let h = -$0.dt
      let (w1, w2, w4) = ($0.flow($0.t), $0.flow(($0.t + $0.u) / 2), $0.flow($0.u))
      let k2 = w2 * (1 + h / 2 * w1)
      let k3 = w2 * (1 + h / 2 * k2)
      let k4 = w4 * (1 + h * k3)
      $0.x = $0.x * (1 + h / 6 * (w1 + 2 * k2 + 2 * k3 + k4))
    },
  ]

  /// A step of Euler–Maruyama, f and g from the slopes.
  private mutating func eulerMaruyama() {
    let f = process.value(.alphaSlope, at: t) / alpha(t)
    let g2 = process.value(.varianceSlope, at: t) - 2 * f * sigma(t) * sigma(t)
    x = x * (1 - f * dt - g2 * dt / v) + draw() * (g2 * dt).squareRoot()
  }

  /// x ← x + ε s + √(2ε) z at a time.
  private mutating func langevin(_ t: Double, _ epsilon: Double, always: Bool) {
    x = x * (1 - epsilon / marginal(t)) + draw(always: always) * (2 * epsilon).squareRoot()
  }

  private static let reverse: [String: (inout LinearRecursion) -> Void] = [
    "euler_maruyama": { $0.eulerMaruyama() },
    "reverse_diffusion": {
      $0.x = $0.x * (2 - $0.a - $0.b2 / $0.v) + $0.draw() * $0.b2.squareRoot()
    },
    "ancestral": {
      $0.x =
        $0.x * ((1 - $0.b2 / $0.v) / $0.a)
        + $0.draw() * ($0.b2.squareRoot() * $0.sigma($0.u) / $0.sigma($0.t))
    },
    "ddpm": { $0.x = $0.x * ((1 - $0.b2 / $0.v) / $0.a) + $0.draw() * $0.b2.squareRoot() },
    "ddpm variance = 'posterior'": {
      $0.x =
        $0.x * ((1 - $0.b2 / $0.v) / $0.a)
        + $0.draw() * ($0.b2.squareRoot() * $0.sigma($0.u) / $0.sigma($0.t))
    },
    "ddim": { ddim(&$0, 0) }, "ddim eta = 0.5": { ddim(&$0, 0.5) },
    "ddim eta = 1": { ddim(&$0, 1) },
    "predictor_corrector": {
      let (ratio, sigma) = (0.16, $0.sigma($0.t))
      $0.langevin($0.t, 2 * pow($0.a * ratio * sigma, 2), always: true)
      $0.eulerMaruyama()
    },
    "annealed_langevin": {
      $0.x = $0.x * ($0.alpha($0.u) / $0.alpha($0.t))
      for k in 1...5 {
        $0.langevin($0.u, 2 * pow(0.16 * $0.sigma($0.u), 2), always: k < 5)
      }
    },
    "edm_stochastic": { edm(&$0) },
    "underdamped_langevin": { underdamped(&$0) },
    "gaussian_step": { r in
      // x_u given x_t from the covariance α_u v₀ α_t + a σ_u² of the two and their variances.
      let (v, w) = (r.marginal(r.t), r.marginal(r.u))
      let shared = r.a * w
      r.x = r.x * (shared / v)
      if !r.isLast { r.x = r.x + r.draw() * (w - shared * shared / v).squareRoot() }
    },
    "dpm_solver_pp_sde": {
      let now = $0.x * $0.clean($0.t)
      var d = now
      if let last = $0.known.last {
        d = d + (now - last.value) * ($0.h / (2 * last.node))
      }
      $0.known = [($0.h, now)]
      let e = exp(-2 * $0.h)
      $0.x =
        $0.x * ($0.sigma($0.u) / $0.sigma($0.t) * exp(-$0.h)) + d * ($0.alpha($0.u) * (1 - e))
        + $0.draw() * ($0.sigma($0.u) * (1 - e).squareRoot())
    },
  ]

  /// Leimkuhler and Matthews 2013 (BAOAB), r = 0.4, Γ = 1; the velocity is kept in `known`.
  private static func underdamped(_ r: inout LinearRecursion) {
    let h = 0.4 * r.sigma(r.u)
    let kept = exp(-0.4)
    r.x = r.x * (r.alpha(r.u) / r.alpha(r.t))
    var v = r.known.last?.value ?? r.draw(always: true)
    for _ in 1...5 {
      v = v - r.x * (h / 2 / r.marginal(r.u))
      r.x = r.x + v * (h / 2)
      v = v * kept + r.draw(always: true) * (1 - kept * kept).squareRoot()
      r.x = r.x + v * (h / 2)
      v = v - r.x * (h / 2 / r.marginal(r.u))
    }
    r.known = [(0, v)]
  }

  /// Song et al. 2021 (DDIM), Eq. 12.
  private static func ddim(_ r: inout LinearRecursion, _ eta: Double) {
    let c = eta * (r.b2.squareRoot() * r.sigma(r.u) / r.sigma(r.t))
    let rest = (r.sigma(r.u) * r.sigma(r.u) - c * c).squareRoot()
    r.x = r.x * (r.alpha(r.u) * r.clean(r.t) + rest * r.noise(r.t))
    if c > 0 { r.x = r.x + r.draw() * c }
  }

  /// Karras et al. 2022, Algorithm 2, churn 40.
  private static func edm(_ r: inout LinearRecursion) {
    var t = r.t
    let level = r.sigma(t) / r.alpha(t)
    let gamma = min(40 / Double(r.times.count - 1), 2.0.squareRoot() - 1)
    let last = r.process.times.upperBound
    let raised = min(level * (1 + gamma), r.sigma(last) / r.alpha(last))
    if raised > level {
      t = r.time(-log(raised))
      r.x = r.x * (r.alpha(t) / r.alpha(r.t))
      r.x =
        r.x + r.draw(always: true) * (r.alpha(t) * (raised * raised - level * level).squareRoot())
    }
    let dt = t - r.u
    let (first, second) = (r.flow(t), r.flow(r.u))
    r.x = r.x * (1 - dt / 2 * (first + (1 - dt * first) * second))
  }

  private static let exponential: [String: (inout LinearRecursion) -> Void] = [
    "dpm_solver_1": {
      let growth = exp($0.h) - 1
      $0.x = $0.x * ($0.alpha($0.u) / $0.alpha($0.t) - $0.sigma($0.u) * growth * $0.noise($0.t))
    },
    "dpm_solver_2": { $0.x = $0.x * $0.gainOfSolver2 },
    "dpm_solver_3": { $0.x = $0.x * $0.gainOfSolver3 },
    "dpm_solver_pp_2s": { $0.x = $0.x * $0.gainOfSolver2S },
  ]

  private var gainOfSolver2: Double {
    let s = time(lambda(t) + h / 2)
    let middle = alpha(s) / alpha(t) - sigma(s) * (exp(h / 2) - 1) * noise(t)
    return alpha(u) / alpha(t) - sigma(u) * (exp(h) - 1) * noise(s) * middle
  }

  private var gainOfSolver3: Double {
    let (s1, s2) = (time(lambda(t) + h / 3), time(lambda(t) + h * 2 / 3))
    let (e1, e2, e3) = (exp(h / 3) - 1, exp(h * 2 / 3) - 1, exp(h) - 1)
    let e = noise(t)
    let d1 = noise(s1) * (alpha(s1) / alpha(t) - sigma(s1) * e1 * e) - e
    let x2 =
      alpha(s2) / alpha(t) - sigma(s2) * e2 * e - sigma(s2) * 2 * (e2 / (h * 2 / 3) - 1) * d1
    let d2 = noise(s2) * x2 - e
    return alpha(u) / alpha(t) - sigma(u) * e3 * e - sigma(u) * 1.5 * (e3 / h - 1) * d2
  }

  private var gainOfSolver2S: Double {
    let s = time(lambda(t) + h / 2)
    let middle = sigma(s) / sigma(t) + alpha(s) * (1 - exp(-h / 2)) * clean(t)
    return sigma(u) / sigma(t) + alpha(u) * (1 - exp(-h)) * clean(s) * middle
  }

  private var gainOfSolver3S: Double {
    let (s1, s2) = (time(lambda(t) + h / 3), time(lambda(t) + h * 2 / 3))
    let (e1, e2, e3) = (exp(-h / 3) - 1, exp(-h * 2 / 3) - 1, exp(-h) - 1)
    let d = clean(t)
    let d1 = clean(s1) * (sigma(s1) / sigma(t) - alpha(s1) * e1 * d) - d
    let x2 =
      sigma(s2) / sigma(t) - alpha(s2) * e2 * d + alpha(s2) * 2 * (e2 / (h * 2 / 3) + 1) * d1
    let d2 = clean(s2) * x2 - d
    return sigma(u) / sigma(t) - alpha(u) * e3 * d + alpha(u) * 1.5 * (e3 / h + 1) * d2
  }

  private static let multistep: [String: (inout LinearRecursion) -> Void] = [
    "dpm_solver_pp_2m": {
      let now = $0.x * $0.clean($0.t)
      var d = now
      if let last = $0.known.last { d = d + (now - last.value) * ($0.h / (2 * last.node)) }
      $0.known = [($0.h, now)]
      $0.x = $0.x * ($0.sigma($0.u) / $0.sigma($0.t)) + d * ($0.alpha($0.u) * (1 - exp(-$0.h)))
    },
    "dpm_solver_pp_3m": { r in
      r.known = r.known.suffix(2) + [(r.lambda(r.t), r.x * r.clean(r.t))]
      if r.known.count == 1 {
        r.x = r.x * r.gainOfSolver2S
        return
      }
      r.x = r.integrated(r.known, r.lambda(r.t), r.h)
    },
    "lms": { lms(&$0, 4) }, "lms order = 1": { lms(&$0, 1) }, "lms order = 2": { lms(&$0, 2) },
    "lms order = 3": { lms(&$0, 3) },
    "unipc": { unipc(&$0, 2) }, "unipc order = 1": { unipc(&$0, 1) },
    "unipc order = 3": { unipc(&$0, 3) },
  ]

  private static func lms(_ r: inout LinearRecursion, _ order: Int) {
    let (now, next) = (r.sigma(r.t) / r.alpha(r.t), r.sigma(r.u) / r.alpha(r.u))
    r.known = r.known.suffix(order - 1) + [(now, r.x * r.noise(r.t))]
    if r.known.count + 1 < order {
      r.x = r.x * (order == 3 ? r.gainOfSolver2 : r.gainOfSolver3)
      return
    }
    var y = r.x * (1 / r.alpha(r.t))
    for (place, weight) in weights(r.known.map(\.node), now, next - now, decay: 0).enumerated() {
      y = y + r.known[place].value * ((next - now) * weight)
    }
    r.x = y * r.alpha(r.u)
  }

  private static func unipc(_ r: inout LinearRecursion, _ order: Int) {
    if r.known.last?.node != r.lambda(r.t) {
      r.known.append((r.lambda(r.t), r.x * r.clean(r.t)))
    }
    r.known = r.known.suffix(order)
    if order == 3, r.known.count == 1 {
      r.x = r.x * r.gainOfSolver3S
      return
    }
    let (start, h) = (r.lambda(r.t), r.h)
    let predicted = r.integrated(r.known, start, h)
    guard !r.isLast else {
      r.x = predicted
      return
    }
    r.known.append((r.lambda(r.u), predicted * r.clean(r.u)))
    r.x = r.integrated(r.known, start, h)
  }

  /// (σ_u/σ_t) x + α_u ∫ e^{−(λ_u − λ)} P(λ) dλ.
  private func integrated(_ known: [(node: Double, value: Gains)], _ start: Double, _ h: Double)
    -> Gains
  {
    var y = x * (sigma(u) / sigma(t))
    let weights = Self.weights(known.map(\.node), start, h, decay: h)
    for (place, weight) in weights.enumerated() {
      y = y + known[place].value * (alpha(u) * h * weight)
    }
    return y
  }

  /// ∫₀¹ e^{−h(1−θ)} L_i(start + θ length) dθ by the midpoint rule with extrapolation (Romberg).
  private static func weights(_ nodes: [Double], _ start: Double, _ length: Double, decay h: Double)
    -> [Double]
  {
    nodes.indices.map { i in
      var rows: [[Double]] = []
      for level in 0..<8 {
        let count = 1 << (level + 1)
        let values = (0..<count).map { k in
          let theta = (Double(k) + 0.5) / Double(count)
          let place = start + theta * length
          return nodes.indices.reduce(exp(-h * (1 - theta))) {
            $1 == i ? $0 : $0 * (place - nodes[$1]) / (nodes[i] - nodes[$1])
          }
        }
        var row = [values.reduce(0, +) / Double(count)]
        for k in 0..<level {
          let factor = pow(4, Double(k + 1))
          row.append((factor * row[k] - rows[level - 1][k]) / (factor - 1))
        }
        rows.append(row)
      }
      return rows[7][7]
    }
  }
}
