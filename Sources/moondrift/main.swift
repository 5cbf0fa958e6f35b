// The executable: hands its parts to the interpreter.
import CLua
import Catalog
import Glibc
import Library
import LuaHost
import Runtime
import Shell
import Tensors

/// What `--version` prints: the product, then its parts and what it runs on.
func versionText() -> String {
  let copyright = String(cString: clua_copyright_text())
  let lua = copyright.split(separator: " ").prefix(2).joined(separator: " ")
  let facts = ProductModule.facts.dropFirst().map { key, value in
    if case .string(let text) = value { "\(key): \(text)" } else { "\(key): \(value.describe())" }
  }
  return (["Moondrift \(moondriftVersion)", lua] + facts).joined(separator: "\n") + "\n"
}

if CommandLine.argc == 3, CommandLine.arguments[1] == WriteReference.option {
  exit(WriteReference.run(root: CommandLine.arguments[2]))
}

exit(
  Interpreter.main(
    CommandLine.unsafeArgv,
    Product(
      modules: { Library.modules },
      versionText: versionText,
      apply: { settings in
        Memory.prepare()
        if let threads = settings.threads { WorkerPool.shared.threadCount = threads }
        if let seed = settings.seed { SessionSeed.start(seed) }
        if let memory = settings.memory { Memory.limit = memory }
      },
      library: { try? Resources.stdlib() },
      addGlobals: { HelpFunction.install(in: $0) { Library.modules } },
      prompt: { Prompt.run($0) { Library.modules } })))
