// What `help` and `?` tell.
import TestSupport
import Testing

private typealias Key = PseudoTerminal.Key

@Suite("help at the prompt", .serialized)
struct HelpTests {
  @Test("by name and by value")
  func namesAndValues() throws {
    let session = try Session()
    #expect(try session.reply("?sde.vp").hasPrefix("sde.vp{beta_min = 0.1, beta_max = 20} -> sde"))
    #expect(try session.reply("help(sde.vp)") == session.reply("help 'sde.vp'"))
    #expect(try session.reply("?tensr") == "there is no help on 'tensr' (did you mean tensor?)")
    #expect(try session.reply("help()").contains("sde"))
    #expect(try session.reply("m = sde.vp()") == "")
    #expect(try session.reply("help(m)").contains("sde, an object:"))
    #expect(try session.reply("?m") == session.reply("help(m)"))
    #expect(try session.reply("help(sde)").hasPrefix("sde: "))
    #expect(try session.reply("help(help)").count > 0)
    #expect(
      try session.reply("help(nothere)")
        == "the value is nil: no variable of that name has a value; help \"name\" looks a name up")
    #expect(try session.reply("?nothere") == "there is no help on 'nothere'")
  }

  @Test("options, by the function and alone")
  func options() throws {
    let session = try Session()
    #expect(
      try session.reply("?train.batch").hasPrefix(
        "batch, an option of train\n\n  batch  integer, default 32"))
    #expect(
      try session.reply("?nn.score_mlp.width").hasPrefix(
        "width, an option of nn.score_mlp\n\n  width  "))
    let widths = try session.reply("?width")
    #expect(widths.contains("nn.score_mlp, width"))
    #expect(widths.contains("nn.residual_mlp, width"))
  }

  @Test("searches names, options, summaries and the library's files")
  func search() throws {
    let session = try Session()
    #expect(try session.reply("help 'memoriz'").contains("metric.memorized_fraction"))
    #expect(try session.reply("help 'Kingma'").contains("optim.adam"))
    #expect(try session.reply("help 'training runs'").contains("across_runs"))
    #expect(
      try session.reply("?across_runs").hasPrefix("across_runs, a Lua file: local across_runs = "))
    #expect(try session.reply("?names").contains("require \"moondrift.names\""))
    #expect(try session.reply("?across_runs.quartiles").hasPrefix("across_runs.quartiles("))
    #expect(
      try session.reply("?memorization").contains(
        "  memorization.panel(options)\n      Measures of"))
    #expect(
      try session.reply("help 'ledger.Book:add'").hasPrefix(
        "Book:add(samples)\n\nAdds samples. One after the other they go to two catches in turn."))
    let completeness = try session.reply("help 'ledger.completeness'")
    #expect(completeness.hasPrefix("Book:completeness()"))
    let genetic = try session.reply("help 'search.genetic'")
    #expect(genetic.contains("  returns  moondrift.SearchResult\n      .best  integer[] places"))
    #expect(try session.reply("help 'ledger.no_such'").contains("no help on 'ledger.no_such'"))
  }

  @Test("shows the comment above a function of the user, typed or in a file")
  func comments() throws {
    let home = try TemporaryFolder()
    let file = try home.write(
      "mine.lua",
      "-- Not this.\n\n--- Twice x.\n-- Of numbers.\nfunction twice(x)\n  return 2 * x\nend\n")
    let session = try Session(home: home)
    _ = try session.reply("dofile '\(file)'")
    let text = try session.reply("?twice")
    #expect(
      text.hasPrefix("a Lua function, written at ")
        && text.hasSuffix("mine.lua:5\n\nTwice x.\nOf numbers."))
    _ = try session.reply("-- Adds one.")
    _ = try session.reply("-- To x.")
    _ = try session.reply("function increment(x) return x + 1 end")
    _ = try session.reply("function other(x) return x end")
    #expect(
      try session.reply("?increment") == "a Lua function, written at stdin:1\n\nAdds one.\nTo x.")
    #expect(try session.reply("?other") == "a Lua function, written at stdin:1")
    #expect(
      try session.reply("help(function() end)") == "a Lua function, written at stdin:1")
  }

  @Test("what is longer than the screen comes by pages, and q or Ctrl-C ends it")
  func pages() throws {
    let session = try Session()
    for key in ["q", Key.controlC] {
      session.terminal.sendLine("?tensor")
      let first = try session.terminal.expect(" more lines: space, Enter, q --")
      #expect(first.split(separator: "\n").count <= 41)
      session.terminal.send(" ")
      try session.terminal.expect(" more lines: space, Enter, q --")
      session.terminal.send(key)
      try session.terminal.expect("\r> ")
    }
    #expect(try session.reply("1 + 1") == "2")
    // To its end.
    session.terminal.sendLine("?tensor")
    var pages = 0
    while pages < 20, !session.terminal.readUntilSilent(0.3).hasSuffix("> ") {
      pages += 1
      session.terminal.send(" ")
    }
    #expect((3..<20).contains(pages))
  }

  @Test("a script and -e have it too, behind the globals")
  func scripts() throws {
    let folder = try TemporaryFolder()
    let script = try folder.write(
      "a.lua",
      "help 'sde.vp'\nhelp(tensor{1})\nhelp(function() end)\nassert(not rawget(_G, 'help'))\n")
    for arguments in [[script], ["-e", "dofile('\(script)')"]] {
      let result = try Command(Products.moondrift, arguments).run()
      #expect(result.status == 0, "\(result.err)")
      #expect(result.out.hasPrefix("sde.vp{beta_min = 0.1, beta_max = 20} -> sde\n"))
      #expect(result.out.contains("\ntensor: N-dimensional arrays."))
      #expect(result.out.hasSuffix("a Lua function, written at \(script):3\n"))
    }
    let own = try Command(Products.moondrift, ["-e", "help = 7 print(help)"]).run()
    #expect(own.out == "7\n")
  }

  @Test("is whole where nobody sits at a terminal")
  func piped() throws {
    var command = Command(Products.moondrift, ["-i"])
    command.input = "help(tensor)\n"
    let result = try command.run()
    #expect(result.out.contains("matmul") && !result.out.contains("more lines"))
  }
}
