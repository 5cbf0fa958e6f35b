import TestSupport
import Testing

/// Every Lua block of the documents runs, and shows what the document says it shows.
@Suite struct DocumentTests {
  static let runner = "Tests/lua/run_document.lua"

  @Test("the document's Lua runs as it stands", arguments: ScriptFiles.documents)
  func runs(_ path: String) throws {
    let folder = try TemporaryFolder()
    let result = try ScriptFiles.run(
      Self.runner, [Products.root + "/" + path], in: folder, timeout: 240)
    #expect(result.status == 0, "\(result.err)")
  }

  @Test("a wrong value, a missing error and a failing statement are seen")
  func deviationsAreSeen() throws {
    let folder = try TemporaryFolder()
    let text = """
      ```lua
      a = 1 + 1
      a                      -- → 2
      a                      -- → 3
      error("no")            -- error: no
      error("no")            -- error: yes
      a                      -- error: no
      f = function(x)
        return x             -- a comment of its own
      end
      f(4)                   -- → 4
      unknown.field
      ```
      """
    let document = try folder.write("d.md", text)
    let result = try ScriptFiles.run(Self.runner, [document], in: folder)
    #expect(result.status == 1)
    let lines = result.err.split(separator: "\n").filter { $0.hasPrefix(document) }
    #expect(
      lines.map { $0.dropFirst(document.count + 1).prefix { $0 != ":" } } == ["4", "6", "7", "12"])
  }

  /// The lines of the fenced blocks in one language, block by block.
  private func blocks(_ path: String, _ language: String) -> [[Substring]] {
    var found: [[Substring]] = []
    var block: [Substring]?
    let text = ScriptFiles.read(Products.root + "/" + path)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let lines = block {
        if line.hasPrefix("```") {
          found.append(lines)
          block = nil
        } else {
          block = lines + [line]
        }
      } else if line == "```" + language {
        block = []
      }
    }
    return found
  }

  @Test("a Swift block is an excerpt of the file it names", arguments: ScriptFiles.documents)
  func excerpts(_ path: String) {
    for block in blocks(path, "swift") {
      let name = block.first?.dropFirst("// ".count) ?? ""
      if name.hasPrefix(Self.newFile) { continue }
      var lines = ScriptFiles.read(Products.root + "/" + name).split(separator: "\n")[...]
      for line in block.dropFirst() where !line.isEmpty {
        let place = lines.firstIndex {
          $0.hasPrefix(line) && $0.dropFirst(line.count).isPunctuation
        }
        #expect(place != nil, "\(path): \(name) has no line '\(line)' there")
        if let place { lines = lines[(place + 1)...] }
      }
    }
  }

  /// How a Swift block begins that is a whole file of its own.
  private static let newFile = "new file: "

  /// A file that the page on extending adds to a module, with its line in a list.
  struct Addition: CustomTestStringConvertible {
    /// The file with the list, and the line that the new one stands behind.
    let list: String
    let behind: String
    let line: String
    /// What the protocol needs of the file.
    let needed: String
    var testDescription: String { line }
  }

  private static let additions = [
    Addition(
      list: "Sources/Processes/SDEModule.swift", behind: "    VEPower.self,",
      line: "    Brownian.self,", needed: "var times"),
    Addition(
      list: "Sources/Models/Parametrizations/Parametrization.swift",
      behind: "    GaussianParametrization.self,", line: "    StraightParametrization.self,",
      needed: "let networkShape"),
    Addition(
      list: "Sources/Diffusion/Samplers/SampleModule.swift", behind: "    Heun.sampler,",
      line: "    Midpoint.sampler,", needed: "    start: start)"),
    Addition(
      list: "Sources/Metrics/MetricModule.swift", behind: "    SlicedWasserstein.metric,",
      line: "    MeanDistance.metric,", needed: "    interval: .subsampling"),
    Addition(
      list: "Sources/Optimizers/OptimModule.swift", behind: "    SGD.self,",
      line: "    SignDescent.self,", needed: "let rate"),
    Addition(
      list: "Sources/Diffusion/Losses/LossModule.swift", behind: "    BlindLoss.self,",
      line: "    PseudoHuberLoss.self,", needed: "package let options"),
    // An operation stands in no list.
    Addition(
      list: "Sources/Autodiff/LayerNorm.swift", behind: "import Tensors", line: "",
      needed: "let saves"),
    Addition(
      list: "Sources/Layers/LayerModule.swift", behind: "    LinearLayer.self,",
      line: "    ChannelScaleLayer.self,", needed: "package let options"),
  ]

  @Test("what the page on extending adds compiles as it stands", arguments: 0..<additions.count)
  func newFilesCompile(_ place: Int) throws {
    let files = blocks("docs/extending.md", "swift").filter {
      $0.first?.contains(Self.newFile) == true
    }
    #expect(files.count == Self.additions.count)
    let (file, addition) = (files[place], Self.additions[place])
    #expect(try problems(compiling: file, addition) == "")
    let incomplete = file.filter { !$0.contains(addition.needed) }
    #expect(incomplete.count < file.count)
    #expect(
      try problems(compiling: incomplete, addition) != "",
      "a page that leaves out what the protocol needs is not seen")
  }

  /// What the compiler objects to when a file joins its module, its line in the list.
  private func problems(compiling file: [Substring], _ addition: Addition) throws -> String {
    let folder = try TemporaryFolder()
    let source = try folder.write("New.swift", file.joined(separator: "\n"))
    let list = ScriptFiles.read(Products.root + "/" + addition.list)
    let parts = list.split(separator: addition.behind)
    #expect(parts.count == 2)
    let extended = try folder.write(
      "List.swift", parts.joined(separator: addition.behind + "\n" + addition.line))
    let module = addition.list.split(separator: "/")[1]
    let script = """
      cd '\(Products.root)'
      package=$(grep -o '"-package-name","[^"]*"' .build/release.yaml | head -1 | cut -d '"' -f 4)
      maps=''
      for map in .build/release/*.build/module.modulemap Sources/C*/module.modulemap \\
        Sources/C*/include/module.modulemap; do
        if [ -f "$map" ]; then maps="$maps -Xcc -fmodule-map-file=$map"; fi
      done
      swiftc -typecheck -module-name \(module) -package-name "$package" -swift-version 5 \\
        -I .build/release/Modules $maps \\
        $(find Sources/\(module) -name '*.swift' | grep -vx '\(addition.list)') \\
        '\(extended)' '\(source)'
      """
    var command = Command("/bin/bash", ["-c", script])
    command.timeout = 180
    let result = try command.run()
    return result.status == 0 ? "" : result.err
  }

  /// What `moondrift` has beside its modules.
  private static let functions: Set = ["seconds", "version_info", "start", "wait", "progress"]

  @Test("the table of modules on the design page has the Lua modules that there are")
  func luaModules() throws {
    var named: Set<String> = []
    for line in ScriptFiles.read(Products.root + "/docs/design.md").split(separator: "\n")
    where line.hasPrefix("| ") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 6, Int(cells[1].filter { $0 != " " }) != nil else { continue }
      for name in cells[4].split(separator: " ") { named.insert(String(name.filter { $0 != "`" })) }
    }
    let script = "for name, part in pairs(moondrift) do print(name) end"
    let listed = Set(
      try Command(Products.moondrift, ["-e", script]).run().out.split(separator: "\n")
        .map(String.init))
    #expect(named == listed.subtracting(Self.functions))
  }

  @Test("every link leads somewhere", arguments: ScriptFiles.documents)
  func links(_ path: String) throws {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    for part in ScriptFiles.read(Products.root + "/" + path).split(separator: "](").dropFirst() {
      let link = part.prefix { $0 != ")" && $0 != "#" }
      if link.isEmpty || link.hasPrefix("https://") { continue }
      let file = [Products.root, folder, String(link)].filter { !$0.isEmpty }
      let found = try Command("/usr/bin/test", ["-e", file.joined(separator: "/")]).run()
      #expect(found.status == 0, "\(path): there is no \(link)")
    }
  }

  @Test("the table of experiments has each of them, and each says the question it asks")
  func table() {
    let text = ScriptFiles.read(Products.root + "/scripts/README.md")
    for script in ScriptFiles.experiments {
      let name = script.dropFirst("scripts/".count)
      #expect(text.contains("| [\(name)](\(name)) |"), "\(script)")
    }
  }

  @Test("no variable is named after a module", arguments: ScriptFiles.documents)
  func variables(_ path: String) throws {
    let listed = try Command(
      Products.moondrift, ["-e", "for name in pairs(moondrift) do print(name) end"]
    ).run().out.split(separator: "\n").map(String.init).filter { !Self.functions.contains($0) }
    #expect(listed.contains("target"))
    for line in blocks(path, "lua").joined() {
      let words = line.split { !($0.isLetter || $0 == "_" || $0 == "=") }
      let assigned = words.first == "local" ? words.dropFirst() : words[...]
      guard assigned.dropFirst().first == "=", let name = assigned.first else { continue }
      #expect(!listed.contains(String(name)), "\(path): \(line)")
    }
  }
}

extension Substring {
  /// Nothing, or the comma behind an entry of a list.
  fileprivate var isPunctuation: Bool { isEmpty || self == "," }
}
