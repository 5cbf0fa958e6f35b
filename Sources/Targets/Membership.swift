import Autodiff
import Tensors

/// A law whose points can be told from others although there are more than can be listed.
package protocol Membership: Distribution {
  /// Up to which deviation a point belongs to it.
  var tolerance: Double { get }
  /// How far each point, shaped [n] and the law's shape, is from the nearest one of the law; nan of one that is not finite.
  func deviations(_ x: Tensor) throws -> [Double]
}
