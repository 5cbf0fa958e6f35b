// What the module `tensor` does as Lua sees it: scripts under Tests/lua/tensor.
import Autodiff
import Catalog
import Library
import TestSupport
import Testing

@Suite("tensor operations in Lua")
struct TensorScriptTests {
  private func run(
    _ script: String, _ arguments: [String] = [], memory: String = "8G", threads: Int? = nil
  ) throws {
    let path = Products.root + "/Tests/lua/tensor/" + script
    let options = ["--memory", memory] + (threads.map { ["--threads", "\($0)"] } ?? [])
    var command = Command(Products.moondrift, options + [path] + arguments)
    command.environment = ["LUA_INIT": nil, "SWIFT_BACKTRACE": "enable=no"]
    command.timeout = 60
    let result = try command.run()
    #expect(result.status == 0, "\(result.err.prefix(4000))")
  }

  @Test("every operation with a gradient agrees with central differences, and none is left out")
  func gradients() throws {
    let names = TensorModule.module.entries.filter { entry in
      entry.kind == .function && entry.resultTypes.contains { $0.hasPrefix("tensor") }
    }.map(\.name)
    #expect(names.count > 50)
    try run("gradients.lua", names)
  }

  @Test("a request for 2^40 elements is an error wherever tensors are made")
  func tooLarge() throws {
    let functions = TensorModule.module.entries.filter { $0.kind == .function }
    let methods = RandomModule.module.entries.filter { $0.kind == .method }
    let names = functions.map { ("tensor", $0) } + methods.map { ("stream", $0) }
    try run(
      "too_large.lua",
      names.filter { _, entry in entry.resultTypes.contains { $0.hasPrefix("tensor") } }
        .map { "\($0).\($1.name)" }, memory: "2G")
  }

  @Test("operations give the numbers of NumPy and SciPy")
  func references() throws {
    try run("references.lua", [Products.root + "/Tests/References/tensor_operations.lua"])
  }

  @Test(
    "operations do what they say, and their errors say what is wrong",
    arguments: [
      "comparisons.lua", "compile.lua", "indexing.lua", "integers.lua", "reductions.lua",
      "power_norms.lua", "read_elements.lua", "shaping.lua", "slopes.lua", "special_points.lua",
      "sums.lua",
    ])
  func behaviour(script: String) throws { try run(script) }

  @Test("compiled functions give the same bits on one thread and on three", arguments: [1, 3])
  func threads(count: Int) throws { try run("compile.lua", threads: count) }
}
