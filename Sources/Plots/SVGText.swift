// Two repairs to what Cairo writes as SVG. It numbers surfaces and images by a counter of the
// process, so that the second copy of a figure would differ from the first: here the numbers follow
// the order of appearance. And it does not say that enlarged images keep their pixels.

enum SVGText {
  private static let prefixes = ["surface", "image", "source-", "mask-"].map { Array($0.utf8) }
  private static let imageTag = Array("<image ".utf8)
  private static let sharp = Array("style=\"image-rendering:pixelated\" ".utf8)

  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var numbers: [ArraySlice<UInt8>: Int] = [:]
    var used = [Int](repeating: 0, count: prefixes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "<"), bytes[index...].starts(with: imageTag) {
        result += imageTag + sharp
        index += imageTag.count
        continue
      }
      result.append(byte)
      index += 1
      guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#") else { continue }
      guard let (kind, end) = numberedName(bytes, at: index) else { continue }
      let name = bytes[index..<end]
      if numbers[name] == nil {
        used[kind] += 1
        numbers[name] = used[kind]
      }
      result += prefixes[kind]
      result += Array("\(numbers[name] ?? 0)".utf8)
      index = end
    }
    return result
  }

  /// Which prefix followed by digits stands here, and where it ends.
  private static func numberedName(_ bytes: [UInt8], at index: Int) -> (kind: Int, end: Int)? {
    for (kind, prefix) in prefixes.enumerated() where bytes[index...].starts(with: prefix) {
      let start = index + prefix.count
      var end = start
      while end < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[end]) {
        end += 1
      }
      return end > start ? (kind, end) : nil
    }
    return nil
  }
}
