import TestSupport
import Testing

/// A run that writes checkpoints, killed at moments that nothing announces and resumed, ends with the bits of a run
/// that was left alone.
@Suite struct KilledTrainingTests {
  /// A small network of each kind that carries more than its parameters from update to update: running statistics,
  /// moments of the optimizer, an average, and draws for dropout.
  private static let script = """
    local path = arg[1]
    local x = random.stream(1):uniform{24, 1, 8, 8}
    local layers = nn.sequential{nn.conv2d{1, 8, bias = false}, nn.bias_free_norm{8}, nn.relu(), nn.dropout{0.2},
      nn.conv2d{8, 8}, nn.batch_norm{8}, nn.relu(), nn.conv2d{8, 1}}
    local m = nn.define{shape = {1, 8, 8}, layers = layers, predicts = "residual", sde = sde.ve(), seed = 2}
    local chosen = {loss = loss.blind(), progress = false, checkpoint = {path = path, every = 7}}
    local fit
    if io.open(path) then
      fit = train.resume(path, x, {checkpoint = chosen.checkpoint, model = m, progress = false}):finish()
    else
      chosen.steps, chosen.batch, chosen.ema, chosen.seed = tonumber(arg[2]), 10, 0.9, 3
      fit = train(m, x, chosen)
    end
    local digest = 0
    for _, of in ipairs{fit.model, fit.ema_model} do
      local names = {}
      for name in pairs(of:parameters()) do names[#names + 1] = name end
      table.sort(names)
      for _, name in ipairs(names) do
        for _, number in ipairs(of:parameters()[name]:reshape{-1}:table()) do
          digest = (digest * 31 + string.unpack("I4", string.pack("f", number))) % 2^48
        end
      end
    end
    print(fit.step, string.format("%.0f", digest), #fit.log.loss)
    """

  @Test("killed and resumed, the same bits")
  func sameBits() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write("t.lua", Self.script)
    func run(_ file: String, killedAfter seconds: Double?) throws -> CommandResult {
      let own = [Products.moondrift, script, folder.path + "/" + file, "900"]
      var command =
        seconds.map { Command("/usr/bin/timeout", ["-s", "KILL", "\($0)"] + own) }
        ?? Command(own[0], Array(own.dropFirst()))
      command.timeout = 120
      return try command.run()
    }
    let whole = try run("whole", killedAfter: nil)
    try #require(whole.status == 0, "\(whole.err)")
    var kills = 0
    // Moments that lie anywhere in an update or in the writing of a file.
    for attempt in 0..<12 {
      let result = try run("killed", killedAfter: 0.11 + 0.037 * Double(attempt))
      if result.status == 0 { break }
      kills += 1
    }
    let ended = try run("killed", killedAfter: nil)
    #expect(ended.status == 0, "\(ended.err)")
    #expect(ended.out == whole.out)
    #expect(kills > 1)
  }
}
