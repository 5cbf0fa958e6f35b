// Every function of every module, and every method and operator of every type, is called with what it
// does not want.
import Catalog
import Library
import TestSupport
import Testing

/// Something to call, as `Tests/lua/bad_input.lua` reads it.
private struct Member {
  let entry: Entry
  let name: String
  /// How its errors begin.
  let prefix: String
  /// Lua that gives the function, of an `object` where there is a receiver.
  let call: String
  /// Lua that makes a receiver.
  var receiver: String?

  var isOperator: Bool { if case .metamethod = entry.kind { true } else { false } }

  var lua: String {
    let arguments = receiver == nil ? entry.parameters[...] : entry.parameters.dropFirst()
    let positional = arguments.filter { $0.role == .positional }.map {
      "{type = \(quoted($0.type)), required = \($0.isRequired)}"
    }
    let options = arguments.filter { $0.role == .option }.map {
      "{name = \(quoted($0.name)), type = \(quoted($0.type))}"
    }
    return """
      {name = \(quoted(name)), prefix = \(quoted(prefix)), is_operator = \(isOperator),
       has_rest = \(arguments.contains { $0.role == .rest }),
       positional = {\(positional.joined(separator: ", "))},
       options = {\(options.joined(separator: ", "))},
       call = function(object) return \(call) end,
       make = \(receiver.map { "function() return \($0) end" } ?? "nil")}
      """
  }
}

