import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Random Fourier features of time, the same for all rows of a batch that share a time.
package struct TimeFeatureOptions: OptionGroup {
  /// Length of γ(t): half sines, half cosines.
  package var features: Count = 4
  package var scale = 30.0

  package init() {}

  package init(features: Count, scale: Double) {
    self.features = features
    self.scale = scale
  }

  package static let options: [Option<TimeFeatureOptions>] = [
    Option(
      "time_features", \.features, "length of the sines and cosines of t, even", in: .even),
    Option("feature_scale", \.scale, "standard deviation of their frequencies", in: .positive),
  ]

  /// ω ~ scale · N(0, 1), shape [features / 2].
  func draw(_ stream: RandomStream) throws -> Tensor {
    try stream.normal([features.value / 2]) * scale
  }
}
