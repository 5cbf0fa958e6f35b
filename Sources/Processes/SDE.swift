import Autodiff
import Catalog
import Tensors

/// A forward diffusion dx = f(t) x dt + g(t) dW with a linear drift, and what follows from it: the
/// kernel x_t | x_0 ~ N(r(t) x_0, std(t)² I).
public protocol DiffusionProcess: Configured {
  /// Times a sampler may visit; the lower end is not 0 where the score diverges there.
  var times: ClosedRange<Double> { get }
  /// Times that training draws, by default uniformly.
  var trainingTimes: ClosedRange<Double> { get }
  /// f(t) of the drift f(t) x.
  func drift(_ t: Double) -> Double
  /// g(t).
  func diffusion(_ t: Double) -> Double
  /// r(t) = exp ∫₀ᵗ f: the factor on x_0.
  func mean(_ t: Double) -> Double
  /// The standard deviation of x_t given x_0.
  func std(_ t: Double) -> Double
  /// One of these functions of a tensor of times in traced operations, which gradients in t come from.
  func formula(_ quantity: TimeQuantity, _ t: Tensor) throws -> Tensor
  /// A decreasing grid of `steps + 1` times from the prior to the lower end.
  func grid(steps: Int) -> [Double]
  /// std for a whole batch, where a process has a faster way than one by one.
  func std(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int)
}

extension DiffusionProcess {
  public var trainingTimes: ClosedRange<Double> { times }

  public func grid(steps: Int) -> [Double] {
    let span = times.upperBound - times.lowerBound
    // Both ends exact, whatever the rounding in between.
    return (0..<steps).map { times.upperBound - span * Double($0) / Double(steps) }
      + [times.lowerBound]
  }

  public func std(_ t: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ n: Int) {
    for i in 0..<n { out[i] = Float(std(Double(t[i]))) }
  }
}

extension DiffusionProcess {
  /// A float32 tensor may round the upper end up.
  private var lastTime: Double { times.upperBound * (1 + 1e-6) }

  /// Throws where a time lies before the data or beyond the end of the process.
  public func check(time t: Double, name: String = "t", at place: Int? = nil) throws {
    if t >= 0, t <= lastTime { return }
    throw UserError(
      "\(name) must lie from 0 to time_max = \(formatNumber(times.upperBound)), got "
        + "\(formatNumber(t))" + (place.map { " at position \($0 + 1)" } ?? ""))
  }

  /// The times, once it is known that they lie in the process. A compiled function checks them in every
  /// call: then they are a copy, so that no plan leaves the check out.
  public func checked(times t: Tensor) throws -> Tensor {
    if Recording.current == nil {
      try check(times: t)
      return t
    }
    return try record(
      "times", [t],
      forward: {
        try Recording.repeating("times", [$0[0]]) { times in
          try check(times: times[0])
          return try times[0].copied()
        }
      }, pullbacks: [{ _, _, g in g }])
  }

  /// The same for each element of a tensor whose numbers are known.
  public func check(times t: Tensor, name: String = "t") throws {
    let t = t.value
    if t.dtype == .float32, t.isDense {
      let values = t.pointer(Float.self)
      let last = Float(lastTime)
      for i in 0..<t.elementCount where !(values[i] >= 0 && values[i] <= last) {
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
public final class SDE: Object, HoldsOptions {
  public static var typeName: String { "sde" }
  public let process: any DiffusionProcess

  public init(_ process: any DiffusionProcess) { self.process = process }

  public var optionFields: [(key: String, value: Value)] { process.options.fields }

  public func describe() -> String { "sde.\(process.call)" }
}
