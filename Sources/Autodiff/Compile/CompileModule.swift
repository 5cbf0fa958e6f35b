import Catalog
import Tensors

/// The part of the module `grad` that runs recorded functions.
enum CompileModule {
  static let entries: [Entry] = [
    .function(
      "compile",
      "A function of tensors that is run once for each kind of arguments and replayed from then on, "
        + "without Lua and with few passes over memory.",
      .arg("f", "a function of tensors, tables of tensors and other values"),
      .option(
        "check", default: nil,
        "every so many calls f itself is called as well, and an error says where the results differ",
        in: Domain<Count>.positive.orAbsent()),
      returns: "a function with the results of f",
      details:
        "Shapes, element types, nesting and all arguments that are not tensors tell which plan is "
        + "used; another one is recorded where they are new, and the last 16 are kept. What f "
        + "captures is constant. Inside f no element of a tensor can be read and none be written. "
        + "Normal and uniform numbers of streams are drawn anew in every call.",
      example: """
        loss = function(p, x) return ((x * p.a + p.b)^2):mean() end
        step = grad.compile(function(p, x)
          local value, g = grad.value_and_grad(loss)(p, x)
          return value, {a = p.a - 0.1 * g.a, b = p.b - 0.1 * g.b}
        end)
        value, p = step({a = tensor{1, 2}, b = tensor(0)}, tensor{3, 4})
        return step(p, tensor{3, 4})
        """
    ) { (f: Callback, check: Count?) in CompiledFunction(f, check: check?.value) },
    .metamethod(
      CompiledFunction.self, "__call", "g(...)", "The results of f at these arguments.",
      .arg("self"), .rest("arguments")
    ) { (function: CompiledFunction, arguments: CallArguments) in
      try function.call(arguments.frame, from: arguments.first)
    },
    .method(
      CompiledFunction.self, "plans", "What is kept, the last used first.",
      returns:
        "a list of tables: instructions, chains (of fused operations), buffer_bytes (kept between "
        + "calls)",
      example:
        "g = grad.compile(function(x) return x:exp() + 1 end)  g(tensor{1, 2})  return #g:plans()"
    ) { (function: CompiledFunction) -> Value in
      .list(
        function.entries.map { entry in
          .map([
            ("instructions", .integer(entry.plan.instructions.count)),
            ("chains", .integer(entry.plan.chainCount)),
            ("buffer_bytes", .integer(entry.plan.bufferBytes)),
          ])
        })
    },
  ]
}

/// The arguments of a call where they are, to be read only as far as needed.
struct CallArguments: Argument {
  let frame: Frame
  let first: Int32
  static var expectation: String { "a value" }
  static var luaType: String { "any" }

  static func read(_ frame: Frame, _ index: Int32) throws -> CallArguments {
    CallArguments(frame: frame, first: index)
  }
}
