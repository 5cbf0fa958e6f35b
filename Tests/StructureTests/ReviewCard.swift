/// What a new feature may cost: one file that says everything about it once, one line in the list of its
/// module, and a test.
enum ReviewCard {
  /// A file that describes something for Lua.
  struct Feature {
    var file: SourceFile
    /// The Swift type, which is the file's name without its aspect.
    var type: String
    /// `heun`, `vp`, `nearest`.
    var luaName: String
  }

  static let modules = ["Processes", "Targets", "Models", "Optimizers", "Diffusion", "Metrics"]

  /// The files whose first entry, sampler or constructor has a name for Lua.
  static func features(in files: [SourceFile]) -> [Feature] {
    let markers = [
      "static let constructor = ", "static let sampler = Sampler(", "static let entry = Entry.",
      "static let metric = Metric(",
    ]
    return files.filter { modules.contains($0.target) && !$0.name.hasSuffix("Module.swift") }
      .compactMap { file in
        guard let start = markers.compactMap({ file.text.firstRange(of: $0)?.upperBound }).first,
          let name = literals(in: file.text[start...]).first
        else { return nil }
        let type = file.name.split(separator: ".")[0].split(separator: "+")[0]
        return Feature(file: file, type: String(type), luaName: name)
      }
  }

  /// Features that the list of their module does not hold exactly once.
  static func wronglyListed(_ features: [Feature], in files: [SourceFile]) -> [String] {
    features.compactMap { feature in
      let lists = files.filter {
        $0.target == feature.file.target && $0.name.hasSuffix("Module.swift")
      }
      let words = lists.flatMap { file in
        file.codeLines.flatMap { line in
          line.text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        }
      }
      let count = words.count { word in
        ["entry", "sampler", "metric", "self"].contains { word == "\(feature.type).\($0)" }
      }
      return count == 1
        ? nil : "\(feature.file.path): \(feature.type) is listed \(count) times in its module"
    }
  }

  /// Options whose name a file says more than once. What reads a required option, or names it in an error
  /// about its value, may say it again; so may a file about functions from Lua, which have those names too.
  static func repeatedOptions(in files: [SourceFile]) -> [String] {
    files.filter { !$0.name.hasPrefix("Defined") }.flatMap { file -> [String] in
      let code = file.codeLines.map { String($0.text) }.joined(separator: "\n")
      guard code.contains("static let constructor = "),
        let list = code.firstRange(of: "static let options: [Option<Options>]")
      else { return [] }
      let lines = code[list.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
      let listed = lines.dropFirst().prefix { $0.drop { $0 == " " }.first != "]" }
      let names = statements(in: listed.joined(separator: "\n"))
      return names.compactMap { name in
        let quoted = "\"\(name)\""
        let pieces = split(code, at: quoted).dropLast()
        let count = pieces.count { before in
          let line = before.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
          // A parameter of a layer may have the name of the option that wants it.
          let isParameter = ["constant(", "linear(", "call["].contains(where: line.hasSuffix)
          return !line.contains("required(\\.") && !isParameter
        }
        return count == 1 ? nil : "\(file.path): \(quoted) is said \(count) times"
      }
    }
  }

  /// The names of the options that a list describes.
  private static func statements(in list: String) -> [String] {
    let openings = ["Option(", ".init("]
    return openings.flatMap { opening in
      split(list, at: opening).dropFirst().compactMap { piece in
        let text = piece.drop { $0 == " " || $0 == "\n" }
        let bare = ["required: ", "stored: "].reduce(text) {
          $0.hasPrefix($1) ? $0.dropFirst($1.count) : $0
        }
        return bare.first == "\"" ? literals(in: bare).first : nil
      }
    }
  }

  /// Features that no test names, neither by their Lua name nor as a test file. A test that goes through
  /// `SampleModule.samplers` is one of every sampler.
  static func untested(_ features: [Feature], modules: [String: [String]], tests: [SourceFile])
    -> [String]
  {
    let names = Set(tests.map(\.name))
    let areAllSampled = tests.contains { $0.text.contains("in SampleModule.samplers {") }
    return features.compactMap { feature in
      let luaNames =
        (modules[feature.file.target] ?? []).map { "\($0).\(feature.luaName)" }
        + [":\(feature.luaName)("]
      let isNamed =
        areAllSampled && feature.file.text.contains("static let sampler = Sampler(")
        || names.contains("\(feature.type)Tests.swift")
        || tests.contains { test in
          luaNames.contains(where: test.text.contains) || test.text.contains("\(feature.type)(")
        }
      return isNamed ? nil : "\(feature.file.path): no test names \(luaNames[0])"
    }
  }

  private static func literals(in text: Substring) -> [String] {
    let pieces = text.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
    return pieces.count < 3 ? [] : [String(pieces[1])]
  }

  private static func split(_ text: String, at separator: String) -> [Substring] {
    text.split(separator: separator, omittingEmptySubsequences: false)
  }
}
