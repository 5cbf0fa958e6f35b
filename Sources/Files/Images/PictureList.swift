// The pictures of several files, each cut and resized in the same way.

import Catalog
import Runtime
import Tensors

/// What becomes of the picture of a file.
struct PictureForm {
  var grey: Bool?
  var crop: PictureSize?
  var size: PictureSize?
  var filter = Resampling.triangle

  func picture(_ path: FilePath) throws -> Picture {
    let bytes = try InputFile.bytes(of: path)
    let whole = try Picture(bytes, path: path, grey: grey ?? false, crop: crop)
    guard case .lengths(let height, let width)? = size else { return whole }
    return try filter.resized(whole, height, width)
  }

  /// Height and width of the picture, by the header of its file alone.
  func lengths(_ path: FilePath) throws -> (channels: Int, height: Int, width: Int) {
    let decoder = try PictureDecoder(InputFile.bytes(of: path), path)
    let frame = try PictureFrame(decoder.height, decoder.width, crop, path)
    let channels = grey == true || decoder.header.channels < 3 ? 1 : 3
    guard case .lengths(let height, let width)? = size else {
      return (channels, frame.height, frame.width)
    }
    return (channels, height, width)
  }
}

/// Files of pictures in an order.
struct PictureList {
  let paths: [FilePath]
  static let endings: Set<String> = ["png", "jpg", "jpeg"]

  /// The pictures of a folder in the order of their names, or a list of files.
  ///
  /// - Parameters: `limit`, the first so many; `seed`, of their order, where they are shuffled.
  init(_ source: OneOf<FilePath, [FilePath]>, limit: Int?, seed: Int?) throws {
    var paths: [FilePath]
    switch source {
    case .first(let path) where Directories.kind(path) == "file": paths = [path]
    case .first(let folder):
      let slash = folder.bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
      paths = try Directories.list(folder).map { FilePath(folder.bytes + slash + $0.bytes) }
        .filter { PictureList.endings.contains($0.ending) }
      guard !paths.isEmpty else {
        throw FileError("\(folder) has no files that end in .png, .jpg or .jpeg")
      }
    case .second(let list):
      paths = list
      guard !paths.isEmpty else { throw UserError("source must not be an empty list") }
    }
    if let seed {
      var places = paths.indices.map { Int32(clamping: $0) }
      try shuffle(
        &places,
        key: RandomStream(seed: seed, purpose: .shuffle).key,
        step: 0, row: 0, poll: Cancellation.check)
      paths = places.map { paths[Int(clamping: $0)] }
    }
    self.paths = limit.map { Array(paths.prefix($0)) } ?? paths
  }

  private init(paths: [FilePath]) { self.paths = paths }

  /// A file that was left out, and why.
  typealias Skipped = (path: FilePath, reason: String)

  /// All pictures, [n, h, w] where they are grey, otherwise [n, 3, h, w].
  ///
  /// - Parameter skips: whether files that cannot be read are left out.
  func load(_ form: PictureForm, skips: Bool) throws -> (Tensor, skipped: [Skipped]) {
    let (readable, skipped) = skips ? try self.readable(form) : (self, [])
    guard let first = readable.paths.first else {
      throw FileError("no file can be read; the first: \(skipped.first?.reason ?? "")")
    }
    let sample = try form.picture(first)
    do { return (try readable.load(form, like: sample), skipped) } catch is ColourAmongGrey {
      return (try readable.load(form, like: sample.inColour()), skipped)
    }
  }

  /// The first picture is grey and another is not.
  private struct ColourAmongGrey: Error, CustomStringConvertible {
    var description: String { "the first picture is grey and another is not" }
  }

  private func load(_ form: PictureForm, like sample: Picture) throws -> Tensor {
    let lengths = [sample.height, sample.width]
    let shape = try Shape(
      checking: [paths.count] + (sample.channels == 1 ? lengths : [3] + lengths))
    let result = try Tensor(uninitialized: shape)
    let out = result.pointer(Float.self)
    let count = sample.values.count
    try WorkerPool.shared.run(chunks: paths.count) { place in
      try write(place, form, like: sample, to: out + place * count)
    }
    return result
  }

