import TestSupport
import Testing

/// What the main job writes does not depend on the machine's threads, and its claims are all there.
@Suite struct KLDynamicsTests {
  static let path = "scripts/generalization/kl_dynamics.lua"

  private func results(_ options: [String], _ settings: [String] = []) throws -> StrictJSON {
    let folder = try TemporaryFolder()
    var command = Command(
      Products.moondrift,
      options + [Products.root + "/" + Self.path, "--smoke", "--out=run"] + settings)
    command.folder = folder.path
    let ended = try command.run()
    #expect(ended.status == 0, "\(ended.err)")
    return try StrictJSON(ScriptFiles.read(folder.path + "/run/result.json"))
  }

  @Test("the same seed gives the same numbers at any number of threads, another seed others")
  func reproducible() throws {
    let one = try results(["--threads", "1"])
    let two = try results(["--threads", "2"])
    let other = try results([], ["--seed=5"])
    #expect(one["results"] == two["results"])
    #expect(one["results"] != other["results"])
    #expect(other["seed"]?.number == 5)
  }

  @Test("each run has its KL at each epoch that is looked at")
  func shape() throws {
    let experiments = try results([], ["--mus=3", "--seeds=3"])["results"]?.items ?? []
    #expect(experiments.count == 1)
    let runs = experiments.first?["runs"]
    #expect(runs?["epochs"]?.items.compactMap(\.number) == [0, 10, 20, 30, 40])
    let kl = runs?["values"]?["kl"]?.items ?? []
    #expect(kl.count == 3)
    #expect(kl.allSatisfy { $0.items.count == 5 && $0.items.allSatisfy { ($0.number ?? -1) > 0 } })
    #expect(experiments.first?["densities"]?["at"]?.items.count == 3)
  }

  /// The published settings at mu = 3: a fifth of the main job, some seconds.
  @Test("the KL falls as published: 1.27 at the start, about 0.2 from epoch 300 on")
  func published() throws {
    let folder = try TemporaryFolder()
    let ended = try ScriptFiles.run(
      Self.path, ["--mus=3", "--seeds=8", "--out=run"], in: folder, timeout: 120)
    #expect(ended.status == 0, "\(ended.err)")
    let claims = try StrictJSON(ScriptFiles.read(folder.path + "/run/claims.json")).items
    let byID = Dictionary(
      claims.map { ($0["id"]?.text ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    #expect(claims.count == 10)
    for id in ["3a", "3b", "3c", "1c"] {
      #expect(byID[id]?["verdict"]?.text == "reproduced", "\(ended.out)")
    }
    #expect(abs((byID["1a"]?["measured"]?.number ?? 0) - 1.27) < 0.25)
    #expect(abs((byID["4"]?["measured"]?.number ?? 0) - 0.07) < 0.03)
    #expect(byID["5a"]?["verdict"]?.text == "not tested")
    #expect(byID["5a"]?["measured"] == nil)
  }

  @Test("settings other than the published test no claim")
  func otherSettings() throws {
    let folder = try TemporaryFolder()
    let ended = try ScriptFiles.run(
      Self.path,
      [
        "--mus=3", "--seeds=2", "--samples=64", "--epochs=11", "--every=5", "--shown=5",
        "--out=run",
      ],
      in: folder)
    #expect(
      ended.out.contains("not tested: not at the published settings (epochs, every, samples)"))
  }

  @Test("values that cannot be right end it with one line and leave nothing")
  func badValues() throws {
    let folder = try TemporaryFolder()
    for (word, message) in [
      ("--every=0", "kl_dynamics.lua: --every must be a positive integer, got 0"),
      ("--seeds=-1", "kl_dynamics.lua: --seeds must be a positive integer, got -1"),
      ("--width=-1", "nn.score_mlp: width must be a positive integer, got -1"),
      ("--base=0.5", "sde.ve_power: base must be a number above 1, got 0.5"),
      ("--rate=-1", "optim.sgd: rate must be"),
    ] {
      let result = try ScriptFiles.run(Self.path, [word, "--out=run"], in: folder)
      #expect(result.status == 1)
      #expect(result.err.contains(message), "\(result.err)")
      #expect(try ScriptFiles.names(in: folder) == [])
    }
  }

  @Test("epochs that are never looked at are not drawn")
  func nothingToDraw() throws {
    let folder = try TemporaryFolder()
    let ended = try ScriptFiles.run(Self.path, ["--smoke", "--shown=7", "--out=run"], in: folder)
    #expect(ended.status == 0, "\(ended.err)")
    let names = try ScriptFiles.names(in: folder)
    #expect(names.contains("./run/kl_dynamics.svg") && !names.contains("./run/densities.svg"))
  }
}
