// JSON, and the modules `file` and `data` as a script meets them.

import Catalog
import Files
import Runtime
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
    #expect(try JSON.text(.number(-0.0)) == "-0.0\n")
    #expect(
      try JSON.text(
        .list([.number(.nan), .number(-.infinity), .number(.infinity)]), notFinite: .python)
        == "[NaN, -Infinity, Infinity]\n")
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

  @Test("integers of a tensor have all their digits")
  func integers() throws {
    let tensor = try Tensor([Int64.max, .min, 1_618_065_507_111_835_497])
    #expect(
      try JSON.text(.object(tensor))
        == "[9223372036854775807, -9223372036854775808, 1618065507111835497]\n")
    #expect(try JSON.text(.object(Tensor([true, false]))) == "[true, false]\n")
    #expect(try JSON.text(.object(Tensor([-0.0, 0.5]))) == "[-0.0, 0.5]\n")
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

  @Test(
    "null is NaN in a list and absent in an object, or what the option says; Python's NaN is read")
  func null() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.json"
    let result = try run(
      """
      local path = '\(path)'
      local function load(text, ...) file.write_text(path, text) return file.load(path, ...) end
      local t = load('{"kl": [0.5, null, 0.7], "n": null}')
      print(#t.kl, t.kl[2] ~= t.kl[2], t.n)
      local u = load('[1, null, {"n": null}]', {null = false})
      print(#u, u[2], u[3].n)
      local v = load('{"n": null}', {null = 0/0})
      print(v.n ~= v.n, load('null'), load('null', {null = 'none'}))
      local w = load('[NaN, Infinity, -Infinity, -0.0, -0, 1.0]')
      print(#w, w[1] ~= w[1], w[2], w[3], 1 / w[4], 1 / w[5], math.type(w[6]))
      local series = {kl = {0.5, 0/0, 1/0, -1/0}, n = 0/0}
      file.save(path, series)
      print(#file.load(path).kl, file.load(path).n)
      file.save(path, series, {nan = 'python'})
      local back = file.load(path)
      print(back.kl[2] ~= back.kl[2], back.kl[3], back.kl[4], back.n ~= back.n)
      """)
    #expect(
      result.out == """
        3	true	nil
        3	false	false
        true	nil	none
        6	true	inf	-inf	-inf	-inf	float
        4	nil
        true	inf	-inf	true

        """, "\(result.err)")
  }

  @Test("JSON that is not well-formed is an error with its place")
  func malformed() throws {
    let folder = try TemporaryFolder()
    let cases: [(String, String)] = [
      ("", "line 1, column 1, byte 1: the text ends where a value is expected"),
      ("[1,]", "line 1, column 4, byte 4: a value is expected, got ']'"),
      ("[1\n 2]", "line 2, column 2, byte 5: ',' or ']' is expected in a list"),
      ("{\"a\": 1, \"a\": 2}", "line 1, column 10, byte 10: the key 'a' stands twice"),
      ("{a: 1}", "line 1, column 2, byte 2: a key in quotes is expected"),
      ("[01]", "line 1, column 2, byte 2: a number is expected, of digits without a 0 in front"),
      ("[1.]", "line 1, column 4, byte 4: digits are expected behind the point"),
      ("[+1]", "line 1, column 2, byte 2: a value is expected, got '+'"),
      ("1 2", "line 1, column 3, byte 3: text after the value"),
      ("[1e999]", "line 1, column 2, byte 2: 1e999 is beyond the range of numbers"),
      (
        "[9223372036854775808]",
        "line 1, column 2, byte 2: 9223372036854775808 does not fit in an integer of 64 bits"
      ),
      ("[\"a", "line 1, column 2, byte 2: a string has no end"),
      (
        "[\"a\tb\"]",
        "line 1, column 4, byte 4: a control character stands in a string without an escape"
      ),
      ("[\"\\x\"]", "line 1, column 3, byte 3: '\\x' is no escape"),
      (
        "[\"\\ud800\"]",
        "line 1, column 3, byte 3: half of a pair of \\u escapes stands alone"
      ),
    ]
    for (text, reason) in cases {
      let path: FilePath = "\(folder.path)/a.json"
      try AtomicFile.write(Array(text.utf8), to: path)
      #expect { try ArrayFiles.load(path) } throws: { "\($0)" == "\(path): \(reason)" }
    }
    let path: FilePath = "\(folder.path)/a.json"
    try AtomicFile.write(Array("[\"a".utf8) + [0xFF] + Array("\"]".utf8), to: path)
    #expect { try ArrayFiles.load(path) } throws: {
      "\($0)" == "\(path): line 1, column 4, byte 4: byte 0xff is no UTF-8"
    }
    try AtomicFile.write(Array("\u{feff}[\"\\ud83c\\udf19\\u00e9\\/\"]".utf8), to: path)
    #expect(try ArrayFiles.load(path).values.map { "\($0)" }.first?.contains("🌙é/") == true)
  }

  @Test("nesting is bounded, so that a small stack holds it")
  func deep() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.json"
    let script = """
      local function nested(n) return ('['):rep(n) .. (']'):rep(n) end
      file.write_text('\(path)', nested(128))
      local t, depth = file.load('\(path)'), 0
      while t do t, depth = t[1], depth + 1 end
      print(depth)
      file.write_text('\(path)', nested(100000))
      print(pcall(file.load, '\(path)'))
      local u = {}
      for _ = 1, 99 do u = {u} end
      file.save('\(path)', u)
      u = {{u}}
      print(pcall(file.save, '\(path)', u))
      """
    let result = try Command(
      "/bin/sh", ["-c", "ulimit -s 200; exec \"$0\" -e \"$1\"", Products.moondrift, script]
    ).run()
    #expect(
      result.out == """
        128
        false	file.load: \(path): line 1, column 129, byte 129: lists and objects are nested more than 128 deep
        false	file.save: value must be a table nested at most 100 deep, got one nested deeper

        """, "\(result.err)")
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
