import Catalog
import Diffusion

// What a run may be given as a function in Lua or as an object that files hold by name: its loss, its draw of times.
extension OneOf where First == Callback, Second: StoredChoice & FunctionHolder {
  var choice: Second? {
    if case .second(let choice) = self { choice } else { nil }
  }

  /// Whether no file holds it.
  var mustBeGivenAgain: Bool { choice.map { !$0.isWhole } ?? true }

  var functions: [Callback] {
    switch self {
    case .first(let function): [function]
    case .second(let choice): choice.functions
    }
  }
}
