import Glibc
import TestSupport
import Testing

/// A training loop that saves every few steps is killed at random instants and resumed. `MOONDRIFT_KILLS`
/// says how often; 10 times unless told otherwise.
@Suite struct CheckpointTests {
  private static let loop = """
    local path, out = arg[1], arg[2]
    local x = random.stream(1):normal{200, 2}
    local options = {probe = {every = 50, spread = function(s) return s.model(x, 0.5):std():item() end},
      optimizer = optim.adam{rate = function(step) return 1e-3 / (1 + step / 500) end}, progress = false}
    local fit
    local file_there = io.open(path)
    if file_there then
      file_there:close()
      fit = train.resume(path, x, options)
      print("resumed", fit.step)
    else
      options.steps, options.ema, options.seed, options.batch = 6000, 0.99, 3, 48
      fit = train.start(nn.score_mlp{dimension = 2, sde = sde.vp(), seed = 1}, x, options)
    end
    while fit.step < 6000 do
      fit:advance(3)
      fit:save(path)
    end
    local all = file.load(path)
    all.samples = sample.euler_maruyama(fit.ema_model, {count = 20, steps = 50, seed = 1})
    file.save(out, all)
    """

  @Test("a loop killed at random instants and resumed ends with the bits of one that was not")
  func kills() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("loop.lua", CheckpointTests.loop)
    let wanted = getenv("MOONDRIFT_KILLS").flatMap { Int(String(cString: $0)) } ?? 10
    func path(_ name: String) -> String { folder.path + "/" + name }

    var whole = Command(
      Products.moondrift, [script, path("whole-run.safetensors"), path("whole.safetensors")])
    whole.timeout = 300
    #expect(try whole.run().status == 0)
    // So long lasts a run; a kill falls anywhere in the first part of one, or in its start.
    var killed = 0
    var rounds = 0
    while killed < wanted {
      rounds += 1
      try #require(rounds < 50 * wanted, "too few of the runs were killed in time")
      let delay = Double.random(in: 0.01...0.4)
      // A run that came to its end starts anew.
      var part = Command(
        "/bin/bash",
        [
          "-c",
          """
          "$0" "$1" "$2" "$3" & child=$!
          (sleep \(delay); kill -9 $child) 2>/dev/null & killer=$!
          wait $child; status=$?
          kill $killer 2>/dev/null
          exit $status
          """, Products.moondrift, script, path("part-run.safetensors"), path("part.safetensors"),
        ])
      part.timeout = 300
      let result = try part.run()
      // 1 would be an error of ours: an unreadable checkpoint among them.
      #expect(result.status == 137 || result.status == 0, "\(result.err)")
      if result.status == 137 { killed += 1 }
      if result.status == 0 {
        try expectSame(path("part.safetensors"), path("whole.safetensors"))
        unlink(path("part-run.safetensors"))
        unlink(path("part.safetensors"))
      }
    }
    var last = Command(
      Products.moondrift, [script, path("part-run.safetensors"), path("part.safetensors")])
    last.timeout = 300
    let end = try last.run()
    #expect(end.status == 0, "\(end.err)")
    try expectSame(path("part.safetensors"), path("whole.safetensors"))
  }

  private func expectSame(_ a: String, _ b: String) throws {
    let result = try Command("/usr/bin/cmp", [a, b]).run()
    #expect(result.status == 0, "\(result.out)\(result.err)")
  }
}
