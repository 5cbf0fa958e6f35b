// Every function of every module is called with what it does not want.
import Catalog
import Library
import TestSupport
import Testing

@Suite("bad input")
struct BadInputTests {
  /// One process per module calls all its functions; the last line names the culprit of a crash.
  @Test(
    "gives an error that starts with the function's name", arguments: Library.modules.map(\.name))
  func errorsNameTheFunction(module name: String) throws {
    let module = try #require(Library.modules.first { $0.name == name })
    let functions = module.entries.filter { $0.kind == .function }
    let needy = functions.filter {
      $0.parameters.contains { $0.isRequired && $0.role == .positional }
    }
    let script = """
      local module = moondrift.\(name) or moondrift
      local needs = {\(needy.map { "\($0.name) = true" }.joined(separator: ", "))}
      local wrong = {
        {}, {nil, nil}, {true}, {"x"}, {{}}, {function() end}, {io.stdout}, {-1}, {0/0}, {1/0}, {1e300},
        {2^53}, {math.mininteger}, {"x", "x"}, {{}, {}}, {{{}}}, {{nonsense = 1}}, {1, {nonsense = 1}},
        {1, 1, 1, 1, 1, 1, 1, 1, 1}, {tensor.zeros{0}}, {tensor.zeros{2, 0}}, {tensor.zeros{2, 3}, "x"},
        {tensor{0/0, 1}}, {print, print}, {coroutine.create(print)},
      }
      local bad = 0
      for _, name in ipairs{\(functions.map { "'\($0.name)'" }.joined(separator: ", "))} do
        local call = module[name]
        for i, arguments in ipairs(wrong) do
          io.stdout:write(name, " ", i, "\\n") io.stdout:flush()
          local ok, message = pcall(call, table.unpack(arguments))
          local prefix = "\(name)." .. name .. ": "
          if not ok and tostring(message):sub(1, #prefix) ~= prefix then
            bad = bad + 1
            io.stderr:write(name, " ", i, " says: ", tostring(message), "\\n")
          elseif ok and i == 1 and needs[name] then
            bad = bad + 1
            io.stderr:write(name, " accepts no arguments\\n")
          end
        end
      end
      os.exit(bad == 0)
      """
    let folder = try TemporaryFolder()
    let path = try folder.write("bad.lua", script)
    var command = Command(Products.moondrift, ["--memory", "1G", path])
    command.folder = folder.path
    command.environment = ["LUA_INIT": nil, "SWIFT_BACKTRACE": "enable=no"]
    command.timeout = 60
    let result = try command.run()
    let last = result.out.split(separator: "\n").last ?? ""
    #expect(result.status == 0, "status \(result.status), last \(last)\n\(result.err.prefix(4000))")
  }
}
