// What is typed is there in the next session, and only for the user.
import Glibc
import TestSupport
import Testing

@Suite("history")
struct HistoryTests {
  @Test("is kept whole, without repeats, readable by the user alone")
  func kept() throws {
    let home = try TemporaryFolder()
    let path = home.path + "/.moondrift_history"
    do {
      let session = try Session(home: home)
      _ = try session.reply("first = 1")
      _ = try session.reply("first = 1")
      session.terminal.sendLine("if true then")
      try session.terminal.expect(">> ")
      _ = try session.reply("second = 2 end")
      _ = try session.leave()
    }
    var info = stat()
    #expect(stat(path, &info) == 0)
    #expect(info.st_mode & 0o777 == 0o600)
    let session = try Session(home: home)
    session.terminal.send(PseudoTerminal.Key.up)
    try session.terminal.expect("if true then")
    session.terminal.send(PseudoTerminal.Key.enter)
    try session.terminal.expect("\n> ")
    #expect(try session.reply("second") == "2")
    let text = try #require(contents(of: path))
    #expect(text.split(separator: "\n").filter { $0 == "first = 1" }.count == 1)
  }

  @Test("goes where XDG_STATE_HOME says")
  func stateHome() throws {
    let home = try TemporaryFolder()
    let state = try TemporaryFolder()
    let session = try Session(home: home, environment: ["XDG_STATE_HOME": state.path])
    _ = try session.reply("x = 1")
    _ = try session.leave()
    #expect(contents(of: state.path + "/moondrift/history")?.contains("x = 1") == true)
    #expect(access(home.path + "/.moondrift_history", F_OK) != 0)
  }

  @Test("is quietly off where its file is a pipe, which would be waited for")
  func pipe() throws {
    let home = try TemporaryFolder()
    #expect(mkfifo(home.path + "/.moondrift_history", 0o600) == 0)
    let session = try Session(home: home)
    #expect(try session.reply("1") == "1")
    #expect(try session.leave() == 0)
  }

  @Test("is quietly off where there is no home", arguments: ["", "/nonexistent"])
  func off(home: String) throws {
    let session = try Session(environment: ["HOME": home])
    #expect(try session.reply("1") == "1")
    #expect(try session.leave() == 0)
  }
}

func contents(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}

func usleepMilliseconds(_ count: UInt32) { usleep(count * 1000) }
