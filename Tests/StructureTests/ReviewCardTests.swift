// What can be checked by a program of "one file, one line, one test" for a new feature.
import Testing

@Suite struct ReviewCardTests {
  let sources = Repository.files(under: "Sources", endings: [".swift"])
  let tests = Repository.files(under: "Tests", endings: [".swift", ".lua"])
  var features: [ReviewCard.Feature] { ReviewCard.features(in: sources) }

  /// The Lua modules of each Swift module that has some.
  static let luaModules = [
    "Processes": ["sde"], "Targets": ["target"], "Models": ["nn"], "Optimizers": ["optim", "rate"],
    "Diffusion": ["sample", "likelihood", "loss", "measurement"], "Metrics": ["metric"],
  ]

  @Test("features are found in every module")
  func found() {
    let modules = Set(features.map(\.file.target))
    #expect(modules == Set(ReviewCard.modules))
    #expect(features.count > 30)
    #expect(features.contains { $0.type == "OrnsteinUhlenbeck" && $0.luaName == "ou" })
  }

  @Test("each feature stands in the list of its module once")
  func listedOnce() {
    let wrong = ReviewCard.wronglyListed(features, in: sources)
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test("the name of an option of a constructor is said once")
  func optionsOnce() {
    let wrong = ReviewCard.repeatedOptions(in: sources)
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test("each feature has a test")
  func tested() {
    let wrong = ReviewCard.untested(features, modules: Self.luaModules, tests: tests)
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test("a feature listed twice or nowhere, said twice or untested is caught")
  func planted() {
    func process(_ name: String, extra: String = "") -> SourceFile {
      SourceFile(
        path: "Sources/Processes/\(name).swift",
        text: """
          package static let constructor = "\(name)"
            package static let options: [Option<Options>] = [
              Option(required: "rate", \\.rate, "how fast", in: .positive),
              Option(
                "end_time", \\.end, "where it ends")
            ]
          let rate = options.required(\\.rate, "rate")  // "rate"
          \(extra)
          """)
    }
    let list = SourceFile(
      path: "Sources/Processes/SDEModule.swift",
      text: "let processes = [\n  Once.self,\n  Twice.self,\n  Twice.self,  // Never.self\n]\n")
    let files = [process("Once"), process("Twice"), process("Never"), list]
    let features = ReviewCard.features(in: files)
    #expect(features.map(\.luaName) == ["Once", "Twice", "Never"])
    #expect(
      ReviewCard.wronglyListed(features, in: files) == [
        "Sources/Processes/Twice.swift: Twice is listed 2 times in its module",
        "Sources/Processes/Never.swift: Never is listed 0 times in its module",
      ])
    let repeated = SourceFile(
      path: "Sources/Processes/A.swift",
      text: """
        static let constructor = "a"
            static let options: [Option<Options>] = [
              Option("rate", \\.rate, "how fast")
            ]
        stored["rate"]
        """)
    #expect(
      ReviewCard.repeatedOptions(in: [repeated])
        == ["Sources/Processes/A.swift: \"rate\" is said 2 times"])
    let test = SourceFile(path: "Tests/lua/x.lua", text: "sde.Once{}")
    #expect(
      ReviewCard.untested(features, modules: Self.luaModules, tests: [test]).count == 2)
  }
}
