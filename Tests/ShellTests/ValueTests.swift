// How tables look at the prompt.
import TestSupport
import Testing

@Suite("values at the prompt", .serialized)
struct ValueTests {
  @Test(
    "tables show what they hold, to a depth of two",
    arguments: [
      ("{1, 2, 3}", "{1, 2, 3}"),
      ("{}", "{}"),
      (
        "{a = 1, b = 'x', [10] = true, ['x-y'] = 2.5}",
        "{[10] = true, a = 1, b = \"x\", [\"x-y\"] = 2.5}"
      ),
      ("{'say \\'\"\\'', 'two\\nlines'}", "{\"say '\\\"'\", \"two\\nlines\"}"),
      ("{{1, 2}, {a = {1}}, {{}}}", "{{1, 2}, {a = {…}}, {{}}}"),
      ("tensor.zeros{2, 3}.shape", "{2, 3}"),
      ("{x = tensor{1, 3}}", "{x = tensor 2 float32 [mean 2, std 1]}"),
      ("{f = sde.vp, g = print}", "{f = function sde.vp, g = function}"),
      ("{1, nil, 3}", "{1, nil, 3}"),
      ("setmetatable({}, {__tostring = function() return 'own' end})", "own"),
      ("{setmetatable({}, {__tostring = function() return 'own' end})}", "{own}"),
      ("sde", "module sde; help(sde) tells what it has"),
      ("{'end'}, 2", "{\"end\"}\n2"),
      ("({sde})", "{module sde}"),
    ])
  func tables(code: String, expected: String) throws {
    #expect(try Session().reply(code) == expected)
  }

  @Test("long tables are cut, and say by how much")
  func long() throws {
    let session = try Session()
    _ = try session.reply("t = {} for i = 1, 1000 do t[i] = i end")
    let numbers = try session.reply("t")
    #expect(numbers.hasPrefix("{\n  1, 2, 3,") && numbers.contains(" 60,"))
    #expect(numbers.hasSuffix("… 940 more\n}") && !numbers.contains("61"))
    #expect(numbers.split(separator: "\n").count <= 5)
    _ = try session.reply("t = {} for i = 1, 1000 do t['key' .. i] = {i} end")
    let names = try session.reply("t").split(separator: "\n")
    #expect(names.count == 23 && names[1] == "  key1 = {1}," && names[21] == "  … 980 more,")
    _ = try session.reply("t = {('long'):rep(100), t} t[3] = t")
    let wide = try session.reply("t").split(separator: "\n")
    #expect(wide.allSatisfy { $0.count <= 120 }, "\(wide)")
  }

  @Test("a log is shown by columns, a list of fits as a list")
  func fits() throws {
    let session = try Session()
    _ = try session.reply("m = nn.score_mlp{dimension = 1, width = 2, sde = sde.vp(), seed = 1}")
    _ = try session.reply(
      "fit = train(m, tensor.ones{4, 1}, {steps = 30, seed = 1, log_every = 1, progress = false})")
    let log = try session.reply("fit.log").split(separator: "\n")
    #expect(log.first == "3 columns of 30 rows")
    #expect(log[1].split(separator: " ") == ["step", "epoch", "loss"])
    #expect(log.count == 14 && log[2].hasPrefix("     1") && log.last?.hasPrefix("    30") == true)
    #expect(Set(log.dropFirst().map(\.count)).count == 1)
    let fits = try session.reply("{fit, fit}").split(separator: "\n")
    #expect(fits.count == 1 || fits.count == 4)
    #expect(fits.joined().contains("fit(score_mlp, ") && fits.joined().contains("30 steps"))
  }
}
