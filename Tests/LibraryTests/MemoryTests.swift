// Memory under loops over tensors, and requests that do not fit.
import TestSupport
import Testing

@Suite("memory", .serialized)
struct MemoryTests {
  private func run(_ code: String, _ options: [String] = []) throws -> CommandResult {
    var command = Command(Products.moondrift, options + ["-e", code])
    command.timeout = 120
    return try command.run()
  }

  /// The most memory a process took in running the code, in kilobytes.
  private func peak(_ code: String) throws -> Int {
    let report =
      " for line in io.lines('/proc/self/status') do "
      + "local peak = line:match('VmHWM:%s*(%d+)') if peak then print(peak) end end"
    let result = try run(code + report)
    return try #require(Int(result.out.filter(\.isNumber)), "\(result.err)")
  }

  @Test("a loop of 8 MB tensors and a ring of 20 stay within 300 MB beyond what is alive")
  func loops() throws {
    let empty = try peak("tensor.zeros{2}")
    let loop = try peak("for i = 1, 2000 do local x = tensor.zeros{2000000} end")
    #expect(loop - empty < 300_000)
    let ring = try peak(
      "local ring = {} for i = 1, 2000 do ring[i % 20] = tensor.zeros{2000000} end")
    #expect(ring - empty - 160_000 < 300_000)
    let mixed = try peak(
      "for i = 1, 1500 do local x = tensor.zeros{math.random(2000000)} + 1 end")
    #expect(mixed - empty < 400_000)
  }

  /// How many kilobytes a process has grown by while it repeats some code, after a tenth as many
  /// repetitions to warm up.
  private func growth(_ code: String, times: Int) throws -> Int {
    let script = """
      local function resident()
        for line in io.lines('/proc/self/status') do
          local size = line:match('VmRSS:%s*(%d+)') if size then return tonumber(size) end
        end
      end
      local a, b, kept = tensor.ones{4, 4}, tensor.ones{4}, {}
      local function repeated(n) for i = 1, n do \(code) end end
      repeated(\(times / 10))
      local before = resident()
      repeated(\(times))
      print(resident() - before)
      """
    let result = try run(script)
    return try #require(Int(result.out.filter { $0.isNumber || $0 == "-" }), "\(result.err)")
  }

  @Test("a million small operations leave the resident memory where it was")
  func smallOperations() throws {
    let ten =
      "local c = a + b  c = a * 2  c = a[2]  a[1] = i  c = a:sum(1)  c = a:less(b)  c = a:matmul(a)"
      + "  c = tensor{1, 2, 3}  c = b[1]:item()  c = a:exp()"
    #expect(try growth(ten, times: 100_000) < 1000)
  }

  @Test("so do a hundred thousand of the larger ones")
  func largerOperations() throws {
    let ten =
      "local c = tensor.where(a:less(2), a, 0)  c = b:sort()  c = a[a:less(2)]  c = linalg.norm(a)"
      + "  c = random.stream(1):normal(3)  pcall(function() return a + tensor{1, 2} end)"
      + "  c = tensor.einsum('ij,j->i', a, b)  c = tensor.concatenate{a, a}  c = b:table()"
      + "  c = grad(function(z) return (z * z):sum() end)(b)"
    #expect(try growth(ten, times: 10_000) < 1000)
  }

  @Test("growth is seen where there is some")
  func plantedGrowth() throws {
    #expect(try growth("kept[#kept + 1] = a + b", times: 20_000) > 1000)
  }