private func quoted(_ text: String) -> String {
  "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}

@Suite("bad input")
struct BadInputTests {
  /// How an object of each type is made.
  static let makers = [
    "tensor": "tensor{{1, 2}, {3, 4}}",
    "stream": "random.stream(1)",
    "transform": "grad.grad(function(x) return (x^2):sum() end)",
    "compiled": "grad.compile(function() return tensor.ones(2):sum() end)",
    "sde": "sde.vp()",
    "target": "target.gaussian_mixture{means = {-1, 1}, stds = 1}",
    "model": "nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}",
    "network": "nn.score_mlp{dimension = 1, width = 2, seed = 1}",
    "network_summary": "nn.score_mlp{dimension = 1, width = 2, seed = 1}:summary()",
    "eigenpairs": """
    nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}:jacobian_eigenpairs(tensor{1},
      {k = 1, t = 0.5, seed = 1})
    """,
    "layer": "nn.linear{1, 2}",
    "bound_layer": """
    (function()
      local kept
      nn.define{dimension = 1, layers = {a = nn.linear{1, 1}}, sde = sde.vp(), predicts = "noise",
        forward = function(l, x) kept = l.a return l.a(x) end}
      return kept
    end)()
    """,
    "optimizer": "optim.sgd{rate = 0.1}",
    "rate": "rate.cosine{steps = 10}",
    "average": "optim.power_ema()",
    "posthoc_ema": "optim.posthoc_ema{folder = os.tmpname() .. \".d\", every = 10}",
    "loss": "loss.denoising()",
    "draw": "draw.uniform()",
    // One that diverged, so that no number of updates takes long.
    "fit": """
    (function()
      local m = nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}
      pcall(train, m, tensor.full({2, 1}, 1e30), {steps = 1})
      return train.last
    end)()
    """,
    "state": """
    (function()
      local held
      train(nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}, tensor.ones{2, 1},
        {steps = 1, probe = {every = 1, look = function(s) held = s return 0 end}})
      return held
    end)()
    """,
    "figure": "plot.line({1, 2}, {3, 4})",
    "data_source": "data.tile(tensor{{1}, {2}}, 3)",
    "standardization": "select(2, data.standardize(tensor{{1}, {2}}))",
    "pca": "data.pca(tensor{{1, 2}, {2, 3}, {4, 4}})",
    "kmeans": "data.kmeans(tensor{{1}, {2}}, {clusters = 2, seed = 1})",
    "gradient_flow": """
    theory.gradient_flow(nn.random_features{width = 3, sde = sde.ou(), seed = 1}, tensor.ones{2, 1},
      {time = {0.1, 1}, times = 2})
    """,
    "random_features_flow": """
    theory.random_features{dimension = 4, width = 6, count = 5, sde = sde.ou(), seed = 1}
    """,
    "linear_flow": "theory.linear_denoiser(random.stream(1):normal{5, 2}, {sde = sde.ou()})",
    "journal": "file.journal(os.tmpname() .. \".lines\")",
    "child_process": "moondrift.start(function() return \"\" end)",
    "brownian_path": "sample.brownian{seed = 1}",
    "measurement": "metric.energy_distance(tensor{{1}, {2}}, tensor{{1}, {3}}, {seed = 1})",
    "ledger": "metric.ledger(tensor{{1}, {3}}, {target = target.binary{dimension = 1}})",
    "metric": """
    metric.define{name = "gap", interval = "none",
      body = function(x, y) return (x:mean() - y:mean()):item() end}
    """,
    "sampler": """
    sample.define{name = "still", start = function() return function(x) return x end end}
    """,
    "sampling_run": """
    (function()
      local held
      local s = sample.define{name = "still", start = function(run)
        held = run
        return function(x) return x end
      end}
      s(nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}, {steps = 1, count = 2})
      return held
    end)()
    """,
  ]

  static let types = Set(
    Library.modules.flatMap { module in
      module.types.map { $0.type.typeName } + module.entries.compactMap { $0.receiver?.typeName }
    }
  ).sorted()

  @Test("every type can be made here, so that none is left out")
  func makersAreComplete() {
    #expect(Self.types == Self.makers.keys.sorted())
  }

  @Test(
    "functions give an error that starts with their name", arguments: Library.modules.map(\.name))
  func functions(module name: String) throws {
    let module = try #require(Library.modules.first { $0.name == name })
    let owner = name == "moondrift" ? "moondrift" : "moondrift.\(name)"
    var members = module.entries.filter { $0.kind == .function }.map {
      Member(
        entry: $0, name: "\(name).\($0.name)", prefix: "\(name).\($0.name): ",
        call: "\(owner).\($0.name)")
    }
    if let callee = module.callee {
      members.append(
        Member(
          entry: callee, name: name, prefix: "\(name): ",
          call: owner))
    }
    try check(members)
  }

  @Test("methods and operators give an error that starts with their name", arguments: types)
  func methods(type name: String) throws {
    var members: [Member] = []
    for module in Library.modules {
      for entry in module.entries where entry.receiver?.typeName == name {
        let maker = Self.makers[name]
        switch entry.kind {
        case .function, .method:
          let owner = entry.kind == .method ? name : module.name
          members.append(
            Member(
              entry: entry, name: "\(name):\(entry.name)", prefix: "\(owner).\(entry.name): ",
              call: "object.\(entry.name)", receiver: maker))
        case .metamethod(let event):
          members.append(
            Member(
              entry: entry, name: "\(name) \(event)",
              prefix: entry.receiver?.errorName ?? name,
              call: "debug.getmetatable(object).\(event)", receiver: maker))
        case .property, .constant, .variable: break
        }
      }
    }
    try check(members)
  }

  @Test("the check sees what takes anything, errs in another's name, or ends the process")
  func planted() throws {
    func member(_ name: String, _ body: String) -> String {
      """
      {name = "\(name)", prefix = "\(name): ", is_operator = false, has_rest = false,
       positional = {{type = "number", required = true}}, options = {{name = "n", type = "integer"}},
       call = function() return function(...) \(body) end end}
      """
    }
    let found = try run([member("lax", ""), member("odd", "error('even: no', 0)")])
    #expect(found.status == 1)
    for line in [
      "lax nothing: no error", "lax too many: no error", "lax argument 1 = coroutine: no error",
      "lax argument 1 missing: no error", "lax n = file: no error", "lax unknown option: no error",
      "odd argument 1 = nan: even: no",
    ] {
      #expect(found.err.contains(line + "\n"), "\(line)")
    }
    let ended = try run([member("fatal", "if ... == -1 then os.exit(7) end error('fatal: no', 0)")])
    #expect(ended.status == 7)
    #expect(ended.out.hasSuffix("fatal argument 1 = -1\n"))
  }

  private func check(_ members: [Member]) throws {
    let result = try run(members.map(\.lua))
    let last = result.out.split(separator: "\n").last ?? ""
    #expect(
      result.status == 0, "status \(result.status), last \(last)\n\(result.err.prefix(6000))")
    #expect(last.hasSuffix(" calls"))
  }

  private func run(_ members: [String]) throws -> CommandResult {
    let folder = try TemporaryFolder()
    let list = "return {\n" + members.joined(separator: ",\n") + "\n}\n"
    let path = try folder.write("members.lua", list)
    let script = Products.root + "/Tests/lua/bad_input.lua"
    var command = Command(Products.moondrift, ["--memory", "1G", script, path])
    command.folder = folder.path
    command.environment = ["LUA_INIT": nil, "SWIFT_BACKTRACE": "enable=no"]
    command.timeout = 120
    return try command.run()
  }
}
