import Catalog
import Tensors

/// The Lua module `grad`: derivatives of functions written in Lua, to any order.
public enum GradModule {
  public static let module = Module(
    "grad",
    "Derivatives of functions of tensors, in reverse mode and to any order; x may be nested tables "
      + "of tensors, such as a model's parameters.",
    types: [
      TypeDescription(GradFunction.self, "a derivative of a function, called like one"),
      TypeDescription(CompiledFunction.self, "a recorded function, called like one"),
    ],
    entries: functions + products + others + CompileModule.entries)

  static let functions: [Entry] = [
    .function(
      "grad", "The gradient of f, as a function of the same arguments.",
      .arg("f", "a function with one number as its (first) value"),
      .option("argument", default: 1 as Count, "which argument is differentiated", in: .positive),
      returns: "a function; its value is shaped like the argument",
      example: """
        g = grad.grad(function(x) return (x^3):sum() end)
        gg = grad.grad(function(x) return g(x):sum() end)
        return g(tensor{1, 2}), gg(tensor{1, 2})
        """
    ) { (f: Callback, argument: Count) in
      GradFunction(.gradient, f, argument: argument.value - 1)
    },
    .function(
      "value_and_grad", "The value of f and its gradient, as a function of the same arguments.",
      .arg("f", "a function with one number as its (first) value"),
      .option("argument", default: 1 as Count, "which argument is differentiated", in: .positive),
      returns: "a function with two results",
      example: """
        f = grad.value_and_grad(function(p, x) return ((x * p.a + p.b)^2):mean() end)
        return f({a = tensor{1, 2}, b = tensor(0)}, tensor{3, 4})
        """
    ) { (f: Callback, argument: Count) in
      GradFunction(.valueAndGradient, f, argument: argument.value - 1)
    },
    .metamethod(
      GradFunction.self, "__call", "g(...)", "The derivative at these arguments.", .arg("self"),
      .rest("arguments")
    ) { (function: GradFunction, arguments: Rest<Value>) in try function(arguments.values) },
    .function(
      "rule", "A function with a gradient of your own.",
      .arg("forward", "function(x, …) → y"),
      .arg("backward", "function(x, …, y, g) → the gradient for x; a list for several inputs"),
      returns: "a function",
      example: """
        clip = grad.rule(function(x) return x:minimum(1) end, function(x, y, g) return g end)
        return grad.grad(function(x) return clip(x):sum() end)(tensor{0.5, 3})
        """
    ) { (forward: Callback, backward: Callback) in
      GradFunction(.rule, forward, backward: backward)
    },
  ]

  static let products: [Entry] = [
    .function(
      "vjp",
      "The value of f at x and vᵀJ, the gradient of ⟨v, f⟩; v may be absent where f has one number "
        + "as its value.",
      .arg("f", "a function of x"), .arg("x", "a tensor or a table of tensors"),
      .arg("v", default: nil, "cotangent, shaped like the value"),
      returns: "the value, and the gradient shaped like x",
      example: "y, g = grad.vjp(function(x) return (x^2):sum() end, tensor{1, 2})  return g"
    ) { (f: Callback, x: Value, v: Tensor?) in
      let tree = try TensorTree(x, name: "x")
      let (value, flows) = try vjp(tree.leaves, cotangent: v, of: function(f, tree))
      return Several(value, tree.replacing(with: flows))
    },
    .function(
      "jvp", "The value of f at x and J v, its derivative along v.", .arg("f", "a function of x"),
      .arg("x", "a tensor or a table of tensors"), .arg("v", "a direction, shaped like x"),
      returns: "the value, and the derivative shaped like it",
      example: "return grad.jvp(function(x) return x:sin() end, tensor{0, 1}, tensor{1, 1})"
    ) { (f: Callback, x: Value, v: Value) in
      let tree = try TensorTree(x, name: "x")
      let (value, tangent) = try jvp(
        tree.leaves, tangents: directions(v, like: tree), of: function(f, tree))
      return Several(value, tangent)
    },
    .function(
      "hvp", "H v: the Hessian of f times v, without forming it.",
      .arg("f", "a function of x with one number as its value"),
      .arg("x", "a tensor or a table of tensors"), .arg("v", "a direction, shaped like x"),
      returns: "shaped like x",
      example:
        "return grad.hvp(function(x) return (x^3):sum() end, tensor{1, 2}, tensor{1, 0})"
    ) { (f: Callback, x: Value, v: Value) -> Value in
      let tree = try TensorTree(x, name: "x")
      return tree.replacing(
        with: try hessianProduct(
          tree.leaves, along: directions(v, like: tree), of: function(f, tree)))
    },
    .function(
      "jacobian", "All derivatives of f at x.", .arg("f", "a function of one tensor"), .arg("x"),
      returns: "tensor of shape [value…, x…]",
      example: "return grad.jacobian(function(x) return x^2 end, tensor{1, 2, 3})"
    ) { (f: Callback, x: Tensor) in
      try jacobian(x) { try f.call($0, returning: Tensor.self, name: "f") }
    },
  ]

