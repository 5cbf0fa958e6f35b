import Catalog
import Files
import Runtime
import Tensors
import TestSupport
import Testing

/// Reads, writes and refuses, against files that NumPy wrote (Tests/References/make_arrays.py).
@Suite("Array files") struct ArrayFileTests {
  let folder = Products.root + "/Tests/References/arrays/"
  let grid = [0, 0.25, 0.5, 0.75, 1, 1.25]

  func tensor(_ name: String) throws -> Tensor {
    try #require(try ArrayFiles.load(FilePath(folder + name)).values.first?.asTensor)
  }

  func message(_ body: () throws -> Any) -> String {
    do {
      _ = try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("tensors of several megabytes, views among them, come back as they were")
  func large() throws {
    let folder = try TemporaryFolder()
    let x = try RandomStream(seed: 1).normal([1201, 1003])
    let values: [(name: String, tensor: Tensor)] = [("a", x), ("b", try x.permuted([1, 0]))]
    for ending in ["npz", "safetensors"] {
      let path = FilePath(folder.path + "/x." + ending)
      try ArrayFiles.save(.named(values.map { ($0.name, .object($0.tensor)) }), path)
      guard case .map(let found) = try ArrayFiles.load(path).values[0] else {
        Issue.record("\(ending) gives no table")
        continue
      }
      for (name, tensor) in values {
        let loaded = try #require(found.first { $0.key.text == name }?.value.asTensor)
        #expect(loaded.shape == tensor.shape)
        #expect(try loaded.doubles() == tensor.doubles(), "\(ending) \(name)")
      }
    }
    let path = FilePath(folder.path + "/x.npy")
    try ArrayFiles.save(.object(values[1].tensor), path)
    let loaded = try #require(try ArrayFiles.load(path).values.first?.asTensor)
    #expect(try loaded.doubles() == values[1].tensor.doubles())
  }

  @Test("NumPy's files of every number type give the same numbers in a type that holds them")
  func reading() throws {
    for name in ["float64", "big_endian", "fortran"] {
      let x = try tensor(name + ".npy")
      #expect(try x.dtype == .float64 && x.shape == [2, 3] && x.doubles() == grid, "\(name)")
    }
    for name in ["float32", "half"] {
      let x = try tensor(name + ".npy")
      #expect(try x.dtype == .float32 && x.shape == [2, 3] && x.doubles() == grid, "\(name)")
    }
    #expect(try tensor("int8.npy").doubles() == [-3, -2, -1, 0, 1, 2])
    #expect(try tensor("int32_big.npy").doubles() == [-3, -2, -1, 0, 1, 2])
    #expect(try tensor("uint8.npy").doubles() == [250, 251, 252, 253, 254, 255])
    #expect(try tensor("uint64.npy").dtype == .int64)
    #expect(
      try tensor("bool.npy").dtype == .bool && tensor("bool.npy").doubles() == [1, 0, 1, 0, 1, 0])
    #expect(try tensor("scalar.npy").rank == 0 && tensor("scalar.npy").item() == 3.25)
    #expect(try tensor("empty.npy").shape == [0, 3])
    #expect(
      message { try tensor("complex.npy") }
        == "\(folder)complex.npy: descr is <c8, which is no plain number type")
    guard case .map(let members) = try ArrayFiles.load(FilePath(folder + "plain.npz")).values[0]
    else {
      Issue.record("an npz is no table")
      return
    }
    #expect(members.map(\.key) == ["a", "b"])
  }

