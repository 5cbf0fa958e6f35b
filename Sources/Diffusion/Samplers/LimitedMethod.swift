import Tensors

/// A sampler without times: its steps go on until each row has reached a limit of its own. A step takes
/// the rows that have reached it along unchanged.
package struct LimitedMethod {
  /// The first state from N(0, 1) numbers, where none is given.
  let begin: (_ z: Tensor) throws -> Tensor
  /// The next state, and which rows have reached the limit.
  let step: (_ x: Tensor, _ index: Int) throws -> (x: Tensor, isDone: [Bool])
  /// The samples from the last state, unless the state itself is asked for.
  let end: (_ x: Tensor) throws -> Tensor
}
