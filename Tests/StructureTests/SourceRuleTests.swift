import Testing

@Suite struct SourceRuleTests {
  let sources = Repository.files(under: "Sources", endings: [".swift", ".c", ".h"])
  let swiftSources = Repository.files(under: "Sources", endings: [".swift"])
  let tests = Repository.files(under: "Tests", endings: [".swift", ".c", ".h"])

  @Test("no target has two files of one name")
  func namesAreUnique() {
    expectNone(SourceRules.repeatedNames(in: sources + tests))
    #expect(
      SourceRules.repeatedNames(in: [
        SourceFile(path: "Sources/A/x/Same.swift", text: ""),
        SourceFile(path: "Sources/A/y/Same.swift", text: ""),
        SourceFile(path: "Sources/B/Same.swift", text: ""),
      ]) == ["Sources/A/y/Same.swift: the name is taken by Sources/A/x/Same.swift"])
  }

  @Test("nothing in Sources ends the process or is left undone")
  func noBannedWords() {
    expectNone(SourceRules.bannedWords(in: swiftSources))
    let planted = SourceFile(
      path: "Sources/A/B.swift",
      text: "let a = try! b()  // fine\n// try! in prose is fine\n// TODO: c\n_ = x as! Y\n")
    #expect(
      SourceRules.bannedWords(in: [planted]) == [
        "Sources/A/B.swift:1: try!", "Sources/A/B.swift:4: as!", "Sources/A/B.swift:3: TODO",
      ])
  }

  @Test("no integer is made of a number without a guard")
  func integersAreGuarded() {
    expectNone(SourceRules.bareIntegers(in: swiftSources))
    let planted = SourceFile(
      path: "Sources/A/B.swift",
      text:
        "let a = min(Int(x), 3)\nlet b = Int(clamping: x) + UInt(y)\nlet c = Int(t, radix: 10)\n")
    #expect(SourceRules.bareIntegers(in: [planted]) == ["Sources/A/B.swift:1: Int(x), 3)"])
  }

  @Test("only the modules that are inlined into others say public")
  func publicIsForInlinedModules() {
    expectNone(SourceRules.publicAboveTheInlined(in: swiftSources))
    let planted = SourceFile(path: "Sources/Plots/B.swift", text: "  public var a = 1\n// public\n")
    #expect(SourceRules.publicAboveTheInlined(in: [planted]) == ["Sources/Plots/B.swift:1: public"])
  }

  @Test("no module above Autodiff asks whether a program is recorded")
  func operationsKnowTheirMode() {
    expectNone(SourceRules.recordingAboveAutodiff(in: swiftSources))
    let planted = SourceFile(
      path: "Sources/Models/B.swift", text: "if Recording.current == nil {}\n// Recording.current\n"
    )
    #expect(
      SourceRules.recordingAboveAutodiff(in: [planted]) == ["Sources/Models/B.swift:1: Recording"])
  }

  @Test("no file is longer than one concept needs")
  func filesAreShort() {
    for line in SourceRules.longFiles(in: sources + tests, most: SourceRules.wantedLines) {
      print("note: \(line)")
    }
    expectNone(SourceRules.longFiles(in: sources + tests, most: SourceRules.mostLines))
    let planted = SourceFile(path: "A.swift", text: String(repeating: "x\n", count: 501))
    #expect(SourceRules.longFiles(in: [planted], most: 500).count == 1)
  }

  @Test("no type is named like its module")
  func typesDoNotHideModules() {
    expectNone(SourceRules.typesNamedLikeTheirModule(in: swiftSources))
    let planted = SourceFile(path: "Sources/Plots/Figure.swift", text: "public enum Plots {}\n")
    #expect(SourceRules.typesNamedLikeTheirModule(in: [planted]).count == 1)
  }

  @Test("no build product is tracked")
  func noBuildProducts() throws {
    guard let paths = Repository.trackedPaths() else { return }
    expectNone(SourceRules.buildProducts(in: paths))
    #expect(SourceRules.buildProducts(in: ["a/b.o", ".build/x", "Sources/o.swift"]).count == 2)
  }

  @Test("no tracked text names a path of one machine")
  func noMachinePaths() throws {
    let endings = [".swift", ".c", ".h", ".lua", ".md", ".py", ".sh", ".json", ".modulemap", ""]
    guard let paths = Repository.trackedPaths() else { return }
    let files = paths.filter { path in
      let name = path.split(separator: "/").last ?? ""
      return !name.contains(".") || endings.dropLast().contains { path.hasSuffix($0) }
    }.compactMap { path in Repository.read(path).map { SourceFile(path: path, text: $0) } }
    expectNone(SourceRules.machinePaths(in: files))
    let home = "/home"
    let planted = SourceFile(
      path: "a.md", text: "cd \(home)/me/x\nsee docs\(home)/x\n\"\(home)/y\"\n")
    #expect(SourceRules.machinePaths(in: [planted]).count == 2)
  }

  private func expectNone(_ breaches: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      breaches.isEmpty, "\(breaches.joined(separator: "\n"))", sourceLocation: sourceLocation)
  }
}
