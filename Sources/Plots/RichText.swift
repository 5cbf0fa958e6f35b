// Labels with raised and lowered parts: "10^{-3}", "σ_{max}". Only the form with braces is special.

package struct RichText: Equatable {
  enum Level: Equatable {
    case base, raised, lowered

    /// Of its letters, beside those at the base.
    var scale: Double { self == .base ? 1 : 0.72 }

    /// Downwards, in sizes of the text.
    var shift: Double {
      switch self {
      case .base: 0
      case .raised: -0.36
      case .lowered: 0.16
      }
    }
  }
  struct Run: Equatable {
    var text: String
    var level: Level
  }

  var runs: [Run] = []

  package init(_ source: String) {
    var rest = Substring(source.map { $0.isNewline || $0 == "\0" ? " " : $0 })
    var plain = ""
    while let first = rest.first {
      let body = rest.dropFirst(2)
      if first == "^" || first == "_", rest.dropFirst().first == "{",
        let end = body.firstIndex(of: "}")
      {
        append(plain, .base)
        plain = ""
        append(String(body[..<end]), first == "^" ? .raised : .lowered)
        rest = body[body.index(after: end)...]
      } else {
        plain.append(first)
        rest = rest.dropFirst()
      }
    }
    append(plain, .base)
  }

  private mutating func append(_ text: String, _ level: Level) {
    if !text.isEmpty { runs.append(Run(text: text, level: level)) }
  }

  /// For the terminal: Unicode raised and lowered characters where they all exist, else "^(...)".
  package func plain(ascii: Bool) -> String {
    runs.map { run in
      if run.level == .base { return ascii ? run.text.asciiOnly : run.text }
      let mark = run.level == .raised ? "^" : "_"
      if ascii {
        let text = run.text.asciiOnly
        return mark + (Self.isOneWord(text) ? text : "(\(text))")
      }
      let table = run.level == .raised ? Self.raised : Self.lowered
      let mapped = run.text.compactMap { table[$0] }
      return mapped.count == run.text.count ? String(mapped) : "\(mark)\(run.text)"
    }.joined()
  }

  private static func isOneWord(_ text: String) -> Bool {
    text.allSatisfy(\.isLetter) || text.allSatisfy { $0.isNumber || $0 == "-" }
  }

  private static let raised = Dictionary(
    uniqueKeysWithValues: zip("0123456789+-−()nix", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿⁱˣ"))
  private static let lowered = Dictionary(
    uniqueKeysWithValues: zip(
      "0123456789+-−()aeioxhklmnpstruvj", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ₐₑᵢₒₓₕₖₗₘₙₚₛₜᵣᵤᵥⱼ"))
}

extension String {
  /// Greek spelled out, the commonest signs replaced, anything else outside ASCII a question mark.
  var asciiOnly: String {
    if utf8.allSatisfy({ $0 < 128 }) { return self }
    return map { character in
      character.isASCII ? String(character) : Self.spelled[character] ?? "?"
    }.joined()
  }

  private static let spelled: [Character: String] = [
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Δ": "Delta", "Σ": "Sigma", "Ω": "Omega", "∇": "grad", "∞": "inf", "≤": "<=",
    "≥": ">=", "±": "+-", "×": "x", "·": ".", "−": "-", "–": "-", "—": "-", "→": "->", "‖": "|",
    "²": "^2", "³": "^3", "…": "...", "’": "'", "“": "\"", "”": "\"", "√": "sqrt", "∼": "~",
  ]
}