  @Test("what is written reads back the same, for every type, format and layout")
  func roundTrip() throws {
    let numbers = try Tensor(
      [1.5, -0.0, .infinity, .leastNormalMagnitude / 1024, .nan, 2], shape: [2, 3])
    let cases = try [
      numbers, numbers.converted(to: .float32), Tensor([Int64.max, .min, 0]),
      Tensor([true, false]), numbers.transposed(), Tensor.scalar(7), Tensor.zeros([0, 4]),
    ]
    let folder = try TemporaryFolder()
    for ending in ["npy", "npz", "safetensors"] {
      for (place, x) in cases.enumerated() {
        let path: FilePath = "\(folder.path)/\(place).\(ending)"
        let isTable = ending != "npy"
        try ArrayFiles.save(isTable ? .map([("x", .object(x))]) : .object(x), path)
        var back = try ArrayFiles.load(path).values[0]
        if case .map(let pairs) = back { back = pairs[0].value }
        let y = try #require(back.asTensor)
        #expect(y.dtype == x.dtype && y.shape == x.shape)
        let same = try zip(x.doubles(), y.doubles()).allSatisfy {
          $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN)
        }
        #expect(same, "\(ending) \(place)")
      }
    }
  }

  @Test("files cut short or changed anywhere give an error that names the file, never a crash")
  func damage() throws {
    let temporary = try TemporaryFolder()
    let x = try Tensor([1.0, 2, 3, 4], shape: [2, 2])
    try ArrayFiles.save(.map([("x", .object(x))]), "\(temporary.path)/x.safetensors")
    let originals = [
      folder + "float64.npy", folder + "plain.npz", folder + "packed.npz",
      temporary.path + "/x.safetensors",
    ]
    let stream = RandomStream(seed: 3)
    for original in originals {
      let bytes = try InputFile.bytes(of: FilePath(original))
      let path: FilePath = "\(temporary.path)/damaged.\(original.split(separator: ".").last ?? "")"
      for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 60)) {
        try AtomicFile.write(Array(bytes.prefix(length)), to: path)
        #expect(message { try ArrayFiles.load(path) }.contains("damaged"), "cut at \(length)")
      }
      for _ in 0..<200 {
        var changed = bytes
        for place in try stream.integers(3, 0...bytes.count - 1) {
          changed[place] = UInt8(try stream.integers(1, 0...255)[0])
        }
        try AtomicFile.write(changed, to: path)
        _ = message { try ArrayFiles.load(path) }
      }
    }
  }

  @Test("lying headers are told with the field")
  func lies() throws {
    let temporary = try TemporaryFolder()
    func npy(_ header: String) throws -> String {
      let path: FilePath = "\(temporary.path)/x.npy"
      let text = Array(header.utf8)
      try AtomicFile.write(
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text, to: path)
      return message { try ArrayFiles.load(path) }.replacing(temporary.path + "/", with: "")
    }
    #expect(
      try npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 9), }")
        == "x.npy: shape [9, 9] of <f8 needs 648 bytes from byte 69 on, there are 0")
    #expect(
      try npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999, 99999999999), }")
        .contains("more elements than memory can hold"))
    #expect(
      try npy("{'descr': '<f8', 'fortran_order': False, 'shape': 3, }")
        == "x.npy: shape is 3, expected a tuple of integers")
    #expect(try npy("{'descr': '<f8'}") == "x.npy: the header has no 'fortran_order'")
    func safetensors(_ header: String) throws -> String {
      let path: FilePath = "\(temporary.path)/x.safetensors"
      let text = Array(header.utf8)
      try AtomicFile.write(
        [UInt8(text.count), 0, 0, 0, 0, 0, 0, 0] + text + [1, 2, 3, 4], to: path)
      return message { try ArrayFiles.load(path) }.replacing(temporary.path + "/", with: "")
    }
    #expect(
      try safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}")
        == "x.safetensors: w: shape [2] of F32 needs 8 bytes, data_offsets span 4")
    #expect(
      try safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}")
        == "x.safetensors: w: data_offsets are [0, 8], the file has 4 bytes of data")
    #expect(
      try safetensors("{\"w\":{\"dtype\":\"F7\",\"shape\":[1],\"data_offsets\":[0,4]}}")
        == "x.safetensors: w: dtype is 'F7', which is not known")
  }
}

extension Value {
  var asTensor: Tensor? {
    if case .object(let object) = self { return object as? Tensor }
    return nil
  }
}
