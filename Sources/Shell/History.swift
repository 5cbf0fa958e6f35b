// The lines typed at the prompt, kept from session to session in a file only the user can read.
import CReadline
import Glibc

struct History {
  /// Nil where there is no place to keep it.
  private let path: String?

  static let limit = 1000

  /// Loads what earlier sessions left. Without a home, or where nothing can be written, the history
  /// lasts for the session only.
  init() {
    guard let path = Self.location, creadline_load_history(path, Int32(Self.limit)) else {
      self.path = nil
      return
    }
    self.path = path
  }

  func add(_ entry: String) {
    guard !entry.allSatisfy(\.isWhitespace) else { return }
    creadline_add_history(entry)
    if let path { creadline_save_newest(path) }
  }

  private static var location: String? {
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
      let folder = state + "/moondrift"
      mkdir(state, 0o700)
      mkdir(folder, 0o700)
      return folder + "/history"
    }
    return environment("HOME").map { $0 + "/.moondrift_history" }
  }
}

/// A variable of the environment that is set and not empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name), value[0] != 0 else { return nil }
  return String(cString: value)
}
