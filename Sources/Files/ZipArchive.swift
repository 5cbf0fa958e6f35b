// Zip archives through libzip: the members of an npz file. libzip checks the structure and the check
// sum of each member; it writes to memory here, so that the file itself appears whole or not at all.

import CZip
import Glibc
import Runtime

enum ZipArchive {
  /// Hands out the members one by one, in the archive's order. A member is read no further than its
  /// size claims, and claims beyond what deflate can pack are refused before memory is taken.
  static func forEachMember(
    of bytes: [UInt8], path: String, _ body: (_ name: String, _ bytes: [UInt8]) throws -> Void
  ) throws {
    // libzip takes no bytes at all for an empty archive, whose end record alone has 22.
    guard bytes.count >= 22 else {
      throw FileError("\(path): not a sound zip archive: it has \(bytes.count) bytes")
    }
    try bytes.withUnsafeBytes { buffer in
      var failure = zip_error_t()
      zip_error_init(&failure)
      defer { zip_error_fini(&failure) }
      guard
        let source = zip_source_buffer_create(
          buffer.baseAddress, zip_uint64_t(buffer.count), 0, &failure)
      else { throw error(path, "libzip gives no source", &failure) }
      guard let archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &failure) else {
        zip_source_free(source)
        throw error(path, "not a sound zip archive", &failure)
      }
      defer { zip_discard(archive) }
      let count = zip_get_num_entries(archive, 0)
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

  /// Deflate packs at most 1032 to 1.
  private static let mostRatio: UInt64 = 1032

  /// - Parameter room: how many bytes the members still to come can hold together.
  private static func member(
    _ index: zip_uint64_t, of archive: OpaquePointer, room: inout UInt64, _ path: String
  ) throws -> (name: String, bytes: [UInt8]) {
    var info = zip_stat_t()
    guard zip_stat_index(archive, index, 0, &info) == 0, let nameText = info.name else {
      throw FileError("\(path): member \(index + 1) of the archive cannot be read")
    }
    let name = String(cString: nameText)
    guard info.size <= room else {
      throw FileError("\(path): \(name) claims \(info.size) bytes, more than the archive can hold")
    }
    room -= info.size
    try Memory.request(Int(clamping: info.size), of: UInt8.self)
    guard let file = zip_fopen_index(archive, index, 0) else {
      throw FileError("\(path): \(name): \(String(cString: zip_strerror(archive)))")
    }
    defer { zip_fclose(file) }
    let size = Int(clamping: info.size)
    var reason: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let got = zip_fread(file, buffer.baseAddress, zip_uint64_t(size))
      count = max(0, Int(clamping: got))
      // One more read lets libzip compare the check sum.
      var extra: UInt8 = 0
      if got < 0 || zip_fread(file, &extra, 1) != 0 {
        reason = String(cString: zip_file_strerror(file))
      }
    }
    if let reason { throw FileError("\(path): \(name): \(reason)") }
    guard bytes.count == size else {
      throw FileError("\(path): \(name) has \(bytes.count) bytes where \(size) were announced")
    }
    return (name, bytes)
  }

  /// The bytes of an archive, members deflated.
  static func bytes(of members: [(name: String, bytes: [UInt8])]) throws -> [UInt8] {
    // libzip writes no archive without members; this is its end record alone.
    if members.isEmpty { return [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18) }
    var failure = zip_error_t()
    zip_error_init(&failure)
    defer { zip_error_fini(&failure) }
    guard let target = zip_source_buffer_create(nil, 0, 0, &failure) else {
      throw error("archive", "libzip gives no memory", &failure)
    }
    zip_source_keep(target)
    defer { zip_source_free(target) }
    guard let archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &failure) else {
      zip_source_free(target)
      throw error("archive", "libzip gives no archive", &failure)
    }
    // libzip reads the members when the archive is closed, so copies of its own are handed over.
    for member in members {
      guard let copy = malloc(max(member.bytes.count, 1)) else {
        zip_discard(archive)
        throw FileError("not enough memory for member \(member.name)")
      }
      member.bytes.withUnsafeBytes { source in
        if let base = source.baseAddress { memcpy(copy, base, source.count) }
      }
      let source = zip_source_buffer(archive, copy, zip_uint64_t(member.bytes.count), 1)
      guard let source, zip_file_add(archive, member.name, source, ZIP_FL_ENC_UTF_8) >= 0 else {
        let reason = String(cString: zip_strerror(archive))
        if let source { zip_source_free(source) } else { free(copy) }
        zip_discard(archive)
        throw FileError("\(member.name): \(reason)")
      }
    }
    guard zip_close(archive) == 0 else {
      let reason = String(cString: zip_strerror(archive))
      zip_discard(archive)
      throw FileError("the archive cannot be written: \(reason)")
    }
    return try content(of: target)
  }

  private static func content(of source: OpaquePointer) throws -> [UInt8] {
    var info = zip_stat_t()
    guard zip_source_stat(source, &info) == 0, zip_source_open(source) == 0 else {
      throw FileError("the archive cannot be read back")
    }
    defer { zip_source_close(source) }
    return [UInt8](unsafeUninitializedCapacity: Int(clamping: info.size)) { buffer, count in
      count = max(0, Int(clamping: zip_source_read(source, buffer.baseAddress, info.size)))
    }
  }

  private static func error(_ path: String, _ what: String, _ failure: inout zip_error_t)
    -> FileError
  {
    FileError("\(path): \(what): \(String(cString: zip_error_strerror(&failure)))")
  }
}
