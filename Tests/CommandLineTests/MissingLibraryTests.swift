import TestSupport
import Testing

@Suite("missing libraries") struct MissingLibraryTests {
  /// Runs code where a file that is no library stands in the place of one.
  private func run(without library: String, _ code: String) throws -> CommandResult {
    let folder = try TemporaryFolder()
    try folder.write(library, "")
    var command = Command(Products.moondrift, ["-e", code])
    command.environment["LD_LIBRARY_PATH"] = folder.path
    return try command.run()
  }

  @Test("without Cairo all but a figure's file is as ever")
  func cairo() throws {
    let result = try run(
      without: "libcairo.so.2",
      """
      local figure = plot.line(tensor{1, 2})
      print(#tostring(figure) > 0)
      print(select(2, pcall(figure.save, figure, "never-written.png")))
      print(tensor{1, 2}:sum():item())
      """)
    #expect(result.err == "")
    #expect(
      result.out == """
        true
        figure.save: libcairo.so.2 cannot be opened; install Cairo (Debian: libcairo2)
        3.0

        """)
  }

  @Test("without libpng all but pictures is as ever", arguments: ["libpng16.so.16"])
  func libpng(_ name: String) throws {
    let result = try run(
      without: name,
      """
      local path = os.tmpname() .. ".png"
      data.save_image(path, tensor{{0, 1}})
      print(select(2, pcall(data.images, path)))
      print(tensor{1, 2}:sum():item())
      """)
    #expect(result.err == "")
    #expect(
      result.out == """
        data.images: libpng16.so.16 cannot be opened; install libpng (Debian: libpng16-16)
        3.0

        """)
  }

  @Test("without libzip all but an archive is as ever")
  func libzip() throws {
    let result = try run(
      without: "libzip.so.4",
      """
      local x, path = tensor{1, 2}, os.tmpname() .. ".npz"
      print(select(2, pcall(file.save, path, {x = x})))
      print(io.open(path))
      print(x:sum():item())
      """)
    #expect(result.err == "")
    let lines = result.out.split(separator: "\n")
    #expect(
      lines.first == "file.save: libzip.so.4 cannot be opened; install libzip (Debian: libzip4)")
    #expect(lines.dropFirst().first?.hasSuffix("No such file or directory\t2") == true)
    #expect(lines.last == "3.0")
  }
}
