import Catalog
import Tensors

/// A forward diffusion dx = f(t) x dt + g(t) dW with a linear drift, and what follows from it: the
/// kernel x_t | x_0 ~ N(r(t) x_0, std(t)² I).
public protocol DiffusionProcess {
  var name: String { get }
  /// The options it was made with, for printing.
  var settings: [(String, Double)] { get }
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

/// The process as Lua holds it.
public final class SDE: Object {
  public static var typeName: String { "sde" }
  public let process: any DiffusionProcess

  public init(_ process: any DiffusionProcess) { self.process = process }

  public func describe() -> String {
    let settings = process.settings.map { "\($0.0) = \(formatNumber($0.1))" }
    return "sde.\(process.name){\(settings.joined(separator: ", "))}"
  }
}
