import Catalog
import Processes
import Tensors

/// A network with other values in place of its parameters, such as the variables of a tape: the score
/// that a loss in Lua is written with.
package final class BoundNetwork: ScoreFunction {
  package let network: any Network
  package let values: [Tensor]

  package init(_ network: any Network, at values: [Tensor]) {
    self.network = network
    self.values = values
  }

  package var name: String { network.name }
  package var summary: String { network.summary }
  package var dimension: Int { network.dimension }
  package var functions: [Callback] { network.functions }

  package func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try network.score(x, t, process: process, parameters: values)
  }

  package var predicts: Parametrization { network.predicts }

  package func prediction(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor
  {
    try network.prediction(x, t, process: process, parameters: values)
  }
}
