// Files that a careless reader would take: each is refused with what is wrong with it and where.

import Catalog
import Files
import Runtime
import Tensors
import TestSupport
import Testing

@Suite("Strict formats") struct StrictFormatTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func reason(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path: FilePath = "\(folder.path)/\(name)"
    try AtomicFile.write(bytes, to: path)
    do {
      let values = try ArrayFiles.load(path).values
      return "loads "
        + values.map { value in
          value.asTensor.map { "\($0.dtype.rawValue) \($0.shape)" } ?? value.describe()
        }.joined(separator: ", ")
    } catch { return "\(error)".replacing(folder.path + "/", with: "") }
  }

  private func npy(_ header: String, _ data: [UInt8] = [], version: [UInt8] = [1, 0]) -> [UInt8] {
    let text = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8) + version
      + [UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + data
  }

  private func npy(shape: String, descr: String = "'<f4'") -> String {
    "{'descr': \(descr), 'fortran_order': False, 'shape': \(shape), }"
  }

  private func safetensors(_ header: String, dataCount: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return [UInt8(text.count & 0xFF), UInt8(text.count >> 8), 0, 0, 0, 0, 0, 0] + text
      + [UInt8](repeating: 0, count: dataCount)
  }

  private func zip(_ members: [(String, [UInt8])]) throws -> [UInt8] {
    // Stored, not packed: local headers, then the directory, then its end.
    func word(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * $0) & 0xFF) }
    }
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in members {
      let about =
        word(0, 8) + word(checksum(bytes), 4) + word(bytes.count, 4) + word(bytes.count, 4)
        + word(name.utf8.count, 2) + word(0, 2)
      directory +=
        [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + about + word(0, 10) + word(file.count, 4)
        + Array(name.utf8)
      file += [0x50, 0x4B, 3, 4, 20, 0] + about + Array(name.utf8) + bytes
    }
    return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + word(members.count, 2)
      + word(members.count, 2) + word(directory.count, 4) + word(file.count, 4) + [0, 0]
  }

  /// CRC-32, as zip has it.
  private func checksum(_ bytes: [UInt8]) -> Int {
    var sum: UInt32 = .max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
    }
    return Int(~sum)
  }

  @Test("npy: a shape is a tuple of plain integers, with the L of Python 2 or without")
  func shapes() throws {
    let data = [UInt8](repeating: 0, count: 24)
    #expect(try reason("a.npy", npy(npy(shape: "(2, 3)"), data)) == "loads float32 [2, 3]")
    #expect(try reason("a.npy", npy(npy(shape: "(2L, 3L)"), data)) == "loads float32 [2, 3]")
    #expect(try reason("a.npy", npy(npy(shape: "(6,)"), data)) == "loads float32 [6]")
    for shape in [
      "(2,,3)", "(+2, 3)", "(-2, -3)", "(6)", "(2 3)", "(,)", "(2, 3,,)", "[2, 3]", "(0x2,)",
    ] {
      #expect(
        try reason("a.npy", npy(npy(shape: shape), data))
          == "a.npy: shape is \(shape), expected a tuple of integers")
    }
  }

  @Test("npy: the header is one dictionary with each key once, and the data end with the array")
  func header() throws {
    let good = npy(shape: "(1,)")
    #expect(
      try reason("a.npy", npy(good, [0, 0, 0, 0, 0]))
        == "a.npy: goes on for 1 bytes after the array's last element")
    #expect(
      try reason(
        "a.npy", npy(good.replacing("'shape'", with: "'descr': '<f8', 'shape'"), [0, 0, 0, 0]))
        == "a.npy: the header has 'descr' twice")
    #expect(
      try reason("a.npy", npy(good.replacing("'shape'", with: "'x': 1, 'shape'"), [0, 0, 0, 0]))
        == "a.npy: the header has 'x', which is not known")
    #expect(
      try reason("a.npy", npy(good + "x", [0, 0, 0, 0]))
        == "a.npy: the header is no dictionary of Python's, at 'x'")
    #expect(
      try reason("a.npy", npy(good.replacing(", }", with: ""), [0, 0, 0, 0]))
        == "a.npy: the header is no dictionary of Python's, at its end")
    #expect(
      try reason("a.npy", npy(good, [0, 0, 0, 0], version: [1, 7]))
        == "a.npy: npy version 1.7 at byte 6 is not known")
  }

  @Test("npy: an element type is told whole, and needs no mark for the machine's byte order")
  func types() throws {
    let structure = "[('x', '<f4'), ('y', '<i8', (2,))]"
    #expect(
      try reason("a.npy", npy(npy(shape: "()", descr: structure), [0, 0, 0, 0]))
        == "a.npy: descr is \(structure), which is no plain number type")
    #expect(
      try reason("a.npy", npy(npy(shape: "(1,)", descr: "'f8'"), [UInt8](repeating: 0, count: 8)))
        == "loads float64 [1]")
    #expect(
      try reason("a.npy", npy(npy(shape: "(1,)", descr: "'<f+4'"), [0, 0, 0, 0]))
        == "a.npy: descr is <f+4, which is no plain number type")
  }

  @Test("an unsigned integer that does not fit names the file and the tensor")
  func unsigned() throws {
    let most = [UInt8](repeating: 0xFF, count: 8)
    #expect(
      try reason("a.npy", npy(npy(shape: "(1,)", descr: "'<u8'"), most))
        == "a.npy: element 1 is 18446744073709551615, which does not fit in an int64")
    var file = safetensors(
      "{\"w\":{\"dtype\":\"U64\",\"shape\":[2],\"data_offsets\":[0,16]}}", dataCount: 8)
    file += most
    #expect(
      try reason("a.safetensors", file)
        == "a.safetensors: w: element 2 is 18446744073709551615, which does not fit in an int64")
  }

  @Test("safetensors: every byte of the data belongs to one tensor")
  func offsets() throws {
    func entry(_ name: String, _ start: Int, _ end: Int) -> String {
      "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\((end - start) / 4)],\"data_offsets\":[\(start),\(end)]}"
    }
    func refused(_ entries: [String], _ count: Int) throws -> String {
      try reason(
        "a.safetensors", safetensors("{\(entries.joined(separator: ","))}", dataCount: count))
    }
    #expect(
      try refused([entry("b", 8, 12), entry("a", 0, 8), entry("c", 8, 8)], 12) == "loads a table")
    #expect(try refused([], 0) == "loads a table")
    #expect(
      try refused([entry("a", 0, 8), entry("b", 12, 16)], 16)
        == "a.safetensors: b: its data begin at byte 12, those before it end at byte 8")
    #expect(
      try refused([entry("a", 4, 8)], 8)
        == "a.safetensors: a: its data begin at byte 4, those before it end at byte 0")
    #expect(
      try refused([entry("a", 0, 8), entry("b", 0, 8)], 8)
        == "a.safetensors: b: its data begin at byte 0, inside those of another tensor, which end at "
        + "byte 8")
    #expect(
      try refused([entry("a", 0, 8)], 9)
        == "a.safetensors: the tensors end at byte 8 of the data, the file at byte 9")
    #expect(
      try reason("a.safetensors", safetensors(" {}", dataCount: 0))
        == "a.safetensors: the header at byte 8 does not begin with '{'")
    #expect(
      try refused([entry("a", 0, 4), entry("a", 4, 8)], 8)
        == "a.safetensors: line 1, column 55, byte 55: the key 'a' stands twice")
  }

  @Test(
    "npz: what is no array of numbers is left out and named; two members of one name are refused")
  func members() throws {
    let array = npy(npy(shape: "(1,)"), [0, 0, 0, 0])
    let text = npy(npy(shape: "(1,)", descr: "'<U1'"), [0, 0, 0, 0])
    let path: FilePath = "\(folder.path)/b.npz"
    try AtomicFile.write(
      try zip([("x.npy", array), ("names.npy", text), ("README", Array("hello".utf8))]), to: path)
    let values = try ArrayFiles.load(path).values
    guard values.count == 2, case .map(let tensors) = values[0], case .list(let rest) = values[1]
    else {
      Issue.record("an npz gives \(values)")
      return
    }
    #expect(tensors.map(\.key) == ["x"])
    #expect(
      rest.map { $0.describe() } == [
        "'names.npy: descr is <U1, which is no plain number type'", "'README: not an npy file'",
      ])
    #expect(
      try reason("a.npz", zip([("x.npy", array), ("x", array)]))
        == "a.npz: two members give the name x")
    #expect(
      try reason("a.npz", zip([("x.npy", array), ("x.npy", array)]))
        == "a.npz: not a sound zip archive: File already exists")
    #expect(
      try reason("a.npz", zip([("x.npy", array + [0])]))
        == "a.npz: x.npy: goes on for 1 bytes after the array's last element")
  }
}

