// Figures as files: what Cairo wrote decodes to the right pixels, and no failure leaves a file.

import CCairo
import Catalog
import Glibc
import Plots
import Runtime
import TestSupport
import Testing

/// A folder of its own, removed at the end.
func withFolder(_ body: (String) throws -> Void) throws {
  let folder = try TemporaryFolder()
  try body(folder.path)
}

func files(in folder: String) -> [String] {
  guard let directory = opendir(folder) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

private func line() throws -> Figure {
  let figure = Figure(title: "t")
  try figure.line([0, 1, 2], [0, 1, 4], Style(label: "squares"))
  return figure
}

@Suite struct FigureFileTests {
  @Test("the PNG of an image grid decodes to its pixels, each a whole number of dots")
  func pixels() throws {
    try withFolder { folder in
      var options = ImageOptions()
      (options.columns, options.range, options.padding) = (2, 0...1, 1)
      let figure = try Figure.images(
        [0, 1, 0.5, 1, 1, 0, 0, .nan], count: 2, height: 2, width: 2, options)
      try figure.save(to: "\(folder)/a.png")
      let surface = cairo_image_surface_create_from_png(folder + "/a.png")
      defer { cairo_surface_destroy(surface) }
      try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
      let data = try #require(cairo_image_surface_get_data(surface))
      let stride = Int(cairo_image_surface_get_stride(surface))
      // 6.4 inches at 200 dots hold 5 source pixels of 256 dots; the margin is 12.
      func pixel(_ x: Int, _ y: Int) -> [UInt8] {
        (0..<3).map { data[y * stride + 4 * x + 2 - $0] }
      }
      #expect(cairo_image_surface_get_width(surface) == 5 * 256 + 24)
      #expect(pixel(2, 2) == [255, 255, 255])
      #expect(pixel(12, 12) == [0, 0, 0] && pixel(12 + 255, 12 + 255) == [0, 0, 0])
      #expect(pixel(12 + 256, 12) == [255, 255, 255])
      #expect(pixel(12, 12 + 256) == [128, 128, 128])
      #expect(pixel(12 + 512 + 100, 12 + 100) == [255, 255, 255])
      #expect(pixel(12 + 3 * 256, 12) == [255, 255, 255] && pixel(12 + 4 * 256, 12) == [0, 0, 0])
      #expect(pixel(12 + 4 * 256 + 9, 12 + 256 + 9) == [193, 39, 45])
    }
  }

  @Test("an SVG has each series once in its colour, and says that images keep their pixels")
  func svg() throws {
    let text = String(decoding: try line().bytes(format: "svg"), as: UTF8.self)
    let strokes = text.split(separator: "\n").filter {
      $0.contains("stroke:rgb(0%,44.705882%,69.803922%)")
    }
    #expect(strokes.count == 2)  // the line and its key in the legend
    #expect(text.hasPrefix("<?xml") && text.contains("width=\"460.8pt\" height=\"288pt\""))
    let images = try Figure.images([0, 1], count: 2, height: 1, width: 1)
    let grid = String(decoding: try images.bytes(format: "svg"), as: UTF8.self)
    #expect(
      grid.split(separator: "\n").filter { $0.contains("image-rendering:pixelated") }.count == 2)
  }

  @Test("a PDF carries no time of its making")
  func pdf() throws {
    let text = String(decoding: try line().bytes(format: "pdf"), as: UTF8.self)
    #expect(text.hasPrefix("%PDF") && text.contains("/CreationDate (20000101000000Z)"))
  }

  @Test("a folder that does not exist is named with the reason")
  func missingFolder() throws {
    #expect { try line().save(to: "/does/not/exist/a.svg") } throws: {
      "\($0)" == "cannot write /does/not/exist/a.svg: No such file or directory"
    }
  }

  @Test("an ending that is no format is refused before anything is written")
  func ending() throws {
    try withFolder { folder in
      for name in ["a.jpg", "a", "svg", "a.svg/b"] {
        #expect { try line().save(to: "\(folder)/\(name)") } throws: {
          "\($0)" == "path must end in .svg, .pdf or .png, got '\(folder)/\(name)'"
        }
      }
      #expect(files(in: folder).isEmpty)
    }
  }

  @Test("a write that fails halfway leaves the old file and no other")
  func failureKeepsOld() throws {
    try withFolder { folder in
      let path = folder + "/a.svg"
      try AtomicFile.write("old", to: path)
      let script = "plot.line({1, 2}, {3, 4}):save('\(path)')"
      let result = try Command(
        "/bin/sh",
        ["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" -e \"$1\"", Products.moondrift, script]
      ).run()
      #expect(result.status == 1)
      #expect(result.err.contains("figure.save: cannot write \(path): File too large"))
      #expect(files(in: folder) == ["a.svg"])
      var info = stat()
      #expect(stat(path, &info) == 0 && info.st_size == 3)
    }
  }

  @Test("a full device is an error, a folder too")
  func fullDevice() throws {
    #expect { try AtomicFile.write("x", to: "/dev/full") } throws: {
      "\($0)" == "cannot write /dev/full: No space left on device"
    }
    #expect { try AtomicFile.write("x", to: "/tmp") } throws: {
      "\($0)" == "cannot write /tmp: Is a directory"
    }
  }

  @Test("replacing keeps the mode of the file and follows a link")
  func modeAndLink() throws {
    try withFolder { folder in
      try AtomicFile.write("one", to: folder + "/a")
      chmod(folder + "/a", 0o640)
      symlink("a", folder + "/link")
      try AtomicFile.write("three", to: folder + "/link")
      var info = stat()
      #expect(lstat(folder + "/a", &info) == 0 && info.st_size == 5)
      #expect(info.st_mode & 0o777 == 0o640)
      #expect(files(in: folder) == ["a", "link"])
    }
  }

  @Test("sizes no page can have are refused")
  func sizes() throws {
    let figure = try line()
    #expect { try figure.setSize(width: -1, height: 4) } throws: {
      "\($0)" == "width must be between 0.5 and 100 inches, got -1"
    }
    #expect(throws: UserError.self) { try figure.setSize(width: .nan, height: 4) }
    #expect(throws: UserError.self) {
      try Figure.images([1, 2, 3], count: 2, height: 1, width: 1)
    }
  }
}