  static let others: [Entry] = [
    .function(
      "divergence", "Σ ∂fₖ/∂xₖ for each row of a batch of independent rows.",
      .arg("f", "a function from [n d] to [n d]"), .arg("x", "points", shape: "n d"),
      .option(
        "method", default: "exact", "d reverse sweeps, or random probes",
        in: .oneOf(["exact", "hutchinson"])),
      .option("probes", default: 1 as Count, "Rademacher probes for hutchinson", in: .positive),
      .option("seed", default: nil, "of the probes; the session's next where absent"),
      returns: "tensor of shape [n]", source: "Hutchinson 1990; Grathwohl et al. 2019",
      example: "return grad.divergence(function(x) return -x end, tensor.zeros{4, 3})"
    ) { (f: Callback, x: Tensor, method: String, probes: Count, seed: Int?) in
      try divergence(
        x,
        method == "exact"
          ? .exact
          : .hutchinson(
            probes: probes.value, stream: RandomStream(seed: seed ?? SessionSeed.next()))
      ) { try f.call($0, returning: Tensor.self, name: "f") }
    },
    .function(
      "stop", "The same values, taken as constant by every gradient.", .arg("x"),
      example: "return grad.stop(tensor{1, 2})"
    ) { (x: Tensor) in x.value },
    .function(
      "checkpoint",
      "f(x, …) whose intermediate results are forgotten and made again in the reverse sweep.",
      .arg("f", "a function of tensors"), .rest("x", "tensors"),
      details:
        "The second run draws the same random numbers from streams and session seeds, and they go on as "
        + "after one run; math.random knows no way back. Where f captures a tensor that is "
        + "differentiated, its gradient is right as well, but nothing is forgotten.",
      source: "Griewank and Walther 2000",
      example: "return grad.checkpoint(function(x) return x:exp():sin() end, tensor{1, 2})"
    ) { (f: Callback, x: Rest<Tensor>) in
      try checkpoint(x.values) {
        try f.call(ValueList($0.map { .object($0) }), returning: Tensor.self, name: "f")
      }
    },
  ]

  /// A Lua function of a tree as a Swift function of its leaves.
  private static func function(_ f: Callback, _ tree: TensorTree) -> ([Tensor]) throws -> Tensor {
    { try f.call(tree.replacing(with: $0), returning: Tensor.self, name: "f") }
  }

  private static func directions(_ v: Value, like tree: TensorTree) throws -> [Tensor] {
    let directions = try TensorTree(v, name: "v")
    guard directions.leaves.count == tree.leaves.count else {
      throw UserError(
        "v must hold \(tree.leaves.count) tensors like x, got \(directions.leaves.count)")
    }
    return directions.leaves
  }
}
