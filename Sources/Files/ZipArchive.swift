// Zip archives through libzip: the members of an npz file. libzip checks the structure and the check
// sum of each member; it writes to memory here, so that the file itself appears whole or not at all.

import CZip
import Catalog
import Glibc
import Runtime

enum ZipArchive {
  /// Hands out the members one by one, in the archive's order. A member is read no further than its
  /// size claims, and claims beyond what deflate can pack are refused before memory is taken.
  static func forEachMember(
    of bytes: [UInt8], path: String, _ body: (_ name: String, _ bytes: [UInt8]) throws -> Void
  ) throws {
    try openLibzip()
    // libzip takes no bytes at all for an empty archive, whose end record alone has 22.
    guard bytes.count >= 22 else {
      throw FileError("\(path): not a sound zip archive: it has \(bytes.count) bytes")
    }
    try bytes.withUnsafeBytes { buffer in
      var failure = zip_error_t()
      libzip.error_init(&failure)
      defer { libzip.error_fini(&failure) }
      guard
        let source = libzip.source_buffer_create(
          buffer.baseAddress, zip_uint64_t(buffer.count), 0, &failure)
      else { throw error(path, "libzip gives no source", &failure) }
      guard let archive = libzip.open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &failure)
      else {
        libzip.source_free(source)
        throw error(path, "not a sound zip archive", &failure)
      }
      defer { libzip.discard(archive) }
      let count = libzip.get_num_entries(archive, 0)
      var room = UInt64(buffer.count) * mostRatio + 65_536
      var names: Set<ExactText> = []
      for index in 0..<max(count, 0) {
        try Cancellation.check()
        let member = try member(zip_uint64_t(index), of: archive, room: &room, path)
        guard names.insert(ExactText(member.name)).inserted else {
          throw FileError("\(path): two members have the name \(shownText(member.name.utf8))")
        }
        try body(member.name, member.bytes)
      }
    }
  }

  private static let isLibzipOpen = czip_open()

  private static func openLibzip() throws {
    guard isLibzipOpen else {
      throw UserError("libzip.so.4 cannot be opened; install libzip (Debian: libzip4)")
    }
  }

  /// Deflate packs at most 1032 to 1.
  private static let mostRatio: UInt64 = 1032

  /// - Parameter room: how many bytes the members still to come can hold together.
  private static func member(
    _ index: zip_uint64_t, of archive: OpaquePointer, room: inout UInt64, _ path: String
  ) throws -> (name: String, bytes: [UInt8]) {
    var info = zip_stat_t()
    guard libzip.stat_index(archive, index, 0, &info) == 0, let nameText = info.name else {
      throw FileError("\(path): member \(index + 1) of the archive cannot be read")
    }
    let name = String(cString: nameText)
    guard info.size <= room else {
      throw FileError("\(path): \(name) claims \(info.size) bytes, more than the archive can hold")
    }
    room -= info.size
    guard let file = libzip.fopen_index(archive, index, 0) else {
      throw FileError("\(path): \(name): \(text(libzip.strerror(archive)))")
    }
    defer { _ = libzip.fclose(file) }
    let size = Int(clamping: info.size)
    var reason: String?
    let bytes = try [UInt8](checkedCapacity: size) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      let isRead = try inPieces(&count, of: size) {
        libzip.fread(file, base + $0, zip_uint64_t($1))
      }
      // One more read lets libzip compare the check sum.
      var extra: UInt8 = 0
      if !isRead || libzip.fread(file, &extra, 1) != 0 {
        reason = text(libzip.file_strerror(file))
      }
    }
    if let reason { throw FileError("\(path): \(name): \(reason)") }
    guard bytes.count == size else {
      throw FileError("\(path): \(name) has \(bytes.count) bytes where \(size) were announced")
    }
    return (name, bytes)
  }

  /// Reads so many bytes piece by piece with a poll before each, or fewer where there are no more;
  /// `count` tells how many came. False where libzip cannot read on.
  private static func inPieces(
    _ count: inout Int, of size: Int, _ read: (_ place: Int, _ count: Int) -> zip_int64_t
  ) throws -> Bool {
    while count < size {
      try Cancellation.check()
      let got = Int(clamping: read(count, min(size - count, 1 << 20)))
      if got <= 0 { return got == 0 }
      count += got
    }
    return true
  }

  /// The bytes of an archive, members deflated.
  static func bytes(of members: [(name: String, bytes: [UInt8])]) throws -> [UInt8] {
    try openLibzip()
    // libzip writes no archive without members; this is its end record alone.
    if members.isEmpty { return [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18) }
    var failure = zip_error_t()
    libzip.error_init(&failure)
    defer { libzip.error_fini(&failure) }
    guard let target = libzip.source_buffer_create(nil, 0, 0, &failure) else {
      throw error("archive", "libzip gives no memory", &failure)
    }
    libzip.source_keep(target)
    defer { libzip.source_free(target) }
    guard let archive = libzip.open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &failure) else {
      libzip.source_free(target)
      throw error("archive", "libzip gives no archive", &failure)
    }
    // libzip reads the members when the archive is closed, so copies of its own are handed over.
    for member in members {
      let copy: UnsafeMutableRawPointer
      do { copy = try self.copy(of: member) } catch {
        libzip.discard(archive)
        throw error
      }
      let source = libzip.source_buffer(archive, copy, zip_uint64_t(member.bytes.count), 1)
      guard let source, libzip.file_add(archive, member.name, source, ZIP_FL_ENC_UTF_8) >= 0 else {
        let reason = text(libzip.strerror(archive))
        if let source { libzip.source_free(source) } else { free(copy) }
        libzip.discard(archive)
        throw FileError("\(member.name): \(reason)")
      }
    }
    _ = libzip.register_cancel_callback_with_state(
      archive, { _, _ in Cancellation.isRequested ? 1 : 0 }, nil, nil)
    guard libzip.close(archive) == 0 else {
      let reason = text(libzip.strerror(archive))
      libzip.discard(archive)
      try Cancellation.check()
      throw FileError("the archive cannot be written: \(reason)")
    }
    return try content(of: target)
  }

  /// The bytes of a member in memory that `free` takes back.
  private static func copy(of member: (name: String, bytes: [UInt8])) throws
    -> UnsafeMutableRawPointer
  {
    try Memory.request(member.bytes.count, of: UInt8.self)
    guard let copy = malloc(max(member.bytes.count, 1)) else {
      throw FileError("not enough memory for member \(member.name)")
    }
    do { try member.bytes.withUnsafeBytes { try Cancellation.copy($0, to: copy) } } catch {
      free(copy)
      throw error
    }
    return copy
  }

  private static func content(of source: OpaquePointer) throws -> [UInt8] {
    var info = zip_stat_t()
    guard libzip.source_stat(source, &info) == 0, libzip.source_open(source) == 0 else {
      throw FileError("the archive cannot be read back")
    }
    defer { _ = libzip.source_close(source) }
    let size = Int(clamping: info.size)
    let bytes = try [UInt8](checkedCapacity: size) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      _ = try inPieces(&count, of: size) {
        libzip.source_read(source, base + $0, zip_uint64_t($1))
      }
    }
    guard bytes.count == size else { throw FileError("the archive cannot be read back") }
    return bytes
  }

  private static func text(_ reason: UnsafePointer<CChar>?) -> String {
    reason.map { String(cString: $0) } ?? "unknown"
  }

  private static func error(_ path: String, _ what: String, _ failure: inout zip_error_t)
    -> FileError
  {
    FileError("\(path): \(what): \(text(libzip.error_strerror(&failure)))")
  }
}
