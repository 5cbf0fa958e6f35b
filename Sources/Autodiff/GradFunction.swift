import Catalog
import Tensors

/// What `grad.grad(f)` and its kin return: a function of the same arguments as `f`.
public final class GradFunction: Callable, FunctionHolder {
  public static var typeName: String { "transform" }
  public static var errorName: String { "grad.grad" }

  enum Kind { case gradient, valueAndGradient, rule }

  let kind: Kind
  let function: Callback
  /// Which argument is differentiated, 0-based.
  let argument: Int
  /// The second function of a custom rule.
  let backward: Callback?

  init(_ kind: Kind, _ function: Callback, argument: Int = 0, backward: Callback? = nil) {
    self.kind = kind
    self.function = function
    self.argument = argument
    self.backward = backward
  }

  public var functions: [Callback] { backward.map { [function, $0] } ?? [function] }

  public func describe() -> String {
    switch kind {
    case .gradient: "grad.grad(function)"
    case .valueAndGradient: "grad.value_and_grad(function)"
    case .rule: "grad.rule(function, function)"
    }
  }

  func callAsFunction(_ arguments: [Value]) throws -> ValueList {
    do { return try results(arguments) } catch let error as UserError {
      throw NamedError(name, error.message)
    }
  }

  /// The function that made it, by which its errors go.
  private var name: String {
    switch kind {
    case .gradient: "grad.grad"
    case .valueAndGradient: "grad.value_and_grad"
    case .rule: "grad.rule"
    }
  }

  private func results(_ arguments: [Value]) throws -> ValueList {
    switch kind {
    case .gradient: return ValueList([try differentiate(arguments).gradient])
    case .valueAndGradient:
      let (value, gradient) = try differentiate(arguments)
      return ValueList([.object(value), gradient])
    case .rule: return ValueList([.object(try applyRule(arguments))])
    }
  }

  private func differentiate(_ arguments: [Value]) throws -> (value: Tensor, gradient: Value) {
    guard arguments.indices.contains(argument) else {
      throw UserError("argument \(argument + 1) is missing: got \(arguments.count)")
    }
    let tree = try TensorTree(arguments[argument], name: "argument \(argument + 1)")
    let (value, flows) = try vjp(tree.leaves) { variables in
      var all = arguments
      all[self.argument] = tree.replacing(with: variables)
      return try self.function.call(ValueList(all), returning: Tensor.self, name: "f")
    }
    return (value, tree.replacing(with: flows))
  }

  /// The forward function's value, with `backward(x…, y, g)` for its gradient.
  private func applyRule(_ arguments: [Value]) throws -> Tensor {
    let inputs = try arguments.map { argument -> Tensor in
      guard case .object(let object) = argument, let tensor = object as? Tensor else {
        throw UserError("the arguments must be tensors, got \(argument.describe())")
      }
      return tensor
    }
    return try record(
      "rule", inputs, saves: .everything,
      forward: {
        let value = try self.function.call(
          ValueList($0.map { .object($0) }), returning: Tensor.self, name: "forward")
        guard !value.isRecorded else {
          throw UserError(
            "forward uses a differentiated tensor that is not among its arguments; make it one, or "
              + "use its detach()")
        }
        return [value]
      },
      pullback: { try self.ruleGradients($0.inputs, $0.output(0), $0.cotangent(0)) })[0]
  }

  private func ruleGradients(_ inputs: [Tensor], _ output: Tensor, _ cotangent: Tensor) throws
    -> [Tensor]
  {
    guard let backward else { return inputs.map { _ in cotangent } }
    let arguments = (inputs + [output, cotangent]).map { Value.object($0) }
    let flows: [Tensor]
    if inputs.count == 1 {
      flows = [
        try backward.call(ValueList(arguments), returning: Tensor.self, name: "backward")
      ]
    } else {
      flows = try backward.call(
        ValueList(arguments), returning: [Tensor].self, name: "backward")
      guard flows.count == inputs.count else {
        throw UserError(
          "backward must return one tensor for each of \(inputs.count) inputs, got \(flows.count)")
      }
    }
    for (flow, input) in zip(flows, inputs) where flow.shape != input.shape {
      throw UserError(
        "backward returned shape \(flow.shape) for an input of shape \(input.shape)")
    }
    return flows
  }
}
