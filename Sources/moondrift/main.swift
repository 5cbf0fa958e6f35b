// The executable: hands its parts to the interpreter.
import Catalog
import Glibc
import Library
import LuaHost
import Runtime
import Shell
import Tensors

if CommandLine.argc == 3, CommandLine.arguments[1] == WriteReference.option {
  exit(WriteReference.run(root: CommandLine.arguments[2]))
}
exit(
  Interpreter.main(
    CommandLine.unsafeArgv,
    Product(
      modules: { Library.modules },
      versionText: { "Moondrift \(moondriftVersion)\n" },
      apply: { settings in
        if let threads = settings.threads { WorkerPool.shared.threadCount = threads }
        if let seed = settings.seed { SessionSeed.start(seed) }
        if let memory = settings.memory { Memory.limit = memory }
      },
      library: { nil },
      prompt: { Prompt.run($0, modules: Library.modules) })))
