// Numbers as text, through the C library, without Foundation.

import Glibc

enum NumberText {
  /// "%.{decimals}f", with "-0" shown as "0".
  static func fixed(_ value: Double, decimals: Int) -> String {
    let text = formatted("%.*f", [Int32(min(max(decimals, 0), 17)), value])
    return text.allSatisfy({ "-0.".contains($0) }) && text.first == "-"
      ? String(text.dropFirst()) : text
  }

  /// "%.{digits}g": the shortest of fixed and exponent form.
  static func general(_ value: Double, digits: Int) -> String {
    formatted("%.*g", [Int32(digits), value])
  }

  /// As a mark of an axis says it: "0.25", "10^{-4}", "2.5×10^{6}".
  static func label(_ value: Double) -> String {
    let text = general(value, digits: 6)
    guard let split = text.firstIndex(of: "e"),
      let power = Int(text[text.index(after: split)...], radix: 10)
    else { return text }
    let digits = text[..<split]
    return (digits == "1" ? "" : "\(digits)×") + "10^{\(power)}"
  }

  private static func formatted(_ format: String, _ arguments: [any CVarArg]) -> String {
    withVaList(arguments) { list in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
        guard let base = buffer.baseAddress, vsnprintf(base, buffer.count, format, list) >= 0
        else { return "?" }
        return String(cString: base)
      }
    }
  }
}
