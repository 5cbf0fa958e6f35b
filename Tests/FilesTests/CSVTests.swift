// Tables as separated values: what is read, what is refused, and what comes back.

import Catalog
import Files
import Runtime
import Tensors
import TestSupport
import Testing

@Suite("CSV") struct CSVTests {
  private let folder: TemporaryFolder
  private var path: FilePath { "\(folder.path)/a.csv" }

  init() throws { folder = try TemporaryFolder() }

  private func run(_ script: String) throws -> String {
    let result = try Command(
      Products.moondrift,
      [
        "-e",
        """
        local path = '\(path)'
        local function show(...)
          local parts = {}
          for i, v in ipairs{...} do
            if type(v) == 'table' then parts[i] = table.concat(v, '|') else
              local rows = v:table()
              for k, row in ipairs(rows) do
                rows[k] = type(row) == 'table' and table.concat(row, ' ') or tostring(row)
              end
              parts[i] = v.dtype .. ' ' .. table.concat(v.shape, 'x') .. ': ' .. table.concat(rows, '/')
            end
          end
          print(table.concat(parts, ' ; '))
        end
        local function load(text, ...)
          file.write_text(path, text)
          show(file.load(path, ...))
        end
        local function refused(f, ...)
          local ok, message = pcall(f, ...)
          print(ok and 'no error' or (tostring(message):gsub('^.-a%.csv: ', '')))
        end
        \(script)
        """,
      ]
    ).run()
    return result.out + result.err
  }

  private func load(_ text: String, _ options: String = "{}") throws -> String {
    try run("load(\"\(text)\", \(options))").trimmed
  }

  private func reason(_ text: String, _ options: String = "{}") throws -> String {
    try run(
      "local ok, m = pcall(load, \"\(text)\", \(options)) "
        + "print(ok and 'no error' or (tostring(m):gsub('^.*/a%.csv: ', '')))"
    ).trimmed
  }

  @Test("a byte order mark, comments, blank lines and any line end leave the numbers as they are")
  func surroundings() throws {
    let numbers = "float64 2x2: 1.0 2.0/3.0 4.0"
    #expect(try load("\\u{feff}1,2\\n3,4\\n") == numbers)
    #expect(try load("# my data set\\n1.0,2.0\\n# more\\n3,4") == numbers)
    #expect(try load("#a,b;c\\n1 2\\n3 4\\n") == numbers)
    #expect(try load(" \\n1 2\\n3 4\\n") == numbers)
    #expect(try load("\\n\\n1;2\\r\\n\\r\\n3;4\\r\\n") == numbers)
    #expect(try load("1\\t2\\r3\\t4") == numbers)
    #expect(try load("  1   2  \\n 3\\t4 ") == numbers)
    #expect(try load("1,\\t2\\n3 , 4") == numbers)
  }

