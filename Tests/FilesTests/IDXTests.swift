// Good and bad files in the format of MNIST, plain and packed.

import CZlib
import Catalog
import Files
import Glibc
import Runtime
import Tensors
import TestSupport
import Testing

/// Packed as the program gzip would.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + 1000)
  let count = input.count
  let room = output.count
  input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(count)
      stream.next_out = target.baseAddress
      stream.avail_out = UInt32(room)
      deflate(&stream, Z_FINISH)
    }
  }
  return Array(output[..<(room - Int(stream.avail_out))])
}

@Suite struct IDXTests {
  private let folder: TemporaryFolder
  private var path: FilePath { "\(folder.path)/a.idx" }

  init() throws { folder = try TemporaryFolder() }

  private func read(_ bytes: [UInt8], _ dtype: DType? = nil) throws -> Tensor {
    try AtomicFile.write(bytes, to: path)
    return try IDX.read(path, dtype: dtype)
  }

  private func reason(_ bytes: [UInt8]) -> String {
    do { return "read \(try read(bytes).describe())" } catch {
      return "\(error)".replacing("cannot read \(path): ", with: "")
    }
  }

  private let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 7, 1]

  @Test("images become float32, labels int64, and dtype overrules")
  func types() throws {
    let x = try read(images)
    #expect(x.dtype == .float32 && x.axisLengths == [2, 1, 2])
    #expect(try x.doubles() == [0, 255, 7, 1])
    let labels = try read([0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 4])
    #expect(labels.dtype == .int64)
    #expect(try labels.doubles() == [9, 0, 4])
    #expect(try read(images, .int64).dtype == .int64)
  }

  @Test("every element type, high byte first, with its sign")
  func elementTypes() throws {
    #expect(try read([0, 0, 9, 1, 0, 0, 0, 2, 0xFF, 0x7F]).doubles() == [-1, 127])
    #expect(try read([0, 0, 11, 1, 0, 0, 0, 2, 0xFF, 0xFE, 1, 0]).doubles() == [-2, 256])
    #expect(try read([0, 0, 12, 1, 0, 0, 0, 1, 0x80, 0, 0, 0]).doubles() == [-2_147_483_648])
    #expect(try read([0, 0, 13, 1, 0, 0, 0, 1, 0x3F, 0xC0, 0, 0]).doubles() == [1.5])
    let double = try read([0, 0, 14, 1, 0, 0, 0, 1, 0xC0, 0, 0, 0, 0, 0, 0, 0])
    #expect(double.dtype == .float64)
    #expect(try double.doubles() == [-2])
  }

  @Test("an axis of length 0 is an empty tensor, however long the others")
  func empty() throws {
    let huge: [UInt8] = [255, 255, 255, 255]
    #expect(try read([0, 0, 8, 2, 0, 0, 0, 0] + huge).axisLengths == [0, 4_294_967_295])
  }

  @Test("packed files, also of several members, read like plain ones")
  func packed() throws {
    #expect(try read(gzip(images)).doubles() == [0, 255, 7, 1])
    let parts = gzip(Array(images[..<17])) + gzip(Array(images[17...]))
    #expect(try read(parts).doubles() == [0, 255, 7, 1])
  }

  @Test("a malformed header or body names field and place")
  func malformed() {
    #expect(reason([]) == "IDX magic number is cut off after 0 of 4 bytes, at byte 0")
    #expect(reason([0, 0, 8]) == "IDX magic number is cut off after 3 of 4 bytes, at byte 3")
    #expect(
      reason([1, 2, 8, 1, 0, 0, 0, 0])
        == "IDX magic number must begin with two zero bytes, got 1 and 2, at byte 0")
    #expect(
      reason([0, 0, 10, 1, 0, 0, 0, 0])
        == "IDX element type must be 8, 9, 11, 12, 13 or 14, got 10, at byte 2")
    #expect(
      reason([0, 0, 8, 0])
        == "IDX number of axes must be from 1 to \(Shape.maximumRank), got 0, at byte 3")
    #expect(
      reason([0, 0, 8, 255])
        == "IDX number of axes must be from 1 to \(Shape.maximumRank), got 255, at byte 3")
    #expect(
      reason([0, 0, 8, 2, 0, 0, 0, 1, 0, 0])
        == "IDX length of axis 2 is cut off after 2 of 4 bytes, at byte 10")
    #expect(
      reason([0, 0, 8, 1, 0, 0, 0, 5, 1, 2])
        == "IDX length of axis 1 claims 5 elements of 1 byte, but the file holds at most 2 bytes of"
        + " them, at byte 4")
    #expect(
      reason([0, 0, 14, 2, 0, 0, 0, 1, 0, 0, 0, 2] + [UInt8](repeating: 0, count: 9))
        == "IDX length of axis 2 claims 1×2 elements of 8 bytes, but the file holds at most 9 bytes"
        + " of them, at byte 8")
    #expect(
      reason(images + [1]) == "IDX data go on after the 4 elements of the header, at byte 20")
  }

  @Test("lengths whose product overflows are refused, not multiplied")
  func overflow() {
    let huge: [UInt8] = [255, 255, 255, 255]
    for rank in 2...4 {
      var header: [UInt8] = [0, 0, 14, UInt8(rank)]
      for _ in 0..<rank { header += huge }
      #expect(reason(header).contains("elements of 8 bytes, but the file holds at most 0 bytes"))
      #expect(reason(gzip(header)).contains("elements of 8 bytes, but the file holds at most"))
    }
  }

  @Test("a packed file that claims more than it holds costs no more than it holds")
  func lying() throws {
    // Zeros pack nearly as well as deflate can, so that a claim of a little more passes for possible.
    let header: [UInt8] = [0, 0, 8, 1, 0, 0xF4, 0xE7, 0x50]
    let packed = gzip(header + [UInt8](repeating: 0, count: 16_000_000))
    #expect(
      reason(packed) == "IDX data are cut off after 16000000 of 16050000 bytes, at byte 16000008")
  }

  @Test("packed data cut at any byte, or changed, are an error with the place")
  func damaged() {
    let whole = gzip(images)
    for length in 2..<whole.count {
      #expect(reason(Array(whole[..<length])).contains("at byte \(length)"))
    }
    var wrongSum = whole
    wrongSum[whole.count - 5] ^= 1
    #expect(reason(wrongSum).hasPrefix("gzip data are corrupt near byte"))
    #expect(reason(wrongSum).hasSuffix("incorrect data check"))
    var wrongBlock = whole
    wrongBlock[10] = 0xFF
    #expect(reason(wrongBlock).hasPrefix("gzip data are corrupt near byte"))
    #expect(
      reason(whole + [7, 7])
        == "gzip data are followed by something else, at byte \(whole.count)")
  }

  @Test("a path that cannot be read is named with the reason")
  func paths() {
    #expect { try IDX.read("/does/not/exist") } throws: {
      "\($0)" == "cannot read /does/not/exist: No such file or directory"
    }
    #expect { try IDX.read("/tmp") } throws: { "\($0)" == "cannot read /tmp: Is a directory" }
    #expect { try IDX.read("/dev/zero") } throws: {
      "\($0)" == "cannot read /dev/zero: not a regular file"
    }
  }
}
