import Testing

@Suite struct LayeringTests {
  @Test("every import obeys the module table")
  func importsObeyTheTable() {
    let files = Repository.files(under: "Sources", endings: [".swift"])
    #expect(files.count > 20, "the sources were not found")
    let violations = Layering.violations(in: files)
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test("every dependency in Package.swift obeys the module table")
  func dependenciesObeyTheTable() throws {
    let manifest = try #require(Repository.read("Package.swift"))
    let dependencies = Layering.dependencies(inManifest: manifest)
    #expect(
      dependencies["Autodiff"]?.contains("Tensors") == true, "the manifest was not understood")
    for (module, imported) in dependencies.sorted(by: { $0.key < $1.key })
    where Repository.sourceFolders.contains(module) {
      #expect(Layering.levelOfModule[module] != nil, "\(module) is not in the module table")
      let objections = imported.compactMap { Layering.objection(module: module, imported: $0) }
      #expect(objections.isEmpty, "\(objections.joined(separator: "\n"))")
    }
  }

  @Test("docs/design.md has the table that the checks use")
  func designPageAgrees() throws {
    let page = try #require(Repository.read("docs/design.md"))
    var levels: [String: Int] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("| ") {
      let cells = line.split(separator: "|").map { $0.split(separator: " ") }
      guard cells.count >= 2, let level = cells[0].first.flatMap({ Int($0) }) else { continue }
      for module in cells[1] { levels[String(module.filter { $0 != "`" })] = level }
    }
    for module in Repository.sourceFolders {
      #expect(levels[module] != nil, "\(module) is missing in docs/design.md")
    }
    for (module, level) in levels {
      #expect(Layering.levelOfModule[module] == level, "\(module)")
    }
  }

  @Test("the picture in docs/design.md has the arrows of Package.swift")
  func pictureAgrees() throws {
    let page = try #require(Repository.read("docs/design.md"))
    let manifest = try #require(Repository.read("Package.swift"))
    let dependencies = Layering.dependencies(inManifest: manifest)
      .filter { Layering.levelOfModule[$0.key] != nil }
    let wrong = Layering.differences(ofPicture: page, from: dependencies)
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test(
    "a wrong arrow in the picture is caught",
    arguments: [
      ("C --> A & B", ["the arrow C --> A is not wanted"]),
      ("", ["the arrow C --> B is missing"]),
      ("A --> B", ["the arrow A --> B is not wanted", "the arrow C --> B is missing"]),
    ])
  func wrongArrowIsCaught(line: String, expected: [String]) {
    let page = "x --> y\n```mermaid\nflowchart TD\n  B --> A\n  \(line)\n```\nx --> y\n"
    let dependencies = ["A": [], "B": ["A"], "C": ["A", "B"]]
    #expect(Layering.differences(ofPicture: page, from: dependencies) == expected)
  }

  @Test("docs/design.md names the Lua modules where they are made, and no others")
  func luaModulesAgree() throws {
    let page = try #require(Repository.read("docs/design.md"))
    let list = try #require(Repository.read("Sources/Library/Library.swift"))
    let made = Layering.luaModules(in: Repository.files(under: "Sources", endings: [".swift"]))
      .filter { list.contains("\n  \($0.type).module,\n") }
    #expect(made.count == list.split(separator: "\n").count { $0.hasSuffix(".module,") })
    // `moondrift` is the table that holds the modules.
    let wrong = Layering.differences(
      ofTable: page, from: made.filter { $0.name != "moondrift" })
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test("a Lua module that does not exist, or is named in another row, is caught")
  func wrongLuaModuleIsCaught() {
    let page = "| 4 | `Processes` | x | `sde` |\n| 6 | `Diffusion` | x | `loss` `schedule` |\n"
    let source = "enum SDEModule {\n  static let module = Module(\n    \"sde\", \"\")\n}\n"
    let files = [
      SourceFile(path: "Sources/Processes/SDEModule.swift", text: source),
      SourceFile(
        path: "Sources/Processes/ScheduleModule.swift",
        text: source.replacing("\"sde\"", with: "\"schedule\"")),
    ]
    #expect(
      Layering.differences(ofTable: page, from: Layering.luaModules(in: files)) == [
        "Diffusion does not make the Lua module loss",
        "Diffusion does not make the Lua module schedule",
        "the row of Processes does not name the Lua module schedule",
      ])
  }

  @Test(
    "a planted violation is caught",
    arguments: [
      ("Tensors", "import Autodiff", "Tensors (level 2) imports Autodiff (level 3)"),
      ("Targets", "import Processes", "Targets (level 4) imports Processes (level 4)"),
      ("Metrics", "@_exported import struct Training.Run", "Metrics (level 7) imports Training"),
      ("Diffusion", "package import CLua", "Diffusion imports CLua, which only"),
      ("Tensors", "@preconcurrency import LuaHost", "Tensors imports LuaHost, which only"),
      ("LuaHost", "import CSystemLua", "LuaHost imports CSystemLua, which only"),
      ("LuaHost", "import Tensors", "LuaHost imports Tensors and may import only"),
      ("Catalog", "import Runtime", "Catalog imports Runtime and may import only"),
      ("Shell", "import Foundation", "Foundation, which is not in the module table"),
      ("Tensors", "import Builtin", "Builtin, which is not in the module table"),
      ("Elsewhere", "import Catalog", "Elsewhere is not in the module table"),
    ])
  func plantedViolationIsCaught(module: String, line: String, expected: String) throws {
    let file = SourceFile(path: "Sources/\(module)/Planted.swift", text: "// A file.\n\(line)\n")
    let violations = Layering.violations(in: [file])
    #expect(violations.count == 1)
    let found = try #require(violations.first)
    #expect(found.contains(expected), "\(found)")
    #expect(found.hasPrefix("Sources/\(module)/Planted.swift:2: "))
  }

  @Test(
    "an allowed import passes",
    arguments: [
      ("CLua", "import CSystemLua"), ("LuaHost", "import CLua"), ("Models", "import Targets"),
      ("KernelsV4", "import KernelsBase"), ("Tensors", "import Glibc // for memcpy"),
      ("KernelsV3", "import Builtin"), ("Tensors", "// import LuaHost"),
    ])
  func allowedImportPasses(module: String, line: String) {
    let file = SourceFile(path: "Sources/\(module)/Planted.swift", text: line)
    #expect(Layering.violations(in: [file]).isEmpty)
  }
}