  /// Writes a picture with the channels and lengths of another.
  func write(
    _ place: Int, _ form: PictureForm, like sample: Picture, to out: UnsafeMutablePointer<Float>
  ) throws {
    let path = paths[place]
    guard form.size == nil else {
      let own = try form.picture(path)
      try check(path, own.channels, own.height, own.width, like: sample)
      let picture = sample.channels > 1 ? own.inColour() : own
      picture.values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        out.update(from: base, count: values.count)
      }
      return
    }
    let decoder = try PictureDecoder(InputFile.bytes(of: path), path)
    let frame = try PictureFrame(decoder.height, decoder.width, form.crop, path)
    try check(
      path, form.grey == true ? 1 : decoder.colours, frame.height, frame.width, like: sample)
    decoder.write(try decoder.samples(), frame, planes: sample.channels, to: out)
  }

  private func check(
    _ path: FilePath, _ channels: Int, _ height: Int, _ width: Int, like sample: Picture
  ) throws {
    guard height == sample.height, width == sample.width else {
      throw FileError(
        "\(paths[0]) has \(sample.height)×\(sample.width) pixels and \(path) \(height)×\(width); crop or size "
          + "makes them equal")
    }
    if channels > sample.channels { throw ColourAmongGrey() }
  }

  /// Whether one of the pictures has colours.
  func hasColour(_ form: PictureForm) throws -> Bool {
    let found = Guarded(false)
    try WorkerPool.shared.run(chunks: paths.count) { place in
      if found.withLock({ $0 }) { return }
      if try form.lengths(paths[place]).channels == 3 { found.withLock { $0 = true } }
    }
    return found.withLock { $0 }
  }

  /// Those that can be read.
  func readable(_ form: PictureForm) throws -> (PictureList, [Skipped]) {
    let reasons = Guarded<[Int: String]>([:])
    try WorkerPool.shared.run(chunks: paths.count) { place in
      do { _ = try form.picture(paths[place]) } catch let error as FileError {
        reasons.withLock { $0[place] = "\(error)" }
      }
    }
    let found = reasons.withLock { $0 }
    return (
      PictureList(paths: paths.indices.filter { found[$0] == nil }.map { paths[$0] }),
      found.sorted { $0.key < $1.key }.map { (paths[$0.key], $0.value) }
    )
  }

  /// All patches of all pictures, [n, patch, patch] where they are grey, otherwise [n, 3, patch, patch].
  func patches(_ form: PictureForm, length: Int, step: Int) throws -> Tensor {
    let sizes = try [(channels: Int, height: Int, width: Int)](checkedCapacity: paths.count) {
      buffer, done in
      guard let base = buffer.baseAddress else { return }
      try WorkerPool.shared.run(chunks: paths.count) { place in
        (base + place).initialize(to: try form.lengths(paths[place]))
      }
      done = paths.count
    }
    let channels = sizes.contains { $0.channels == 3 } ? 3 : 1
    var firsts = [Count(0)]
    for (size, path) in zip(sizes, paths) {
      let grid = PatchGrid(size.height, size.width, length: length, step: step)
      guard grid.count > 0 else {
        throw FileError(
          "\(path) has \(size.height)×\(size.width) pixels, fewer than patches = \(length)")
      }
      firsts.append(try firsts[firsts.count - 1] + Count(grid.count))
    }
    let shape = try Shape(
      checking: [firsts[firsts.count - 1].value] + (channels == 1 ? [] : [3]) + [length, length])
    let result = try Tensor(uninitialized: shape)
    let out = result.pointer(Float.self)
    try WorkerPool.shared.run(chunks: paths.count) { place in
      let own = try form.picture(paths[place])
      let picture = channels == 3 ? own.inColour() : own
      let grid = PatchGrid(picture.height, picture.width, length: length, step: step)
      picture.values.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { return }
        grid.cut(
          base, channels: channels, to: out + firsts[place].value * channels * length * length)
      }
    }
    return result
  }
}

/// Where the patches of a picture lie: every so many pixels, as far as they fit.
struct PatchGrid {
  private let height: Int
  private let width: Int
  private let length: Int
  private let step: Int

  init(_ height: Int, _ width: Int, length: Int, step: Int) {
    (self.height, self.width, self.length, self.step) = (height, width, length, step)
  }

  private var rows: Int { height < length ? 0 : (height - length) / step + 1 }
  private var columns: Int { width < length ? 0 : (width - length) / step + 1 }
  var count: Int { rows * columns }

  /// Copies the patches one after the other, row by row over the picture.
  func cut(_ source: UnsafePointer<Float>, channels: Int, to target: UnsafeMutablePointer<Float>) {
    var out = target
    for row in 0..<rows {
      for column in 0..<columns {
        for channel in 0..<channels {
          for y in 0..<length {
            let from = (channel * height + row * step + y) * width + column * step
            out.update(from: source + from, count: length)
            out += length
          }
        }
      }
    }
  }
}
