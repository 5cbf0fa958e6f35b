import Catalog
import Processes
import Tensors

/// A network with other values in place of its parameters, such as the variables of a tape: the score
/// that a loss in Lua is written with.
public final class BoundNetwork: ScoreFunction {
  public let network: any Network
  public let values: [Tensor]

  public init(_ network: any Network, at values: [Tensor]) {
    self.network = network
    self.values = values
  }

  public var name: String { network.name }
  public var summary: String { network.summary }
  public var dimension: Int { network.dimension }
  public var functions: [Callback] { network.functions }

  public func score(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try network.score(x, t, process: process, parameters: values)
  }

  public var predicts: Parametrization { network.predicts }

  public func prediction(_ x: Tensor, _ t: Tensor, process: any DiffusionProcess) throws -> Tensor {
    try network.prediction(x, t, process: process, parameters: values)
  }
}
