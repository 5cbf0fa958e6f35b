// Objects that hold a Lua function which refers to them.
import TestSupport
import Testing

@Suite("objects that hold Lua functions")
struct FunctionCycleTests {
  private func run(_ code: String) throws -> CommandResult {
    var command = Command(Products.moondrift, ["-e", code])
    command.timeout = 120
    return try command.run()
  }

  @Test(
    "are collected with a function that refers to them",
    arguments: [
      "local g g = grad.grad(function(z) return g and big end)",
      "local g g = grad.value_and_grad(function(z) return g and big end)",
      "local g g = grad.rule(function(z) return g and big end, function(z) return g end)",
      "local g g = grad.compile(function(z) return g and big end)",
      "local self = {w = big} self.step = grad.compile(function(x) return (x * self.w):sum() end)"
        + " self.step(big)",
      "local self = {w = big} self.inner = grad.compile(function(x) return self.w * x end)"
        + " self.outer = grad.grad(function(x) return self.inner(x):sum() + 0 * #self end)"
        + " self.both = grad.compile(self.outer) self.both(big)",
      "local o o = optim.sgd{rate = function(step) return o and big and 0.1 end}",
      "local t t = target.define{name = 'own', dimension = 2,"
        + " sample = function(n, stream) return t and big or stream:normal{n, 2} end}",
      "local m m = nn.define{name = 'own', dimension = 1, sde = sde.vp(),"
        + " parameters = {a = tensor.ones{1}}, score = function(p, x, t)"
        + " return m and big or -x * p.a end}",
      "local f f = coroutine.wrap(function() local g = grad.grad(function() return f, big end)"
        + " coroutine.yield(g) end) f()",
    ])
  func cycles(code: String) throws {
    let result = try run(
      """
      local function resident()
        collectgarbage() collectgarbage()
        for line in io.lines('/proc/self/status') do
          local size = line:match('VmRSS:%s*(%d+)') if size then return tonumber(size) end
        end
      end
      local function repeated(n) for i = 1, n do local big = tensor.ones{5000} \(code) end end
      repeated(300)
      local before = resident()
      repeated(2000)
      print(resident() - before)
      """)
    let growth = try #require(
      Int(result.out.filter { $0.isNumber || $0 == "-" }), "\(result.err)")
    // What stays alive would take 40 MB.
    #expect(growth < 8000)
  }

  @Test("keep the function for as long as they live, and pass it on to what outlives them")
  func functionsStay() throws {
    let result = try run(
      """
      local function churn()
        for i = 1, 20 do local t = {} for j = 1, 2000 do t[j] = {j} end end
        collectgarbage() collectgarbage()
      end
      local function gradient() return grad.grad(function(x) return (x^2):sum() end) end
      local g = gradient()
      churn()
      assert(g(tensor{3}):item() == 6)

      -- A fit keeps its model, whose userdata goes.
      local function define()
        return nn.define{name = 'own', dimension = 1, sde = sde.vp(),
          parameters = {a = tensor.ones{1}}, score = function(p, x, t) return -x * p.a end}
      end
      local fit = train(define(), tensor.zeros{8, 1}, {steps = 2, batch = 4})
      churn()
      local m = fit.model
      churn()
      assert(m:score(tensor{{2}}, 0.5):item() ~= nil)
      local other = fit.model
      m = nil
      churn()
      assert(other:score(tensor{{2}}, 0.5):item() ~= nil)
      fit, other = nil, nil
      churn()

      -- The exact model of a target, and a rule that a tape still needs.
      local rule = grad.rule(function(x) return x * 2 end, function(x, y, g) return g * 7 end)
      local slope = grad.grad(function(x)
        local y = rule(x)
        rule = nil
        churn()
        return y:sum()
      end)
      assert(slope(tensor{1}):item() == 7)

      -- A compiled function called by another, after its own userdata was freed.
      local inner = grad.compile(function(x) return x + 1 end)
      local outer = grad.compile(inner)
      inner:free()
      churn()
      print('alive')
      """)
    #expect(result.out == "alive\n", "\(result.err)")
  }

  @Test("are collected in incremental mode too")
  func incremental() throws {
    let result = try run(
      """
      collectgarbage('incremental')
      local alive = setmetatable({}, {__mode = 'k'})
      for i = 1, 200 do
        local self = {}
        alive[self] = true
        self.step = grad.grad(function(x) return self end)
      end
      collectgarbage() collectgarbage() collectgarbage()
      print(next(alive))
      """)
    #expect(result.out == "nil\n", "\(result.err)")
  }
}
