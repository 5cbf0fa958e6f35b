// Contents and paths are bytes: what is written is what was given, and a name leads to its own file.

import Files
import Glibc
import Runtime
import TestSupport
import Testing

@Suite("Bytes") struct ByteTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ script: String) throws -> CommandResult {
    var command = Command(Products.moondrift, ["-e", script])
    command.folder = folder.path
    return try command.run()
  }

  @Test("a string of all bytes is written and read back as it is")
  func content() throws {
    let result = try run(
      """
      local all = {}
      for i = 0, 255 do all[i + 1] = string.char(i) end
      local bytes = table.concat(all)
      file.write_text('a', bytes)
      assert(file.read_text('a') == bytes)
      assert(io.open('a', 'rb'):read('a') == bytes)
      file.write_text('a', '')
      assert(file.read_text('a') == '')
      """)
    #expect(result == CommandResult(out: "", err: "", status: 0))
  }

  @Test("a path that is not UTF-8 reaches the right file, for every function that takes one")
  func paths() throws {
    let result = try run(
      """
      local name = 'a\\xff'
      assert(file.make_directory(name .. '/b\\xfe') == true)
      assert(file.kind(name) == 'directory' and file.kind('a\\u{fffd}') == nil)
      local base = name .. '/b\\xfe/c\\xfd'
      file.write_text(base .. '.txt', 'x')
      file.save_json(base .. '.json', {1})
      for _, ending in ipairs{'.npy', '.csv'} do
        file.save(base .. ending, tensor{1})
        assert(file.load(base .. ending):item() == 1)
      end
      for _, ending in ipairs{'.npz', '.safetensors'} do
        file.save(base .. ending, {x = tensor{1}})
        assert(file.load(base .. ending).x:item() == 1)
      end
      plot.line({1, 2}, {1, 2}):save(base .. '.svg')
      plot.images(tensor.zeros{2, 2}, {path = base .. '.pdf'})
      local m = nn.score_mlp{sde = sde.vp()}
      m:save(base .. '.model')
      nn.load(base .. '.model')
      file.write_text(base .. '.idx', '\\0\\0\\8\\1\\0\\0\\0\\1\\7')
      assert(data.idx(base .. '.idx'):item() == 7)
      assert(io.open(base .. '.txt'):read('a') == 'x')
      local names = file.list(name .. '/b\\xfe')
      for i, n in ipairs(names) do assert(n:sub(1, 2) == 'c\\xfd', n) names[i] = n:sub(3) end
      print(table.concat(names, ' '))
      print(pcall(file.read_text, 'no\\xff'))
      print(pcall(file.read_text, 'a\\0b'))
      """)
    #expect(
      result.out == """
        .csv .idx .json .model .npy .npz .pdf .safetensors .svg .txt
        false	file.read_text: cannot read no\\xFF: No such file or directory
        false	file.read_text: cannot read a\\x00b: the name has a zero byte

        """, "\(result.err)")
    #expect(result.status == 0)
  }

  @Test("text that is not UTF-8 is refused where it would be changed")
  func text() throws {
    let result = try run("print(pcall(plot.images, tensor.zeros{2, 2}, {title = 'a\\xffb'}))")
    #expect(
      result.out.contains("title must be text in UTF-8, got 'a\u{FFFD}b', whose byte 2 is 0xff"),
      "\(result.out)")
  }

  @Test("a file whose size the system does not tell is read to its end")
  func unknownSize() throws {
    let result = try run(
      """
      local text = file.read_text('/proc/self/status')
      assert(text:find('VmSize', 1, true) and text:sub(-1) == '\\n', #text)
      assert(#file.read_text('/proc/self/maps') > 4096)
      """)
    #expect(result == CommandResult(out: "", err: "", status: 0))
  }

  @Test("a pipe that nobody writes to is refused, not waited for")
  func pipe() throws {
    #expect(mkfifo(folder.path + "/p", 0o600) == 0)
    let result = try run("print(pcall(file.load, 'p.csv')) print(pcall(file.read_text, 'p'))")
    #expect(result.out.contains("cannot read p: not a regular file"), "\(result.out)")
  }

  @Test("a hard link parts: the other name keeps what it had")
  func hardLinks() throws {
    let folder = try TemporaryFolder()
    let (one, other) = (folder.path + "/one.txt", folder.path + "/other.txt")
    try AtomicFile.write("old", to: one)
    #expect(link(one, other) == 0)
    try AtomicFile.write("new", to: one)
    #expect(try InputFile.bytes(of: FilePath(one)) == Array("new".utf8))
    #expect(try InputFile.bytes(of: FilePath(other)) == Array("old".utf8))
  }

  @Test("links are followed to the file they name, there or not; a loop is an error")
  func links() throws {
    let base = folder.path
    #expect(mkdir(base + "/d", 0o700) == 0)
    #expect(symlink("d/new.txt", base + "/dangling") == 0)
    #expect(symlink("dangling", base + "/twice") == 0)
    #expect(symlink("loop", base + "/loop") == 0)
    try AtomicFile.write("1", to: base + "/twice")
    #expect(try String(decoding: InputFile.bytes(of: "\(base)/d/new.txt"), as: UTF8.self) == "1")
    var info = stat()
    #expect(lstat(base + "/twice", &info) == 0 && info.st_mode & S_IFMT == S_IFLNK)
    #expect(lstat(base + "/dangling", &info) == 0 && info.st_mode & S_IFMT == S_IFLNK)
    try AtomicFile.write("2", to: base + "/dangling")
    #expect(try String(decoding: InputFile.bytes(of: "\(base)/d/new.txt"), as: UTF8.self) == "2")
    #expect { try AtomicFile.write("x", to: base + "/loop") } throws: {
      "\($0)" == "cannot write \(base)/loop: Too many levels of symbolic links"
    }
    #expect(symlink("no/where", base + "/astray") == 0)
    #expect { try AtomicFile.write("x", to: base + "/astray") } throws: {
      "\($0)" == "cannot write \(base)/astray: No such file or directory"
    }
  }
}
