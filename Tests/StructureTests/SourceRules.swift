/// Rules that a single file, or the list of files, can break. Each function returns one sentence
/// a breach, beginning with the path.
enum SourceRules {
  static let wantedLines = 400
  static let mostLines = 500

  /// Two files of one name in a target cannot be told apart in a message (nor by the compiler).
  static func repeatedNames(in files: [SourceFile]) -> [String] {
    var firstPath: [String: String] = [:]
    return files.compactMap { file in
      let key = file.target + "/" + file.name
      if let other = firstPath[key] { return "\(file.path): the name is taken by \(other)" }
      firstPath[key] = file.path
      return nil
    }
  }

  /// What ends the process, and what was left undone.
  static func bannedWords(in files: [SourceFile]) -> [String] {
    let inCode = ["fatalError(", "try!", "as!"]
    let anywhere = ["TODO", "FIXME"]
    return files.flatMap { file in
      file.codeLines.flatMap { number, text in
        inCode.filter(text.contains).map { "\(file.path):\(number): \($0)" }
      }
        + file.numberedLines.flatMap { number, text in
          anywhere.filter(text.contains).map { "\(file.path):\(number): \($0)" }
        }
    }
  }

  /// `public` is for the modules whose code the compiler copies into others, and for what conforms there to
  /// their protocols; no client outside the package exists, so the others say `package`.
  static func publicAboveTheInlined(in files: [SourceFile]) -> [String] {
    let inlined = ["Kernels", "Catalog", "Runtime", "Tensors", "Autodiff"]
    return files.filter { file in
      !inlined.contains(where: file.target.hasPrefix) && !file.path.hasSuffix("+Argument.swift")
    }.flatMap { file in
      file.codeLines.filter { $0.text.split(separator: " ").contains("public") }
        .map { "\(file.path):\($0.number): public" }
    }
  }

  /// Whoever writes models, targets and metrics uses operations, which know by themselves whether a tape or
  /// a program records them.
  static func recordingAboveAutodiff(in files: [SourceFile]) -> [String] {
    files.filter { !["Tensors", "Autodiff"].contains($0.target) }.flatMap { file in
      file.codeLines.filter { $0.text.contains("Recording.") }
        .map { "\(file.path):\($0.number): Recording" }
    }
  }

  /// `Int(x)` ends the process where a number is NaN or too large, and nothing shows whether x is a
  /// number or an integer. So only labelled forms are used: `clamping`, `exactly`, `radix`.
  static func bareIntegers(in files: [SourceFile]) -> [String] {
    let labels = ["clamping:", "exactly:", "truncatingIfNeeded:", "bitPattern:"]
    return files.filter {
      !$0.target.hasPrefix("Kernels") && !$0.path.hasSuffix("/ClampedInteger.swift")
    }.flatMap { file in
      let lines = file.codeLines
      return lines.indices.flatMap { index -> [String] in
        let number = lines[index].number
        var rest = Substring(lines[index].text)
        if rest.hasSuffix("Int("), index + 1 < lines.count {
          rest = Substring(rest + lines[index + 1].text.drop { $0 == " " })
        }
        var found: [String] = []
        while let range = rest.firstRange(of: "Int(") {
          let before = rest[..<range.lowerBound].last
          rest = rest[range.upperBound...]
          let isWhole = before.map { !($0.isLetter || $0.isNumber || "._".contains($0)) } ?? true
          let isLabelled = labels.contains(where: rest.hasPrefix) || rest.contains("radix:")
          if isWhole, !isLabelled { found.append("\(file.path):\(number): Int(\(rest.prefix(20))") }
        }
        return found
      }
    }
  }

  /// A file holds one concept.
  static func longFiles(in files: [SourceFile], most: Int) -> [String] {
    files.compactMap { file in
      let count = file.text.utf8.count { $0 == UInt8(ascii: "\n") }
      return count > most ? "\(file.path): \(count) lines, more than \(most)" : nil
    }
  }

  /// A type named like its module hides the module: `Plots.Figure` would mean a member of `Plots`.
  static func typesNamedLikeTheirModule(in files: [SourceFile]) -> [String] {
    let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
    return files.flatMap { file in
      file.codeLines.compactMap { number, text in
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        let isNamed = zip(words, words.dropFirst()).contains {
          kinds.contains($0) && $1 == file.target
        }
        return isNamed ? "\(file.path):\(number): a type named like its module" : nil
      }
    }
  }

  static func buildProducts(in paths: [String]) -> [String] {
    let endings = [".o", ".a", ".so", ".dylib", ".pyc", ".swiftmodule", ".profraw"]
    let folders = [".build/", ".swiftpm/", "runs/", "__pycache__/", ".venv/"]
    return paths.filter { path in
      endings.contains(where: path.hasSuffix)
        || folders.contains { path.hasPrefix($0) || path.contains("/" + $0) }
    }
  }

  /// A path that exists on one machine only. The roots are put together here so that this file
  /// does not break its own rule.
  static func machinePaths(in files: [SourceFile]) -> [String] {
    let roots = ["home", "root", "work", "Users", "opt"].map { "/" + $0 + "/" }
    return files.flatMap { file in
      file.numberedLines.flatMap { number, text in
        roots.filter { root in startsAPath(root, in: text) }
          .map { "\(file.path):\(number): \($0)" }
      }
    }
  }

  /// Does `root` begin a path there, rather than go on with a relative one or an address?
  private static func startsAPath(_ root: String, in text: Substring) -> Bool {
    var rest = text
    while let range = rest.firstRange(of: root) {
      let before =
        range.lowerBound == text.startIndex
        ? nil : text[text.index(before: range.lowerBound)]
      if before.map({ !($0.isLetter || $0.isNumber || "._-~}*".contains($0)) }) ?? true {
        return true
      }
      rest = rest[range.upperBound...]
    }
    return false
  }
}
