import Catalog
import Tensors

/// A link of the chain that a gradient passes before the update rule: it changes the gradient in place, or
/// keeps it back. What it remembers is in tensors with names, so that a run can be stored.
package protocol GradientTransform: AnyObject {
  /// What it remembers between gradients.
  var tensors: [(name: String, tensor: Tensor)] { get }
  /// - Parameter step: 1 for the first gradient.
  /// - Returns: whether the gradient goes on to the next link.
  func apply(_ gradient: UnsafeMutablePointer<Float>, step: Int) -> Bool
}

extension GradientTransform {
  package var tensors: [(name: String, tensor: Tensor)] { [] }
}

/// The options that every update rule has for the links before it.
package struct TransformOptions: OptionGroup, Equatable {
  package var accumulate: Count = 1
  package var clip: Double?

  package init() {}

  package static let options: [Option<TransformOptions>] = [
    Option(
      "accumulate", \.accumulate,
      "gradients that are averaged for one update; the parameters move with the last of them",
      in: .positive),
    Option(
      "clip", \.clip, "the largest norm of the gradient of all parameters; a longer one is scaled",
      in: .positive),
  ]

  /// The links for so many parameters, in the order that a gradient passes them.
  func makeTransforms(count: Int) throws -> [any GradientTransform] {
    var links: [any GradientTransform] = []
    if accumulate > 1 { links.append(try Accumulation(of: accumulate.value, count: count)) }
    if let clip { links.append(ClipByGlobalNorm(clip, count: count)) }
    return links
  }
}
