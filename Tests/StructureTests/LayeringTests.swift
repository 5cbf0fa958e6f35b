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
      ("Tensors", "// import LuaHost"),
    ])
  func allowedImportPasses(module: String, line: String) {
    let file = SourceFile(path: "Sources/\(module)/Planted.swift", text: line)
    #expect(Layering.violations(in: [file]).isEmpty)
  }
}