@Suite("Names in files") struct NameTests {
  private func run(_ script: String) throws -> CommandResult {
    try Command(Products.moondrift, ["-e", script]).run()
  }

  @Test("a name that would not come back is refused before anything is written")
  func refused() throws {
    let folder = try TemporaryFolder()
    let script = """
      local t = tensor{1}
      local function refused(ending, value)
        local path = '\(folder.path)/x.' .. ending
        local ok, message = pcall(file.save, path, value)
        print(ending, ok and 'saved' or message, file.kind(path))
      end
      refused('safetensors', {[1] = t, ['1'] = t})
      refused('npz', {[1] = t, ['1'] = t})
      refused('json', {[10] = 1, ['10'] = 2})
      refused('json', {[true] = 1, ['true'] = 2, [2] = 3})
      refused('safetensors', {__metadata__ = t})
      refused('safetensors', {['a\\0b'] = t})
      refused('npz', {['a\\0b'] = t})
      refused('npz', {['\\xff'] = t})
      refused('json', {a = {'\\xff'}})
      refused('json', {['ab\\xff'] = 1})
      """
    let result = try run(script)
    #expect(
      result.out + result.err == """
        safetensors	file.save: value has two keys that a safetensors file writes as '1'	nil
        npz	file.save: value has two keys that an npz file writes as '1'	nil
        json	file.save: value has two keys that JSON writes as '10'	nil
        json	file.save: value has two keys that JSON writes as 'true'	nil
        safetensors	file.save: value has the name '__metadata__', which a safetensors file keeps for itself	nil
        safetensors	file.save: value has the name 'a\\x00b', and a safetensors file takes no byte 0 in a name	nil
        npz	file.save: value has the name 'a\\x00b', and an npz file takes no byte 0 in a name	nil
        npz	file.save: value must be text in UTF-8, got '\u{FFFD}', whose byte 1 is 0xff	nil
        json	file.save: value must be text in UTF-8, got '\u{FFFD}', whose byte 1 is 0xff	nil
        json	file.save: value must be text in UTF-8, got 'ab\u{FFFD}', whose byte 3 is 0xff	nil

        """)
  }

  @Test("names that look alike but differ in their bytes are kept apart and come back")
  func kept() throws {
    let folder = try TemporaryFolder()
    let result = try run(
      """
      local names = {'\\u{e9}', 'e\\u{301}', 'a b', 'x.npy', 'a/b', '', 'A', 'a', '日本', '..'}
      local value = {}
      for i, name in ipairs(names) do value[name] = tensor{i} end
      for _, ending in ipairs{'npz', 'safetensors'} do
        local path = '\(folder.path)/x.' .. ending
        file.save(path, value)
        local back, count = file.load(path), 0
        for _ in pairs(back) do count = count + 1 end
        assert(count == #names)
        for i, name in ipairs(names) do assert(back[name]:item() == i, name) end
        file.save(path, {})
        assert(next(file.load(path)) == nil)
      end
      """)
    #expect(result == CommandResult(out: "", err: "", status: 0))
  }

  @Test("a model whose parameters have such a name says so when it is saved")
  func models() throws {
    let folder = try TemporaryFolder()
    let result = try run(
      """
      for _, name in ipairs{'__metadata__', 'a\\0b'} do
        local m = nn.define{sde = sde.vp(), dimension = 1, parameters = {[name] = tensor{1}},
          score = function(p, x, t) return x * p[name] end}
        print(pcall(m.save, m, '\(folder.path)/m.safetensors'))
      end
      """)
    #expect(
      result.out == """
        false	model.save: value has the name '__metadata__', which a safetensors file keeps for itself
        false	model.save: value has the name 'a\\x00b', and a safetensors file takes no byte 0 in a name

        """, "\(result.err)")
  }
}
