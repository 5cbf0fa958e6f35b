// Exact models give the same bits on any number of threads.
import TestSupport
import Testing

@Suite struct ExactModelTests {
  @Test("the score of a data set, score machines and samples do not depend on the threads")
  func threads() throws {
    let code = """
      local data = random.stream(1):normal{3000, 40}
      local x = random.stream(2):normal{70, 40}
      for _, t in ipairs{0.01, 1, 80} do
        local m = target.empirical(data):model(sde.edm())
        print(t, string.format("%a %a", m:score(x, t):sum():item(), m:log_density(x, t):sum():item()))
      end
      local pictures = data:reshape{3000, 5, 8}[{ {1, 20} }]
      for _, kind in ipairs{"equivariant", "local", "equivariant_local"} do
        local patch = kind ~= "equivariant" and 3 or nil
        local m = nn.score_machine{data = pictures, kind = kind, patch = patch, sde = sde.vp()}
        print(kind, string.format("%a", m:score(x:reshape{70, 5, 8}, 0.3):sum():item()))
      end
      local law = target.gaussian{covariance = data:transpose():matmul(data) / 3000}
      print(string.format("%a", law:sample(500, {seed = 1}):sum():item()))
      """
    let outputs = try ["1", "2", "5"].map { count in
      let result = try Command(Products.moondrift, ["--threads", count, "-e", code]).run()
      #expect(result.status == 0, "\(result.err)")
      return result.out
    }
    #expect(outputs[0].split(separator: "\n").count == 7)
    #expect(outputs.allSatisfy { $0 == outputs[0] })
  }
}
