// IDX, the format of MNIST (LeCun, Cortes, Burges): two zero bytes, a byte for the element type, a
// byte for the number of axes, the length of each axis as 32 bits, then the elements, all with the
// high byte first. Packed by gzip or not.

import Catalog
import Runtime
import Tensors

package enum IDX {
  enum ElementType: UInt8 {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    var byteCount: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }

    /// Labels (integers along one axis) become int64; everything else the float that holds it
    /// exactly, but int32, which only int64 holds.
    func tensorType(rank: Int) -> DType {
      switch self {
      case .float64: .float64
      case .int32: .int64
      case .float32: .float32
      case .uint8, .int8, .int16: rank == 1 ? .int64 : .float32
      }
    }
  }

  /// Reads a file. Without `dtype` the type of the tensor follows from that of the elements.
  package static func read(_ path: FilePath, dtype: DType? = nil) throws -> Tensor {
    let bytes = try InputFile.bytes(of: path)
    if GzipReader.isGzip(bytes) { return try read(GzipReader(bytes, path: "\(path)"), dtype) }
    return try read(PlainReader(bytes, path: "\(path)"), dtype)
  }

  /// Shape, type and first byte of the elements, from the start of a file.
  static func layout(_ bytes: [UInt8], path: String) throws -> ([Int], ElementKind, start: Int) {
    var source = PlainReader(bytes, path: path)
    let (type, lengths) = try header(&source)
    let kind: ElementKind =
      switch type {
      case .uint8: ElementKind(.unsigned, 1)
      case .int8: ElementKind(.signed, 1)
      case .int16: ElementKind(.signed, 2)
      case .int32: ElementKind(.signed, 4)
      case .float32: ElementKind(.float, 4)
      case .float64: ElementKind(.float, 8)
      }
    return (lengths, kind.swapped, source.position)
  }

  private static func read(_ source: some ByteReader, _ dtype: DType?) throws -> Tensor {
    var source = source
    let (type, lengths) = try header(&source)
    let count = try elementCount(lengths, type, source)
    let bytes = try elements(&source, type, count)
    var extra: UInt8 = 0
    let more = try withUnsafeMutableBytes(of: &extra) { try source.read(into: $0) }
    guard more == 0 else {
      throw FileError(
        "cannot read \(source.path): IDX data go on after the \(count) elements of the header,"
          + " at byte \(source.position - 1)")
    }
    let natural = type.tensorType(rank: lengths.count)
    let shape: Shape
    do { shape = try Shape(checking: lengths) } catch {
      throw FileError("cannot read \(source.path): IDX \(error)")
    }
    let tensor = try Tensor(uninitialized: shape, natural)
    store(bytes, type, into: tensor)
    return try dtype.map(tensor.converted(to:)) ?? tensor
  }

  private static func failure(_ source: some ByteReader, _ field: String, _ what: String, at: Int)
    -> FileError
  {
    FileError("cannot read \(source.path): IDX \(field) \(what), at byte \(at)")
  }

  private static func header(_ source: inout some ByteReader) throws -> (ElementType, [Int]) {
    let start = try bytes(&source, 4, field: "magic number")
    guard start[0] == 0, start[1] == 0 else {
      throw failure(
        source, "magic number", "must begin with two zero bytes, got \(start[0]) and \(start[1])",
        at: 0)
    }
    guard let type = ElementType(rawValue: start[2]) else {
      throw failure(
        source, "element type", "must be 8, 9, 11, 12, 13 or 14, got \(start[2])", at: 2)
    }
    guard (1...Shape.maximumRank).contains(Int(clamping: start[3])) else {
      throw failure(
        source, "number of axes", "must be from 1 to \(Shape.maximumRank), got \(start[3])", at: 3)
    }
    let lengths = try (1...Int(clamping: start[3])).map { axis in
      let word = try bytes(&source, 4, field: "length of axis \(axis)")
      return word.reduce(0) { $0 << 8 | Int(clamping: $1) }
    }
    return (type, lengths)
  }

  /// How many elements the header claims, refused where the file is too small to hold them.
  private static func elementCount(
    _ lengths: [Int], _ type: ElementType, _ source: some ByteReader
  ) throws -> Int {
    var count = 1
    for (axis, length) in lengths.enumerated() {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      let (size, tooLarge) = product.multipliedReportingOverflow(by: type.byteCount)
      let limit = source.mostRemaining
      // A later axis of length 0 makes any product before it harmless.
      guard lengths.contains(0) || (!overflow && !tooLarge && size <= limit) else {
        throw failure(
          source, "length of axis \(axis + 1)",
          "claims \(lengths.map(String.init).joined(separator: "×")) elements of"
            + " \(type.byteCount) byte\(type.byteCount == 1 ? "" : "s"), but the file holds"
            + " at most \(limit) bytes of them", at: 4 + 4 * axis)
      }
      count = overflow ? 0 : product
    }
    return lengths.contains(0) ? 0 : count
  }

  private static func bytes(
    _ source: inout some ByteReader, _ count: Int, field: String
  ) throws -> [UInt8] {
    let start = source.position
    var buffer = [UInt8](repeating: 0, count: count)
    let got = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
    guard got == count else {
      throw failure(source, field, "is cut off after \(got) of \(count) bytes", at: start + got)
    }
    return buffer
  }

  /// Reads in pieces and only then makes the tensor: what a header claims is not paid for before the
  /// file has shown it.
  private static func elements(
    _ source: inout some ByteReader, _ type: ElementType, _ count: Int
  ) throws -> [UInt8] {
    let start = source.position
    let size = count * type.byteCount
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(size, 1 << 20))
    while bytes.count < size {
      let wanted = min(size - bytes.count, piece.count)
      let got = try piece.withUnsafeMutableBytes {
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
      }
      bytes += piece[..<got]
      guard got == wanted else {
        throw failure(
          source, "data", "are cut off after \(bytes.count) of \(size) bytes",
          at: start + bytes.count)
      }
    }
    return bytes
  }

  private static func store(
    _ bytes: [UInt8], _ type: ElementType, into tensor: Tensor
  ) {
    let size = type.byteCount
    bytes.withUnsafeBufferPointer { bytes in
      for index in 0..<bytes.count / size {
        var word: UInt64 = 0
        for byte in 0..<size { word = word << 8 | UInt64(bytes[index * size + byte]) }
        let whole: Int64 =
          switch type {
          case .uint8: Int64(word)
          case .int8: Int64(Int8(truncatingIfNeeded: word))
          case .int16: Int64(Int16(truncatingIfNeeded: word))
          case .int32: Int64(Int32(truncatingIfNeeded: word))
          case .float32, .float64: 0
          }
        switch tensor.dtype {
        case .int64: tensor.pointer(Int64.self)[index] = whole
        case .float64: tensor.pointer(Double.self)[index] = Double(bitPattern: word)
        default:
          tensor.pointer(Float.self)[index] =
            type == .float32 ? Float(bitPattern: UInt32(truncatingIfNeeded: word)) : Float(whole)
        }
      }
    }
  }
}
