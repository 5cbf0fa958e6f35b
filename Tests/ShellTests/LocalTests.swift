// `local` at the prompt lasts, and is one variable for all that see it.
import TestSupport
import Testing

@Suite("local variables at the prompt", .serialized)
struct LocalTests {
  @Test("outlive their line")
  func outlive() throws {
    let session = try Session()
    #expect(try session.reply("local q = 3") == "")
    #expect(try session.reply("q") == "3")
    #expect(try session.reply("q = q + 1") == "")
    #expect(try session.reply("q") == "4")
    #expect(try session.reply("rawget(_G, 'q')") == "nil")
    #expect(try session.reply("local a, b = 1") == "")
    #expect(try session.reply("a, b") == "1\nnil")
    #expect(try session.reply("local c <const> = 7") == "")
    #expect(try session.reply("c") == "7")
    #expect(try session.reply("local function f(n) return n < 2 and 1 or n * f(n - 1) end") == "")
    #expect(try session.reply("f(5)") == "120")
    #expect(try session.reply("local r = 5 return r * 2") == "10")
    #expect(try session.reply("r") == "5")
    #expect(try session.reply("local q = q * 10") == "")
    #expect(try session.reply("q") == "40")
    #expect(try session.reply("local s = 's' -- a comment") == "")
    #expect(try session.reply("s") == "s")
    #expect(try session.reply("do local inner = 1 end") == "")
    #expect(try session.reply("inner") == "nil")
  }

  @Test("are the variables that functions of earlier lines see")
  func shared() throws {
    let session = try Session()
    _ = try session.reply("local n = 0 function count() n = n + 1 return n end")
    #expect(try session.reply("count(), count()") == "1\n2")
    #expect(try session.reply("n") == "2")
    _ = try session.reply("n = 10")
    #expect(try session.reply("count()") == "11")
    _ = try session.reply("function double() n = 2 * n end")
    _ = try session.reply("double()")
    #expect(try session.reply("count()") == "23")
    // A new variable of the name leaves the old one to the functions that see it.
    _ = try session.reply("local n = 'new'")
    #expect(try session.reply("n, count()") == "new\n24")
  }

  @Test("are found by help, and the note on hidden modules")
  func found() throws {
    let session = try Session()
    _ = try session.reply("local process = sde.vp()")
    #expect(try session.reply("?process").contains("sde, an object:"))
    #expect(
      try session.reply("local sde = 3")
        == "note: the variable sde now hides the module; it is still moondrift.sde")
  }

  @Test("more than a function can have end with their line, as in Lua")
  func limit() throws {
    let session = try Session()
    for first in stride(from: 1, through: 256, by: 15) {
      let names = (first..<first + 15).map { "v\($0)" }.joined(separator: ",")
      _ = try session.reply("local \(names) = \(first)")
    }
    #expect(try session.reply("v1, v16, v256") == "1\n16\n256")
  }
}
