// The options of the command line: those of `lua`, and Moondrift's own long ones. Arguments stay C
// strings, since they need not be UTF-8.
#if canImport(Glibc)
  import Glibc
#endif
import Catalog

/// What the long options set for the whole session.
package struct SessionSettings {
  package var threads: Int?
  package var seed: Int?
  /// Bytes that tensors, arrays and Lua may take.
  package var memory: Int?
}

struct CommandLineOptions {
  typealias Argument = UnsafePointer<CChar>

  /// What runs before the script, in the order it was written.
  enum Action {
    case code(Argument)
    case library(Argument)
    case warnings
  }

  struct Failure: Error { let message: String }

  var actions: [Action] = []
  var isInteractive = false
  var printsVersion = false
  var ignoresEnvironment = false
  var hasCode = false
  var showsHelp = false
  var showsProductVersion = false
  var settings = SessionSettings()
  /// Where the script's name stands; the number of arguments when there is none.
  var script: Int

  static let longOptions = ["threads", "seed", "memory", "help", "version"]

  init(_ arguments: [Argument]) throws {
    script = arguments.count
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      guard argument[0] == Self.dash, argument[1] != 0 else {
        script = index
        return
      }
      let text = String(cString: argument)
      if argument[1] == Self.dash {
        if text == "--" {
          script = index + 1
          return
        }
        try readLong(text, arguments, &index)
      } else {
        try readShort(text, arguments, &index)
      }
      index += 1
    }
  }

  private static let dash = CChar(UInt8(ascii: "-"))

  private mutating func readShort(
    _ text: String, _ arguments: [Argument], _ index: inout Int
  ) throws {
    switch text {
    case "-E": ignoresEnvironment = true
    case "-W": actions.append(.warnings)
    case "-v": printsVersion = true
    case "-i":
      isInteractive = true
      printsVersion = true
    default:
      guard text.hasPrefix("-e") || text.hasPrefix("-l") else {
        throw Failure(message: "unrecognized option '\(text)'")
      }
      var value = arguments[index] + 2
      if value[0] == 0 {
        guard index + 1 < arguments.count, arguments[index + 1][0] != Self.dash else {
          throw Failure(message: "'\(text)' needs argument")
        }
        index += 1
        value = arguments[index]
      }
      if text.hasPrefix("-e") {
        hasCode = true
        actions.append(.code(value))
      } else {
        actions.append(.library(value))
      }
    }
  }

  /// `--seed=3` and `--seed 3`.
  private mutating func readLong(
    _ text: String, _ arguments: [Argument], _ index: inout Int
  ) throws {
    let parts = text.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? ""
    guard Self.longOptions.contains(name) else {
      let near = nearestName(to: name, among: Self.longOptions)
      let hint = name.count > 2 ? near.map { " (did you mean --\($0)?)" } ?? "" : ""
      throw Failure(message: "unrecognized option '\(text)'\(hint)")
    }
    if name == "help" || name == "version" {
      guard parts.count == 1 else { throw Failure(message: "'--\(name)' takes no value") }
      if name == "help" { showsHelp = true } else { showsProductVersion = true }
      return
    }
    var value = parts.count > 1 ? String(parts[1]) : ""
    if parts.count == 1 {
      guard index + 1 < arguments.count else {
        throw Failure(message: "'--\(name)' needs a value")
      }
      index += 1
      value = String(cString: arguments[index])
    }
    switch name {
    case "threads":
      guard let count = Int(value, radix: 10), count > 0, count <= 4096 else {
        throw Failure(message: "--threads must be an integer from 1 to 4096, got '\(value)'")
      }
      settings.threads = count
    case "seed":
      guard let seed = Int(value, radix: 10), seed >= 0 else {
        throw Failure(message: "--seed must be an integer of 0 or more, got '\(value)'")
      }
      settings.seed = seed
    default:
      guard let bytes = Self.bytes(value) else {
        throw Failure(message: "--memory must be a size like 8G, 512M or 100000000, got '\(value)'")
      }
      settings.memory = bytes
    }
  }

  /// `8G`, `512MB`, `1.5g`, `100000000`, in powers of 1024.
  static func bytes(_ text: String) -> Int? {
    var digits = Substring(text.lowercased())
    if digits.hasSuffix("b") { digits.removeLast() }
    var unit = 1.0
    if let last = digits.last, let power = ["k", "m", "g", "t"].firstIndex(of: last) {
      for _ in 0...power { unit *= 1024 }
      digits.removeLast()
    }
    guard let number = Double(digits), number > 0, number * unit < 9e18, number * unit >= 1
    else { return nil }
    return Int(clamping: number * unit)
  }
}
