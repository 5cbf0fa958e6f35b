// The executable: hands its parts to the interpreter.
import Catalog
import Glibc
import Library
import LuaHost

exit(
  Interpreter.main(
    CommandLine.unsafeArgv,
    Product(
      modules: { Library.modules },
      versionText: { "Moondrift \(moondriftVersion)\n" },
      apply: { _ in },
      library: { nil },
      prompt: { _ in })))
