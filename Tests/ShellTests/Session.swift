// A prompt on a terminal of its own, with a home of its own.
import TestSupport

final class Session {
  let home: TemporaryFolder
  let terminal: PseudoTerminal

  init(
    home: TemporaryFolder? = nil, arguments: [String] = [], environment: [String: String?] = [:],
    awaitsPrompt: Bool = true
  ) throws {
    let home = try home ?? TemporaryFolder()
    var command = Command(Products.moondrift, arguments)
    command.environment = [
      "HOME": home.path, "XDG_STATE_HOME": nil, "TERM": "dumb", "INPUTRC": "/dev/null",
      "LUA_INIT": nil,
    ]
    for (name, value) in environment { command.environment[name] = value }
    self.home = home
    terminal = try PseudoTerminal(command)
    if awaitsPrompt { try terminal.expect("\n> ") }
  }

  /// Types a line and returns what is printed up to the next prompt.
  func reply(_ line: String, prompt: String = "\n> ") throws -> String {
    terminal.sendLine(line)
    try terminal.expect(line)
    let text = try terminal.expect(prompt)
    return String(text.filter { $0 != "\r" && $0 != "\r\n" || $0 == "\r\n" })
      .replacing("\r\n", with: "\n").replacing("\r", with: "").trimmedNewlines
  }

  func leave() throws -> Int32 {
    terminal.send(PseudoTerminal.Key.controlD)
    return try terminal.waitForEnd()
  }
}

extension String {
  var trimmedNewlines: String {
    var text = Substring(self)
    while text.first == "\n" { text.removeFirst() }
    while text.last == "\n" { text.removeLast() }
    return String(text)
  }
}
