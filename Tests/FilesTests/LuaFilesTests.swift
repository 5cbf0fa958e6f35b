// JSON, and the modules `file` and `data` as a script meets them.

import Catalog
import Files
import Tensors
import TestSupport
import Testing

@Suite struct JSONTests {
  @Test("numbers have the shortest digits that read back; what JSON lacks is null")
  func numbers() throws {
    let cases: [(Double, String)] = [
      (0.1, "0.1"), (1, "1"), (-0.5, "-0.5"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"),
      (1.0 / 3, "0.3333333333333333"), (.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
    ]
    for (value, text) in cases {
      #expect(try JSON.text(.number(value)) == text + "\n")
      if value.isFinite { #expect(Double(text) == value) }
    }
    #expect(try JSON.text(.integer(.max)) == "9223372036854775807\n")
  }

  @Test("strings are escaped")
  func strings() throws {
    #expect(try JSON.text(.string("a\"b\\c\n\t\u{1}é∇")) == "\"a\\\"b\\\\c\\n\\t\\u0001é∇\"\n")
  }

  @Test("tables nest, keys stay in order, tensors are nested lists")
  func nesting() throws {
    let tensor = try Tensor([1, 2, 3, .nan] as [Float], shape: [2, 2])
    let value = Value.map([
      ("a", .list([.integer(1), .none, .boolean(true)])), ("b", .object(tensor)), ("c", .list([])),
    ])
    let expected = """
      {
        "a": [1, null, true],
        "b": [
          [1, 2],
          [3, null]
        ],
        "c": []
      }

      """
    #expect(try JSON.text(value) == expected)
  }
}

@Suite struct LuaFilesTests {
  private func run(_ script: String) throws -> CommandResult {
    try Command(Products.moondrift, ["-e", script]).run()
  }

  @Test("save_json writes what strict readers read, and refuses functions by name")
  func json() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.json"
    let result = try run(
      "file.save_json('\(path)', {kl = {0.5, 0/0}, seed = 1, s = 'x'}) "
        + "io.write(file.read_text('\(path)'))")
    #expect(result.out == "{\n  \"kl\": [0.5, null],\n  \"s\": \"x\",\n  \"seed\": 1\n}\n")
    let refused = try run("file.save_json('\(path)', {a = {print}})")
    #expect(
      refused.err.contains("file.save_json: value.a[1] cannot be written as JSON: a function"))
    #expect(
      try run("file.save_json('/no/where.json', {})").err.contains(
        "file.save_json: cannot write /no/where.json: No such file or directory"))
  }

  @Test("text goes to a file and back")
  func text() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.txt"
    let result = try run(
      "file.write_text('\(path)', 'σ = 25\\n') io.write(file.read_text('\(path)'))")
    #expect(result == CommandResult(out: "σ = 25\n", err: "", status: 0))
  }

  @Test("the digits that come along: 4,000, some 400 of each, in the range asked for")
  func mnist() throws {
    let result = try run(
      """
      local x, y = data.mnist()
      local counts = {}
      for i = 1, #y do local d = y[i]:item() counts[d] = (counts[d] or 0) + 1 end
      for d = 0, 9 do io.write(counts[d], ' ') end
      print(x.shape[1], x.shape[2], x.shape[3], #y, x:min():item(), x:max():item())
      local a, b = data.mnist{count = 5, scale = {-1, 1}}
      print(a.shape[1], #b, a:min():item(), a:max():item())
      """)
    #expect(result.err == "")
    let counts = "396 387 403 414 398 391 392 395 408 416 "
    #expect(result.out == counts + "4000\t28\t28\t4000\t0.0\t1.0\n" + "5\t5\t-1.0\t1.0\n")
  }

  @Test("a wrong count, scale or path is refused by name")
  func mistakes() throws {
    #expect(
      try run("data.mnist{count = 4001}").err.contains(
        "data.mnist: count must be an integer from 1 to 4000, got 4001"))
    #expect(
      try run("data.mnist{scale = {1, 1}}").err.contains(
        "data.mnist: scale must be a list {paper, ink} of two different numbers"))
    #expect(
      try run("data.idx('/no/file')").err.contains(
        "data.idx: cannot read /no/file: No such file or directory"))
    var elsewhere = Command(Products.moondrift, ["-e", "data.mnist()"])
    elsewhere.environment = ["MOONDRIFT_HOME": "/usr"]
    #expect(
      try elsewhere.run().err.contains(
        "data.mnist: MOONDRIFT_HOME must be a folder that holds stdlib, got '/usr'"))
  }
}
