import Catalog
import KernelsBase
import Runtime

extension FeatureMap {
  /// The sum of each channel over images and pixels, in Double: the gradient of a bias.
  public func channelSums() throws -> [Double] {
    let (extent, from) = (extent, FloatIn(base))
    var sums = [Double](repeating: 0, count: batch * laneCount)
    try sums.withUnsafeMutableBufferPointer { buffer in
      guard let sums = buffer.baseAddress else { return }
      try eachPlane {
        kernels.planeSums(
          from + $0 * extent.plane, pixels: height * width, depth: extent.depth,
          into: sums + $0 * extent.depth)
      }
    }
    return (0..<channels).map { channel in
      (0..<batch).reduce(0) { $0 + sums[$1 * laneCount + channel] }
    }
  }

  /// Maps of one size as one, their channels one after the other.
  public convenience init(joining maps: [FeatureMap]) throws {
    guard let first = maps.first else { throw UserError("there must be a map to join, got none") }
    for map in maps.dropFirst() {
      try FeatureMap.check(
        map, "joined map", [first.batch, map.channels, first.height, first.width])
    }
    try self.init(
      batch: first.batch, channels: maps.reduce(0) { $0 + $1.channels }, height: first.height,
      width: first.width)
    try join(maps)
  }

  /// Writes the channels of maps, as many as this one has, one after the other.
  public func join(_ maps: [FeatureMap]) throws {
    var start = 0
    for map in maps {
      try copyChannels(from: map, 0, to: start, count: map.channels)
      start += map.channels
    }
    clearEmptyLanes()
  }

  /// Writes some channels of a map, as many as this one has.
  public func take(_ map: FeatureMap, from first: Int) throws {
    try copyChannels(from: map, first, to: 0, count: channels)
    clearEmptyLanes()
  }

  /// Some channels, copied.
  public func channels(_ range: Range<Int>) throws -> FeatureMap {
    guard range.lowerBound >= 0, range.upperBound <= channels, !range.isEmpty else {
      throw UserError("channels must be within 0..<\(channels), got \(range)")
    }
    let result = try FeatureMap(
      batch: batch, channels: range.count, height: height, width: width)
    try result.take(self, from: range.lowerBound)
    return result
  }

  /// Where a channel of an image begins, and how far its pixels are apart.
  private func place(_ image: Int, _ channel: Int) -> Int {
    image * extent.image + channel / extent.depth * extent.plane + channel % extent.depth
  }

  private func copyChannels(from map: FeatureMap, _ first: Int, to start: Int, count: Int) throws {
    let pixels = height * width
    let (step, ownStep) = (map.extent.depth, extent.depth)
    let wholeBlocks = isBlocked && map.isBlocked && start % 16 == 0 && first % 16 == 0
    let unit = wholeBlocks ? 16 : 1
    let units = (count + unit - 1) / unit
    try WorkerPool.shared.run(
      count: batch * units, grain: max(1, parallelGrain / max(1, pixels * unit))
    ) { range in
      for number in range {
        let (image, part) = number.quotientAndRemainder(dividingBy: units)
        let from = map.base + map.place(image, first + part * unit)
        let to = base + place(image, start + part * unit)
        if wholeBlocks {
          to.update(from: from, count: 16 * pixels)
        } else {
          for pixel in 0..<pixels { to[pixel * ownStep] = from[pixel * step] }
        }
      }
    }
  }

  private func clearEmptyLanes() {
    if !isBlocked || channels % 16 == 0 { return }
    for image in 0..<batch {
      for channel in channels..<laneCount {
        let to = base + place(image, channel)
        for pixel in 0..<height * width { to[16 * pixel] = 0 }
      }
    }
  }
}

extension FeatureSource {
  /// What a pass would read, as a map of its own.
  public func values() throws -> FeatureMap {
    let map = map
    let result = try FeatureMap(
      batch: map.batch, channels: map.channels, height: map.height, width: map.width)
    let table = ChannelTable()
    let source = try table.source(self)
    let (extent, width) = (map.extent, map.width)
    let rowStep = extent.depth == 1 ? extent.blocks : 16
    try WorkerPool.shared.run(
      count: map.batch * map.height, grain: max(1, parallelGrain / (width * map.laneCount))
    ) { rows in
      try withWorkspace(of: width * rowStep, Float.self) { planes in
        for row in rows {
          let (image, line) = row.quotientAndRemainder(dividingBy: map.height)
          let targets = (0..<width).map {
            image * extent.image + (line * width + $0) * extent.depth
          }
          for block in 0..<(extent.depth == 1 ? 1 : extent.blocks) {
            let to = result.base + image * extent.image + block * extent.plane + line * width * 16
            kernels.directGradients(
              MapPart(extent, blocks: block..<block + 1), source, targets: targets, count: width,
              into: extent.depth == 1 ? planes : to, rowStep: rowStep)
          }
          if extent.depth > 1 { continue }
          for pixel in 0..<width {
            for channel in 0..<extent.blocks {
              result.base[targets[pixel] + channel * extent.plane] =
                planes[pixel * rowStep + channel]
            }
          }
        }
      }
    }
    withExtendedLifetime((table, self)) {}
    return result
  }
}
