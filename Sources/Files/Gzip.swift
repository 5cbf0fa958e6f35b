// Unpacking gzip (RFC 1952) as a stream: never more memory than was asked for, the check sum of each
// member verified by zlib at its end.

import CZlib
import Runtime

package final class GzipReader: ByteReader {
  package let path: String
  private let bytes: [UInt8]
  /// zlib remembers the address, so it must stay.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  /// Packed bytes used so far.
  private var consumed = 0
  package private(set) var position = 0
  private var isAtEnd = false
  /// Deflate packs at most 1032 to 1.
  private static let mostRatio = 1032

  package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  package init(_ bytes: [UInt8], path: String) throws {
    (self.bytes, self.path) = (bytes, path)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw FileError("cannot read \(path): zlib gives no decoder") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  package var mostRemaining: Int {
    isAtEnd ? 0 : (bytes.count - consumed) * Self.mostRatio + 65_536
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count, !isAtEnd {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      done += try inflateSome(into: rest)
    }
    position += done
    return done
  }

  /// One call of inflate, with at most 1 GiB of input and output.
  private func inflateSome(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let room = min(buffer.count, 1 << 30)
    let given = min(bytes.count - consumed, 1 << 30)
    var status: Int32 = Z_OK
    bytes.withUnsafeBufferPointer { source in
      stream.pointee.next_in = source.baseAddress.map {
        UnsafeMutablePointer(mutating: $0 + consumed)
      }
      stream.pointee.avail_in = UInt32(given)
      stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      status = inflate(stream, Z_NO_FLUSH)
    }
    let used = given - Int(clamping: stream.pointee.avail_in)
    let made = room - Int(clamping: stream.pointee.avail_out)
    consumed += used
    switch status {
    case Z_STREAM_END: try nextMember()
    case Z_OK, Z_BUF_ERROR:
      if used == 0, made == 0 {
        throw FileError("cannot read \(path): gzip data end too soon, at byte \(consumed)")
      }
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
      throw FileError("cannot read \(path): gzip data are corrupt near byte \(consumed): \(reason)")
    }
    return made
  }

  /// Several packed files may follow each other; their contents are one.
  private func nextMember() throws {
    if consumed == bytes.count {
      isAtEnd = true
      return
    }
    guard bytes[consumed...].starts(with: [0x1F, 0x8B]) else {
      throw FileError(
        "cannot read \(path): gzip data are followed by something else, at byte \(consumed)")
    }
    inflateReset(stream)
  }
}
