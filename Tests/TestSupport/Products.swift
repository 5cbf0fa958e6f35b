import Glibc

/// What the package built, and the files it was built from.
public enum Products {
  /// The folder of the running tests, which is where SwiftPM puts the program too.
  public static let folder: String = {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
    }
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }()

  public static let moondrift = folder + "/moondrift"

  /// The root of the checkout.
  public static let root: String = #filePath.split(
    separator: "/", omittingEmptySubsequences: false
  ).dropLast(3).joined(separator: "/")
}

/// A folder that is removed with its contents when the last reference goes.
public final class TemporaryFolder {
  public let path: String

  public init() throws {
    var template = Array((temporaryRoot() + "/moondrift-test-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw CommandError.cannotStart(program: "mkdtemp", errno: errno)
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    _ = try? Command("/bin/rm", ["-rf", path]).run()
  }

  /// Writes a file, its folders made as needed, and returns its path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    if let slash = name.lastIndex(of: "/") {
      _ = try Command("/bin/mkdir", ["-p", path + "/" + name[..<slash]]).run()
    }
    guard let handle = fopen(file, "w") else {
      throw CommandError.cannotStart(program: "write \(file)", errno: errno)
    }
    fputs(text, handle)
    fclose(handle)
    return file
  }
}

private func temporaryRoot() -> String {
  getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
}
