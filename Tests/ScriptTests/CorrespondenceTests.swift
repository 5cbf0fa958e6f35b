import TestSupport
import Testing

/// The page for those who come from PyTorch: every line of its tables runs, shows what it says, and
/// gives the numbers that PyTorch, NumPy and JAX give.
@Suite struct CorrespondenceTests {
  static let runner = "Tests/lua/run_correspondence.lua"

  @Test("60 lines or more run and agree with PyTorch, NumPy and JAX")
  func page() throws {
    let result = try ScriptFiles.run(
      Self.runner,
      [
        Products.root + "/docs/coming_from_pytorch.md",
        Products.root + "/Tests/References/coming_from_pytorch.lua", "60",
      ], in: TemporaryFolder())
    #expect(result.status == 0, "\(result.err)")
    #expect(result.out.contains("compared with numbers"))
  }

  static let head = """
    ## How to read the tables

    ```lua
    x = tensor{1, 2}
    ```

    | PyTorch | Moondrift | gives |
    |---|---|---|
    | `x + 1` | `x + 1` | `2 3` |
    | `x[0] = 5` | `x[1] = 5` | `5 2` |
    | `x` | `x` | `1 2`; not what the line before wrote |
    | `x.argmax()` | `x:argmax()` | counts from 1 |

    """
  static let numbers = """
    local R, T, I, N = ...
    R('x + 1', {T('float32', {2}, {2, 3})})
    R('x[0] = 5', {T('float32', {2}, {5, 2})})
    R('x', {T('float32', {2}, {1, 2})})
    R('x.argmax()', {T('int64', {}, {1})})
    R('print(x)')
    """

  /// What the runner says of the page with one more line.
  private func run(_ line: String, least: Int = 1) throws -> CommandResult {
    let folder = try TemporaryFolder()
    let page = try folder.write("page.md", Self.head + line + "\n")
    let numbers = try folder.write("numbers.lua", Self.numbers)
    return try ScriptFiles.run(Self.runner, [page, numbers, "\(least)"], in: folder)
  }

  @Test("a sound page passes")
  func sound() throws {
    let result = try run("| `print(x)` | `-x` | |")
    #expect(result.status == 0, "\(result.err)")
    #expect(result.out.hasSuffix("5 lines, 4 compared with numbers\n"), "\(result.out)")
  }

  @Test(
    "a line that is wrong in any way is seen",
    arguments: [
      ("| `x` | | |", "no Lua stands in ''"),
      ("| `x` | soon | |", "no Lua stands in 'soon'"),
      ("| | `x` | |", "no expression stands in ''"),
      ("| `x` | `x:no_such_method()` | |", "no_such_method"),
      ("| `x` | `x +` | |", "syntax error near"),
      ("| `x` | `x` | `1 3` |", "not \"1 3\""),
      ("| `x` | `x * 1.001` | |", "has 1.00"),
      ("| `x` | `x:to(\"float64\")` | |", "is float64, not float32"),
      ("| `x` | `x:reshape{1, 2}` | |", "has shape [1 2], not [2]"),
      ("| `x.argmax()` | `x:argmax()` | `tensor int64 2` |", "has 2 at 1, not 1"),
      ("| `x.mean()` | `x:mean()` | |", "nothing is known of 'x.mean()'"),
      ("| `x` | `nil` | |", "is nothing to compare"),
    ])
  func planted(line: String, words: String) throws {
    let result = try run(line)
    #expect(result.status == 1)
    #expect(result.err.contains(words), "\(result.err)")
    #expect(result.err.split(separator: "\n").count { $0.contains("page.md:13") } == 1)
  }

  @Test("a page with too few lines is seen")
  func tooFew() throws {
    let result = try run("", least: 60)
    #expect(result.status == 1)
    #expect(result.err.contains("4 lines, expected 60 or more"), "\(result.err)")
  }
}
