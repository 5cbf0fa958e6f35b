import Autodiff
import Tensors

/// Throws where `x` is not a batch of points of the model's shape.
package func checkPoints(_ x: Tensor, _ model: ScoreModel, name: String = "x") throws {
  try requirePoints(x, shape: model.shape, name: name)
}
