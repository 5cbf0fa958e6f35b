import TestSupport
import Testing

/// A run that writes checkpoints, killed at moments that nothing announces and resumed, ends with the bits of a run
/// that was left alone.
@Suite struct KilledTrainingTests {
  /// Each kind of network in small: with running statistics, moments of the optimizer, an average, draws for dropout.
  private static let networks = [
    "layers": """
    nn.define{shape = {1, 8, 8}, predicts = "residual", sde = sde.ve(), seed = 2, layers = nn.sequential{
      nn.conv2d{1, 8, bias = false}, nn.bias_free_norm{8}, nn.relu(), nn.dropout{0.2}, nn.conv2d{8, 8},
      nn.batch_norm{8}, nn.relu(), nn.conv2d{8, 1}}}
    """,
    "bf_cnn": "nn.bf_cnn{shape = {1, 8, 8}, width = 8, depth = 5, sde = sde.ve(), seed = 2}",
    "unet": "nn.unet{shape = {1, 8, 8}, blocks = 2, width = 8, sde = sde.ve(), seed = 2}",
    "score_net": """
    nn.score_net{shape = {1, 17, 17}, channels = {4, 8, 8, 8}, embedding = 16, sde = sde.ve_power{}, seed = 2}
    """,
    "ddpmpp": """
    nn.ddpmpp{shape = {1, 8, 8}, channels = 8, multipliers = {1, 2}, blocks = 1, attention = {4}, dropout = 0.2,
      sigma_data = 0.5, sde = sde.edm(), seed = 2}
    """,
    "local_cnn": "nn.local_cnn{shape = {1, 8, 8}, width = 8, layers = 2, sde = sde.vp(), seed = 2}",
    "residual_mlp": """
    nn.residual_mlp{shape = {1, 8, 8}, width = 16, blocks = 1, sigma_data = 0.5, sde = sde.edm(), seed = 2}
    """,
  ]

  private static let script = """
    local path, steps = arg[1], tonumber(arg[2])
    local m = MODEL
    local x = random.stream(1):uniform{24, table.unpack(m.shape)}
    local plan, fit = {path = path, every = 7}, nil
    if io.open(path) then
      local again = arg[3] == "layers" and m or nil
      fit = train.resume(path, x, {checkpoint = plan, model = again, progress = false}):finish()
    else
      fit = train(m, x, {progress = false, checkpoint = plan, steps = steps, batch = 10, ema = 0.9, seed = 3})
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

  @Test("killed and resumed, the same bits", arguments: networks.keys.sorted())
  func sameBits(network: String) throws {
    let folder = try TemporaryFolder()
    let model = try #require(Self.networks[network])
    let script = try folder.write("t.lua", Self.script.replacing("MODEL", with: model))
    func run(_ file: String, killedAfter seconds: Double?) throws -> CommandResult {
      let own = [Products.moondrift, script, folder.path + "/" + file, "400", network]
      var command =
        seconds.map { Command("/usr/bin/timeout", ["-s", "KILL", "\($0)"] + own) }
        ?? Command(own[0], Array(own.dropFirst()))
      command.timeout = 200
      return try command.run()
    }
    let whole = try run("whole", killedAfter: nil)
    try #require(whole.status == 0, "\(whole.err)")
    var kills = 0
    // Moments that lie anywhere in an update or in the writing of a file.
    for attempt in 0..<6 {
      let result = try run("killed", killedAfter: whole.seconds * (0.2 + 0.07 * Double(attempt)))
      if result.status == 0 { break }
      kills += 1
    }
    let ended = try run("killed", killedAfter: nil)
    #expect(ended.status == 0, "\(ended.err)")
    #expect(ended.out == whole.out)
    #expect(kills > 0)
  }
}