  @Test(
    "a header is a first line without numbers; where some fields are, it is an error that names them"
  )
  func header() throws {
    #expect(try load("a,b\\n1,2\\n") == "float64 1x2: 1.0 2.0 ; a|b")
    #expect(try load(",b\\n1,2\\n") == "float64 1x2: 1.0 2.0 ; |b")
    #expect(try load("1.5,-2\\n") == "float64 1x2: 1.5 -2.0")
    #expect(
      try reason("1.0,2.O\\n3,4\\n")
        == "line 1, column 2: '2.O' is not a number, and column 1, '1.0', is one, so that the line "
        + "is neither names nor data")
    #expect(try reason("1d5,2\\n").hasPrefix("line 1, column 1: '1d5' is not a number"))
    #expect(
      try reason("1,\\n3,4\\n")
        == "line 1, column 2: the value is missing; with {missing = true} it is read as NaN")
    #expect(try reason("a,b,a\\n1,2,3\\n") == "line 1: two columns have the name 'a'")
    #expect(try reason("# only\\n\\n") == "holds no numbers and no names")
  }

  @Test("fields in quotes are read as RFC 4180 has them")
  func quotes() throws {
    #expect(try load("a,b\\n\\\"1.5\\\",\\\"2\\\"") == "float64 1x2: 1.5 2.0 ; a|b")
    #expect(try load("\\\"1.5\\\",2\\n3,4") == "float64 2x2: 1.5 2.0/3.0 4.0")
    #expect(
      try load("\\\"a,b\\\",\\\"say \\\"\\\"x\\\"\\\"\\\",\\\"two\\nlines\\\"\\n1,2,3")
        == "float64 1x3: 1.0 2.0 3.0 ; a,b|say \"x\"|two\nlines")
    #expect(try load("\\\"#a\\\" ; \\\"b\\\"\\n1;2") == "float64 1x2: 1.0 2.0 ; #a|b")
    #expect(
      try reason("a,\\\"b\\n1,2\\n") == "line 1, column 2: a quote is opened and never closed")
    #expect(
      try reason("a,b\\n1,\\\"2\\\"3\\n")
        == "line 2, column 2: text stands behind the closing quote")
    #expect(
      try reason("a\\n\\\"\\n1\\n\\\"\\nx") == "line 2, column 1: '\\x0A1\\x0A' is not a number")
  }

  @Test("a decimal comma is refused with its name")
  func decimalComma() throws {
    #expect(
      try reason("1,5;2,5\\n3;4\\n")
        == "line 1: '1,5' is not a number (a decimal comma? numbers are read with a point)")
    #expect(
      try reason("a;b\\n1,5;2\\n")
        == "line 2, column 1: '1,5' is not a number (a decimal comma? numbers are read with a point)"
    )
    #expect(try reason("1,5\\t2,5\\n3\\t4\\n").contains("a decimal comma?"))
    #expect(try reason("1;2,5\\n3;4\\n").contains("a decimal comma?"))
  }

  @Test("missing values are NaN on request, else an error with line and column")
  func missing() throws {
    #expect(
      try load("a,b\\n1,\\nNA,null\\n,4", "{missing = true}")
        .replacing("-nan", with: "nan") == "float64 3x2: 1.0 nan/nan nan/nan 4.0 ; a|b")
    #expect(
      try load("1,,3", "{missing = true}").replacing("-nan", with: "nan")
        == "float64 1x3: 1.0 nan 3.0")
    #expect(try load("1\\t\\n\\t\\n", "{missing = true}").contains("float64 2x2: 1.0 "))
    #expect(
      try reason("a,b\\n\\n1,\\n")
        == "line 3, column 2: the value is missing; with {missing = true} it is read as NaN")
    #expect(try reason("a,b\\n1,NA\\n") == "line 2, column 2: 'NA' is not a number")
    #expect(try reason("1,2\\n3\\n") == "line 2 has 1 fields, expected 2")
  }

  @Test("a table of columns comes back with names, numbers and types")
  func columns() throws {
    let shown = try run(
      """
      local t = {n = {1, 2, 1618065507111835497}, kl = tensor({0.1, -0.0, 3}, {dtype = 'float64'})}
      file.save(path, t, {columns = {'n', 'kl'}})
      io.write(file.read_text(path))
      local back = file.load(path, {columns = true})
      show(back.n, back.kl)
      show(file.load(path, {columns = {'kl'}}).kl)
      file.save(path, t)
      io.write(file.read_text(path):match('[^\\n]*'), '\\n')
      """)
    #expect(
      shown == """
        n,kl
        1,0.1
        2,-0.0
        1618065507111835497,3.0
        int64 3: 1/2/1618065507111835497 ; float64 3: 0.1/-0.0/3.0
        float64 3: 0.1/-0.0/3.0
        kl,n

        """)
    let refused = try run(
      """
      local function save(...) refused(file.save, path, ...) end
      save({a = {1}, b = {1, 2}})
      save({a = {1}}, {columns = {'b'}})
      save({a = {1}}, {columns = {'a', 'a'}})
      save({['1'] = {1}})
      save({a = {'x'}})
      save({a = tensor{{1}}})
      save({[1] = {1}, ['1'] = {2}})
      save({['a\\0'] = {1}})
      save(tensor.zeros{3, 0})
      save(tensor{{1, 2}}, {columns = {'a'}})
      refused(file.save, 'x.npy', tensor{1}, {columns = {'a'}})
      file.write_text(path, '1,2\\n')
      refused(file.load, path, {columns = true})
      file.write_text(path, 'kl,n\\n1,2\\n')
      refused(file.load, path, {columns = {'kll'}})
      """)
    #expect(
      refused == """
        file.save: columns must have equal lengths, got 1 in 'a' and 2 in 'b'
        file.save: unknown column 'b' (did you mean a?)
        file.save: columns has two keys that a CSV file writes as 'a'
        file.save: columns has the name '1', which would be read as a number; a name with a letter in front will do
        file.save: value.a[1] must be a number, got 'x'
        file.save: column 'a' must have one axis, got shape [1, 1]
        file.save: value has two keys that a CSV file writes as '1'
        file.save: value has the name 'a\\x00', and a CSV file takes no byte 0 in a name
        file.save: a CSV file has a column at least, got shape [3, 0]
        file.save: columns names 1 columns, the tensor has 2
        file.save: columns is for csv files, the path ends in .npy
        has no line of names, so that its columns have none
        unknown column 'kll' (did you mean kl?)

        """)
  }

  @Test("integers keep all their digits, or the file says that it needs dtype")
  func integers() throws {
    let big = "1618065507111835497"
    #expect(
      try run(
        """
        file.save(path, tensor({\(big), -1, math.mininteger}, {dtype = 'int64'}))
        show(file.load(path, {dtype = 'int64'}))
        """
      ).trimmed == "int64 3x1: \(big)/-1/-9223372036854775808")
    #expect(
      try reason("1,2\\n\(big),0.5\\n")
        == "row 2, column 1: \(big) has more digits than a float64 keeps; {dtype = \"int64\"} reads "
        + "integers")
    #expect(
      try reason("0.5\\n\(big)\\n").hasPrefix("row 2, column 1: \(big) has more digits"))
    #expect(
      try reason("a\\n1.5\\n", "{dtype = 'int64'}")
        == "row 1, column 1: 1.5 is no integer of 64 bits")
  }

  @Test("tables without rows keep their columns")
  func noRows() throws {
    #expect(
      try run("file.save(path, tensor.zeros{0, 2}) show(file.load(path))").trimmed
        == "float64 0x2:  ; x1|x2")
    #expect(
      try run(
        """
        file.save(path, {n = tensor.zeros{0}, kl = {}}, {columns = {'n', 'kl'}})
        local t = file.load(path, {columns = true}) show(t.n, t.kl)
        """
      ).trimmed == "float64 0:  ; float64 0: ")
  }

  @Test("numbers read back bit for bit; a fast path rounds as the slow one does")
  func bits() throws {
    let stream = RandomStream(seed: 7)
    var values = try (0..<2000).map { _ in
      Double(bitPattern: UInt64(bitPattern: Int64(try stream.integers(1, Int.min...Int.max)[0])))
    }.filter(\.isFinite)
    values += [
      0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, 0.1, 123.456, 1e15, 1e22, -7,
      999_999_999_999_999,
    ]
    try ArrayFiles.save(.object(try Tensor(values)), path)
    guard case .object(let back as Tensor) = try ArrayFiles.load(path).values[0] else {
      Issue.record("no tensor")
      return
    }
    let same = try zip(values, back.doubles()).allSatisfy { $0.bitPattern == $1.bitPattern }
    #expect(same)
    for text in ["0.1", "-0", "-0.0", "12345.678901", "0.000001", "999999999999999", ".5", "5."] {
      try AtomicFile.write(text, to: path)
      guard case .object(let x as Tensor) = try ArrayFiles.load(path).values[0] else { continue }
      #expect(try x.item().bitPattern == Double(text)?.bitPattern, "\(text)")
    }
    try ArrayFiles.save(.object(try Tensor([Double.nan])), path)
    #expect(try String(decoding: InputFile.bytes(of: path), as: UTF8.self) == "nan\n")
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self
    while text.last == "\n" { text.removeLast() }
    return text
  }
}
