import TestSupport
import Testing

@Suite struct DerivedSeedTests {
  @Test("random.derived_seed gives each part its own seed, the same one each time")
  func partsHaveTheirOwnSeeds() throws {
    let code = """
      local seen = {}
      for seed = -20, 20 do
        for part = -20, 20 do
          local s = random.derived_seed(seed, part)
          assert(math.type(s) == "integer" and s >= 0 and s < 1 << 53)
          assert(not seen[s])
          seen[s] = true
        end
      end
      print(random.derived_seed(7, 3))
      """
    let result = try Command(Products.moondrift, ["-e", code]).run()
    // Written down when the function was made: a seed in a record must keep its meaning.
    #expect(result == CommandResult(out: "7894049186215629\n", err: "", status: 0))
  }
}
