// Calls under a small limit of address space or of memory: an error of Lua or a result, never a signal.
import TestSupport
import Testing

@Suite("tight memory", .serialized)
struct TightMemoryTests {
  /// Calls whose arrays, tables or workspaces are large; `x` has 1e7 numbers, 40 MB.
  static let calls = [
    "x:table()", "x:reshape{-1, 2}:table()", "metric.quantiles(x)",
    "metric.bootstrap(x, {resamples = 1})",
    "metric.wasserstein(x:reshape{-1, 1}, x:reshape{-1, 1})",
    "metric.energy_distance(x:reshape{-1, 1}, x:reshape{-1, 1})",
    "metric.sliced_wasserstein(x:reshape{-1, 2}, x:reshape{-1, 2}, {floors = 0})",
    "metric.same_law(x:reshape{-1, 1}, x:reshape{-1, 1}, {permutations = 19})",
    "metric.interval(x)", "plot.line(x, x)", "plot.histogram(x)", "plot.scatter(x, x):text()",
    "plot.heat(x:reshape{2000, 5000})", "target.gaussian_mixture{means = x}",
    "target.empirical(x:reshape{-1, 1})",
    "file.write_text('t.txt', ('x'):rep(2e8))", "file.save('x.csv', x)",
    "file.save('x.json', {x = x})", "file.save('x.npy', x)",
    "file.save('t.json', deep)", "tensor(many)", "x:sort()", "x:unique()", "x:quantile(0.5)",
    "random.stream(1):permutation(50000000)", "random.stream(1):choice(50000000, 100)",
    "linalg.eigh(tensor.eye(5000))", "linalg.lstsq(tensor.ones{2500, 2500}, tensor.ones{2500})",
    "linalg.sqrtm(tensor.eye(4000))", "linalg.svd(tensor.eye(4000))",
    "nn.score_mlp{sde = sde.vp(), width = 1 << 25}",
    "train(nn.score_mlp{sde = sde.vp(), width = 3000000}, tensor.ones{4, 1}, {steps = 1})",
    "nn.residual_mlp{sde = sde.edm(), dimension = 2, blocks = 1 << 40, sigma_data = 1}",
    "nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 1, blocks = 1 << 22, sigma_data = 1}",
    "nn.residual_mlp{sde = sde.edm(), dimension = 3000, sigma_data = tensor.ones{4000, 3000}, predicts = 'gaussian'}",
    "('x'):rep(1 << 30)", "many_tables()", "file.read_text('big.txt')", "file.load('big.csv')",
    "file.load('big.npy')", "file.load('big.npz')", "file.load('big.json')",
    "file.load('big.safetensors')", "data.idx('big.idx')", "nn.load('big.safetensors')",
  ]

  private func run(_ call: String, limit: String, options: [String]) throws -> CommandResult {
    let folder = try TemporaryFolder()
    for ending in ["txt", "csv", "npy", "npz", "json", "safetensors", "idx"] {
      let path = try folder.write("big.\(ending)", "")
      let status = try Command("/usr/bin/env", ["truncate", "-s", "3G", path]).run().status
      #expect(status == 0)
    }
    let code = """
      function many_tables() local t = {} for i = 1, 1e8 do t[i] = {i} end return t end
      local x = tensor.full({10000000}, 0.5)
      local many, deep = {}, {}
      if ([[\(call)]]):find('many', 1, true) then for i = 1, 1e6 do many[i] = i end end
      if ([[\(call)]]):find('deep', 1, true) then for i = 1, 5e5 do deep[i] = {{i}} end end
      local f = assert(load([[local x, many, deep = ... return \(call)]]))
      local ok, message = pcall(f, x, many, deep)
      print(ok, ok or tostring(message):sub(1, 200))
      collectgarbage()
      assert((tensor{1, 2} + 1):sum():item() == 5)
      print('alive')
      """
    var command = Command(
      "/bin/bash",
      ["-c", limit + " exec \"$0\" \"$@\"", Products.moondrift] + options + ["-e", code])
    command.folder = folder.path
    command.environment = ["SWIFT_BACKTRACE": "enable=no"]
    command.timeout = 120
    return try command.run()
  }

  @Test("a small limit of addresses ends no call by a signal", arguments: calls)
  func addresses(call: String) throws {
    let result = try run(call, limit: "ulimit -v 400000;", options: ["--threads", "2"])
    #expect(
      result.status == 0 && result.out.hasSuffix("alive\n"),
      "\(call): \(result.status) \(result.out) \(result.err.suffix(500))")
  }

  @Test("nor does a small limit of memory", arguments: calls)
  func memory(call: String) throws {
    let result = try run(
      call, limit: "ulimit -v 6000000;", options: ["--threads", "2", "--memory", "200M"])
    #expect(
      result.status == 0 && result.out.hasSuffix("alive\n"),
      "\(call): \(result.status) \(result.out) \(result.err.suffix(500))")
  }

  @Test("the limit of memory counts Lua's own heap")
  func luaHeap() throws {
    let result = try Command(
      Products.moondrift,
      [
        "--memory", "50M", "-e",
        "local t = {} print(pcall(function() for i = 1, 1e8 do t[i] = {i} end end))",
      ]
    ).run()
    #expect(result.out == "false\tnot enough memory\n", "\(result.out) \(result.err)")
  }
}
