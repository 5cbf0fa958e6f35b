// Calls from the top level of the program: the interpreter's and the prompt's. They can be
// interrupted, and their errors carry a traceback.
#if canImport(Glibc)
  import Glibc
#endif
import CLua
import Catalog

extension LuaState {
  /// Runs what Ctrl-C may stop.
  package func interruptible<R>(_ body: () -> R) -> R {
    clua_begin_interruptible(pointer)
    defer { clua_end_interruptible(pointer) }
    return body()
  }

  /// Calls the function below its arguments on top of the stack.
  package func callFromTop(arguments: Int32, results: Int32) -> Int32 {
    interruptible { clua_call_traced(pointer, arguments, results) }
  }

  /// Calls the chunk on top of the stack that was typed at the prompt: an error in the chunk itself, and
  /// not in a function that it calls, has no traceback.
  package func callTyped(results: Int32) -> Int32 {
    clua_begin_interruptible(pointer)
    defer { clua_end_interruptible(pointer) }
    return clua_call_typed(pointer, 0, results)
  }

  /// Pops an error and prints it.
  package func reportError(_ programName: String?) {
    var message = Frame(pointer).string(at: -1) ?? "(error object is not a string)"
    clua_set_top(pointer, -2)
    if let hint = ForeignNames.hint(onMessage: message) {
      // Behind the message itself, before a traceback.
      message.insert(contentsOf: "; \(hint)", at: message.firstIndex(of: "\n") ?? message.endIndex)
    }
    fflush(stdout)
    write((programName.map { "\($0): " } ?? "") + message + "\n", to: stderr)
  }
}

/// Writes through the C library, so that the order with Lua's own output is kept.
package func write(_ text: String, to stream: UnsafeMutablePointer<FILE>?) {
  guard let stream else { return }
  var text = text
  text.withUTF8 { utf8 in
    _ = fwrite(utf8.baseAddress, 1, utf8.count, stream)
  }
  fflush(stream)
}