  /// The most memory that some code takes in tensors as large as x, of 256 MB.
  private func mostAlive(_ code: String) throws -> Double {
    let script = """
      local function peak()
        for line in io.lines('/proc/self/status') do
          local size = line:match('VmHWM:%s*(%d+)') if size then return tonumber(size) end
        end
      end
      local n = 64 << 20
      local empty = peak()
      local x = tensor.full({n}, 0.5)
      load("local x = ... " .. [==[\(code)]==])(x)
      print((peak() - empty) / (n * 4 / 1024))
      """
    let result = try run(script)
    return try #require(
      Double(result.out.filter { $0.isNumber || $0 == "." }), "\(result.err)")
  }

  @Test(
    "an elementwise chain holds three large tensors at most: x, what goes in and what comes out",
    arguments: [
      "return ((x * 2 + 1):exp() - 3):tanh() * x + 0.25",
      "local y = x * 2 for i = 1, 5 do y = y:sin() y = y + x end",
      "y = x:exp() y = y + 1 y = -y y = y:sigmoid() y = y^2 y = y:maximum(x)",
      "local y = x:exp() + 1 + 2 y = nil y = x:exp() + 1 + 2",
      "local y = x:clamp(0, 1) y = y:abs() y = y:gelu() y = y - 0.5",
      "local function f(u) return u:softplus() / 2 + 1 end for i = 1, 3 do f(x) end",
    ])
  func elementwiseChain(code: String) throws {
    #expect(try mostAlive(code) < 3.1)
  }

  @Test("a tensor more is seen where one is kept")
  func plantedTensor() throws {
    #expect(try mostAlive("local kept = x + 1 local y = x * 2 y = y + 1") > 3.9)
  }

  @Test("a view outlives its base, and a base its views")
  func views() throws {
    let result = try run(
      """
      local function view_of(n)
        local base = tensor.arange(1, n)
        return base[{ {5, 7} }], base:reshape{-1, 2}:transpose()[1]
      end
      local views = {}
      for i = 1, 200 do views[2 * i - 1], views[2 * i] = view_of(100000) end
      for i = 1, 50 do tensor.full({100000}, -1) collectgarbage() end
      for i = 1, 200 do
        assert(table.concat(views[2 * i - 1]:table(), ' ') == '5.0 6.0 7.0')
        assert(views[2 * i]:sum():item() == 2.5e9)
        views[2 * i - 1]:fill(i)
      end
      local base = tensor.zeros(1000000)
      local view = base[{ {1, 3} }]
      base:free()
      collectgarbage()
      view[2] = 9
      assert(table.concat((view + 1):table(), ' ') == '1.0 10.0 1.0')
      local other = tensor.ones(10)
      other[{ {2, 3} }]:free()
      assert(other:sum():item() == 10)
      local slope = grad(function(z) local part = z[{ {1, 2} }] z = nil collectgarbage() return (part^2):sum() end)
      assert(table.concat(slope(tensor{1, 2, 3}):table(), ' ') == '2.0 4.0 0.0')
      print('alive')
      """)
    #expect(result.out == "alive\n", "\(result.err)")
  }

  @Test("a tensor that does not fit is an error with both figures")
  func tooLarge() throws {
    let result = try run("print(pcall(tensor.zeros, {1000000, 1000000}))")
    #expect(result.status == 0)
    #expect(
      result.out.hasPrefix("false\ttensor.zeros: not enough memory: 4 TB requested, "),
      "\(result.out)")
    let limited = try run("print(pcall(tensor.zeros, {1000, 100000}))", ["--memory", "100M"])
    // 100 MiB are 104.86 MB, less what the program itself has taken at its start.
    let figures = ["104", "103", "102", "101"].map {
      "false\ttensor.zeros: not enough memory: 400 MB requested, \($0) MB available\n"
    }
    #expect(figures.contains(limited.out), "\(limited.out)")
  }

  @Test("under a limit garbage is collected before a request is refused")
  func collectsFirst() throws {
    let result = try run(
      "for i = 1, 100 do x = tensor.zeros{10000000} end print('done')", ["--memory", "100M"])
    #expect(result.out == "done\n", "\(result.err)")
  }

  @Test("a compiled chain of elementwise operations needs its argument and its result, no more")
  func compiledChain() throws {
    // 40 MB each, at most four: three are held, so that one is left for what lies between.
    let code = """
      local function chain(x) return ((x * 2 + 1):exp() - x):tanh() / 3 end
      local compiled, x = grad.compile(chain), tensor.ones{10000000}
      compiled(x)
      collectgarbage()
      local held = {tensor.zeros{10000000}, tensor.zeros{10000000}}
      for _ = 1, 3 do local y = compiled(x) end
      collectgarbage()
      print(#held, pcall(chain, x))
      """
    let result = try run(code, ["--memory", "175M"])
    #expect(
      result.out.hasPrefix(
        "2\tfalse\t(command line):1: tensor: not enough memory: 40 MB requested"),
      "\(result.out)")
  }
}
