// What a call costs, beside a C function in the same loop.
import LuaHost
import Testing

@Suite("cost of a call", .serialized)
struct CallCostTests {
  @Test("a bound function of two numbers costs at most 6 times a C function")
  func numbers() throws {
    let times = try makeState().results(
      of: """
        local function best(f, a, b)
          local least = math.huge
          for round = 1, 7 do
            local start = os.clock()
            for i = 1, 2e6 do f(a, b) end
            least = math.min(least, os.clock() - start)
          end
          return least / 2e6 * 1e9
        end
        local empty = best(function() end, 1, 2)
        local p = probe(1)
        return best(probe.add, 1, 2), best(math.fmod, 1.5, 2.5), best(p.bump, p, 1.0)
        """
    ).compactMap(Double.init)
    print("ns a call: bound \(times[0]), C \(times[1]), method \(times[2])")
    #expect(times[0] < 6 * times[1])
  }
}
