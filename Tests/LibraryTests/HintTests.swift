// The mistakes that are made most, as they are typed, and all that is said of each.
import Library
import LuaHost
import Testing

@Suite("hints")
struct HintTests {
  /// What stands before each line.
  private static let before = """
    local x, v = tensor{{1, 2}, {3, 4}}, tensor{2, 1}
    local mix = target.gaussian_mixture{means = {-3, 3}, stds = 1}
    local m = mix:model(sde.vp())
    local small = nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}
    local function probed(f) return train(small, tensor.ones{4, 1}, {steps = 1, probe = {every = 1, kl = f}}) end
    """

  static let mistakes: [(line: String, message: String)] = [
    // A dot for a colon.
    ("x.mean()", "tensor.mean: x must be a tensor, got nil; use a colon: x:mean()"),
    ("x.sum(1)", "tensor.sum: x must be a tensor, got 1; use a colon: x:sum(1)"),
    ("x.matmul(x)", "tensor.matmul: b must be a tensor, got nil; use a colon: x:matmul(…)"),
    (
      "mix.sample(100)", "target.sample: self must be a target, got 100; use a colon: x:sample(100)"
    ),
    (
      "m.score(x, 1)",
      "model.score: self must be a model, got tensor 2×2 float32 [mean 2.5, std 1.118]; use a colon: x:score(…)"
    ),
    // Several lengths for one shape.
    (
      "tensor.zeros(2, 3)", "tensor.zeros: options must be a table, got 3; write tensor.zeros{2, 3}"
    ),
    (
      "tensor.ones(2, 3, 4)",
      "tensor.ones: takes at most 2 arguments, got 3; write tensor.ones{2, 3, 4}"
    ),
    (
      "random.stream(1):normal(2, 3)",
      "stream.normal: options must be a table, got 3; write x:normal{2, 3}"
    ),
    ("x:reshape(1, 4)", "tensor.reshape: takes at most 2 arguments, got 3; write x:reshape{1, 4}"),
    (
      "tensor.full(2, 3, 0.5)",
      "tensor.full: options must be a table, got 0.5; lengths go into one list: {2, 3}"
    ),
    // Options by place, and among the lengths.
    (
      "sample.euler_maruyama(m, 64)",
      "sample.euler_maruyama: options must be a table, got 64; options go by name: sample.euler_maruyama(…, {count = 64})"
    ),
    (
      "sde.vp(0.1, 20)",
      "sde.vp: takes at most 1 argument, got 2; options go by name: sde.vp{beta_min = 0.1}"
    ),
    (
      "optim.adam(1e-3)",
      "optim.adam: options must be a table, got 0.001; options go by name: optim.adam{rate = 0.001}"
    ),
    (
      "tensor.zeros{2, 3, dtype = 'int64'}",
      "tensor.zeros: shape must be a length or a list of lengths, got a list with the key 'dtype'; options go into a table of their own: tensor.zeros({…}, {dtype = …})"
    ),
    (
      "tensor{1, 2, dtype = 'int64'}",
      "tensor: values must be numbers in nested lists: the list has the key 'dtype'; options go into a table of their own: tensor({…}, {dtype = …})"
    ),
    // A second result among the arguments.
    (
      "plot.histogram(v, 3000000000)",
      "plot.histogram: options must be a table, got 3000000000; if it is the second result of a call, put that call in ( )"
    ),
    (
      "plot.images(tensor.zeros{4, 8, 8}, tensor({0, 1}, {dtype = 'int64'}))",
      "plot.images: options must be a table, got tensor 2 int64 [mean 0.5, std 0.5]; if it is the second result of a call, put that call in ( )"
    ),
    (
      "plot.line(v, v:sort())",
      "plot.line: options must be a table, got tensor 2 int64 [mean 1.5, std 0.5]; if it is the second result of a call, put that call in ( )"
    ),
    (
      "tensor.stack{v, 3000000000}",
      "tensor.stack: parts must be a list, each element a tensor, got 3000000000 at position 2; if it is the second result of a call, put that call in ( )"
    ),
    // Names of other libraries.
    ("tensor.randn(2, 3)", "module tensor has no 'randn': write random.stream(seed):normal{2, 3}"),
    ("tensor.zeros_like(x)", "module tensor has no 'zeros_like': write tensor.zeros(x.shape)"),
    ("local y = x.T", "tensor has no member 'T': write x:transpose()"),
    ("x:numel()", "tensor has no member 'numel': write x.count"),
    ("x:backward()", "tensor has no member 'backward': write grad.grad(f)(x)"),
    ("x:cuda()", "tensor has no member 'cuda': write x as it is: everything runs on the CPU"),
    ("optim.adam{lr = 1e-3}", "optim.adam: unknown option 'lr' (did you mean rate?)"),
    (
      "train(small, x, {batch_size = 2})",
      "train: unknown option 'batch_size' (did you mean batch?)"
    ),
    ("sample.gibbs(m)", "module sample has no 'gibbs'"),
    // No nonsense for a name that is near to none.
    ("x:foo()", "tensor has no member 'foo'"),
    ("x:summ()", "tensor has no member 'summ' (did you mean sum?)"),
    // A missing return.
    (
      "grad(function(x) x:sum() end)(v)",
      "grad.grad: f must return a tensor, got nil; is a 'return' missing?"
    ),
    (
      "grad.value_and_grad(function(x) x:sum() end)(v)",
      "grad.value_and_grad: f must return a tensor, got nil; is a 'return' missing?"
    ),
    (
      "train(small, tensor.ones{4, 1}, {steps = 1, loss = function() end})",
      "train: loss must return a tensor, got nil; is a 'return' missing?"
    ),
    (
      "probed(function(s) end)",
      "train: probe kl must return a value, got nil; is a 'return' missing?"
    ),
    ("probed(function(s) return s.modle end)", "state has no member 'modle' (did you mean model?)"),
    (
      "train(small, tensor.ones{4, 1}, {steps = 1, loss = function(s, batch) return batch.misspelt end})",
      "batch has no field 'misspelt' (fields: alpha, clean, noise, noised, sigma, t, weight)"
    ),
    (
      "train(small, tensor.ones{4, 1}, {steps = 1, loss = grad.compile(function(s, b) return b.x0 end)})",
      "batch has no field 'x0' (fields: alpha, clean, noise, noised, sigma, t, weight)"
    ),
    // Lists.
    ("tensor{1, nil, 3}", "tensor: values must be numbers in nested lists: element 2 is nil"),
    (
      "tensor{[1] = 1, [3] = 3}", "tensor: values must be numbers in nested lists: element 2 is nil"
    ),
    ("tensor{'1'}", "tensor: values must be numbers in nested lists: element 1 is a string"),
    (
      "tensor{{1, 2}, {3, 'a'}}",
      "tensor: values must be numbers in nested lists: element [2][2] is a string"
    ),
    (
      "tensor{1, 2, x = 3}",
      "tensor: values must be numbers in nested lists: the list has the key 'x'"
    ),
    (
      "tensor{{1, 2}, {3, 4, x = 3}}",
      "tensor: values must be numbers in nested lists: element 2 has the key 'x'"
    ),
    (
      "tensor{tensor(1), 2}",
      "tensor: values must be numbers in nested lists: element 1 is a tensor; join tensors with tensor.stack or tensor.concatenate, or take x:item()"
    ),
    (
      "metric.quantiles({1, nil, 3}, 0.5)",
      "metric.quantiles: values must be numbers in nested lists: element 2 is nil"
    ),
    // Operators.
    (
      "local y = x > 0",
      "tensor: a < b compares 0-d tensors, got shape [2, 2]; use a:less(b) and its kin"
    ),
  ]

  @Test("the message says what to write", arguments: mistakes.indices)
  func message(_ index: Int) throws {
    let (line, message) = Self.mistakes[index]
    let lua = try #require(LuaState(modules: Library.modules))
    do {
      try lua.run(Self.before + "\n" + line, name: "=typed")
      Issue.record("no error: \(line)")
    } catch let error as ScriptError {
      let text = error.message
      // The position is that of the line, or of the function above that it calls.
      #expect(text == "typed:6: " + message || text == "typed:5: " + message, "\(line): \(text)")
    }
  }

  @Test("a list with a hole is longer than Lua says, and the n of table.pack is no stray key")
  func lists() throws {
    let lua = try #require(LuaState(modules: Library.modules))
    let code =
      "return #tensor(table.pack(1, 2, 3)), #tensor.stack(table.pack(tensor{1}, tensor{2}))"
    #expect(try lua.results(of: code) == ["3", "2"])
  }

  @Test("what a foreign name is replaced by exists here")
  func targets() throws {
    let lua = try #require(LuaState(modules: Library.modules))
    for (name, call) in ForeignCalls.all {
      #expect(try lua.results(of: "return \(call) ~= nil") == ["true"], "\(name)")
    }
  }
}
