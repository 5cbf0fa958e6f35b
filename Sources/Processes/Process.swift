import Autodiff
import Catalog
import Tensors

/// A forward diffusion dx = f(t) x dt + g(t) dW, or any other path with the kernel
///
/// x_t | x_0 ~ N(α(t) x_0, σ(t)² I).
///
/// The primitives α, α′, σ² and (σ²)′ are finite on the whole closed interval for all processes here; f,
/// g and the rest follow from them (`Process+Derived.swift`). A new process is a file with its options,
/// times and formulas, and its line in `SDEModule.processes`.
package protocol DiffusionProcess: Configured {
  /// Where the process is defined: [0, T] or shorter. σ may be 0 at the lower end only, α at the upper.
  var domain: ClosedRange<Double> { get }
  /// Times that samplers visit unless told otherwise: inside the domain where the score diverges at 0,
  /// or the drift at T.
  var times: ClosedRange<Double> { get }
  /// Times that training draws, by default uniformly.
  var trainingTimes: ClosedRange<Double> { get }

  /// α(t), the factor on x_0, and its derivative.
  func alpha<T: TimeNumber>(_ t: T) throws(T.Failure) -> T
  func alphaSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T
  /// σ(t)², the variance of x_t given x_0, and its derivative.
  func variance<T: TimeNumber>(_ t: T) throws(T.Failure) -> T
  func varianceSlope<T: TimeNumber>(_ t: T) throws(T.Failure) -> T
  /// σ(t), where there is a better way than √σ².
  func sigma<T: TimeNumber>(_ t: T) throws(T.Failure) -> T

  /// The decreasing times that a sampler visits in so many steps unless told otherwise.
  func grid(steps: Int) throws -> [Double]
  /// α and σ for a whole batch. The formulas are specialised here; a process may have a faster way.
  func alpha(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int)
  func sigma(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int)

  /// The functions of time by name: calls through `any DiffusionProcess` come here, where the formulas
  /// are specialised.
  func value(_ quantity: TimeQuantity, at t: Double) -> Double
  func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor
}

extension DiffusionProcess {
  package var domain: ClosedRange<Double> { 0...times.upperBound }
  package var trainingTimes: ClosedRange<Double> { times }

  package func sigma<T: TimeNumber>(_ t: T) throws(T.Failure) -> T { try T.sqrt(variance(t)) }

  package func grid(steps: Int) throws -> [Double] { try TimeGrid.uniform(times, steps: steps) }

  package func alpha(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { out[i] = Float(alpha(Double(t[i]))) }
  }

  package func sigma(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { out[i] = Float(sigma(Double(t[i]))) }
  }

  package func value(_ quantity: TimeQuantity, at t: Double) -> Double {
    derived(quantity, t)
  }

  package func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor {
    try derived(quantity, t)
  }
}

extension DiffusionProcess {
  /// The domain, with what float32 may round its ends by.
  private var permitted: ClosedRange<Double> {
    domain.lowerBound * (1 - 1e-6)...domain.upperBound * (1 + 1e-6)
  }

  /// Throws where a time lies outside the process.
  package func check(time t: Double, name: String = "t", at place: Int? = nil) throws {
    if permitted.contains(t) { return }
    let domain = domain
    throw UserError(
      "\(name) must lie from \(formatNumber(domain.lowerBound)) to time_max = "
        + "\(formatNumber(domain.upperBound)), got \(formatNumber(t))"
        + (place.map { " at position \($0 + 1)" } ?? ""))
  }

  /// The times, once it is known that they lie in the process. A compiled function checks them in every
  /// call: then they are a copy, so that no plan leaves the check out.
  package func checked(times t: Tensor) throws -> Tensor {
    if !Tensor.isProgramRecorded {
      try check(times: t)
      return t
    }
    return try record(
      "times", [t],
      forward: {
        try repeating("times", [$0[0]]) { times in
          try check(times: times[0])
          return try times[0].copied()
        }
      }, pullbacks: [{ _, _, g in g }])
  }

  /// The same for each element of a tensor whose numbers are known.
  package func check(times t: Tensor, name: String = "t") throws {
    let t = t.value
    if t.dtype == .float32, t.isDense {
      let values = t.pointer(Float.self)
      let (first, last) = (Float(permitted.lowerBound), Float(permitted.upperBound))
      for i in 0..<t.elementCount where !(values[i] >= first && values[i] <= last) {
        try check(time: Double(values[i]), name: name, at: i)
      }
      return
    }
    for (place, time) in try t.doubles().enumerated() {
      try check(time: time, name: name, at: place)
    }
  }
}

/// The process as Lua holds it.
package final class SDE: Object, HoldsOptions {
  package static var typeName: String { "sde" }
  package let process: any DiffusionProcess

  package init(_ process: any DiffusionProcess) { self.process = process }

  package var optionFields: [(key: String, value: Value)] { process.options.fields }

  package func describe() -> String { "sde.\(process.call)" }
}
