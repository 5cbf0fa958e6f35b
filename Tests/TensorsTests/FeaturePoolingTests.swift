import Runtime
import Tensors
import Testing

@Suite("Pooling and resampling of maps") struct FeaturePoolingTests {
  /// Blocked maps with and without empty lanes, and planes.
  private static let channels = [1, 3, 16, 21]

  private func dot(_ a: FeatureMap, _ b: FeatureMap) throws -> Double {
    zip(try a.tensor().doubles(), try b.tensor().doubles()).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func map(_ channels: Int, _ height: Int, _ width: Int, seed: UInt64) throws -> FeatureMap
  {
    try FeatureMap(pseudorandom([2, channels, height, width], seed: seed))
  }

  /// The elements of each window that lie in the image.
  private func windows(_ x: FeatureMap, _ p: Pooling) throws -> [[(place: Int, value: Double)]] {
    let values = try x.tensor().doubles()
    let size = try p.size(of: x.height, x.width)
    var windows: [[(place: Int, value: Double)]] = []
    for plane in 0..<x.batch * x.channels {
      for row in 0..<size.height {
        for column in 0..<size.width {
          var window: [(place: Int, value: Double)] = []
          for r in 0..<p.kernel.y {
            for t in 0..<p.kernel.x {
              let (i, j) = (
                row * p.stride.y + r - p.padding.y, column * p.stride.x + t - p.padding.x
              )
              guard 0..<x.height ~= i, 0..<x.width ~= j else { continue }
              let place = (plane * x.height + i) * x.width + j
              window.append((place, values[place]))
            }
          }
          windows.append(window)
        }
      }
    }
    return windows
  }

  private func poolings() throws -> [Pooling] {
    try Pooling.Kind.allCases.flatMap { kind in
      [
        try Pooling(kind, kernel: (2, 2)), try Pooling(kind, kernel: (3, 2), stride: (1, 2)),
        try Pooling(kind, kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
        try Pooling(kind, kernel: (3, 3), padding: (1, 1), countsPadding: false),
        try Pooling(kind, kernel: (1, 1)),
      ]
    }
  }

  @Test("pools are means and maxima of windows, and gradients go back to them", arguments: channels)
  func pools(channels: Int) throws {
    for p in try poolings() {
      let x = try map(channels, 5, 7, seed: 1)
      let y = try x.pooled(p)
      let windows = try windows(x, p)
      let dy = try map(channels, y.height, y.width, seed: 2)
      let slopes = try dy.tensor().doubles()
      var expected: [Double] = []
      var dx = [Double](repeating: 0, count: try x.tensor().elementCount)
      for (number, window) in windows.enumerated() {
        if p.kind == .maximum {
          let largest = window.map(\.value).max() ?? 0
          expected.append(largest)
          if let first = window.first(where: { $0.value == largest }) {
            dx[first.place] += slopes[number]
          }
        } else {
          let count = Double(p.countsPadding ? p.kernel.y * p.kernel.x : window.count)
          expected.append(window.reduce(0) { $0 + $1.value } / count)
          for element in window { dx[element.place] += slopes[number] / count }
        }
      }
      #expect(relativeError(try y.tensor().doubles(), expected) < 1e-6, "\(p)")
      let got = try x.poolingGradient(p, dy).tensor().doubles()
      #expect(relativeError(got, dx) < 1e-6, "\(p)")
    }
  }

  @Test(
    "of equal elements the first gets the gradient, and NaN is the largest", arguments: [3, 16])
  func ties(channels: Int) throws {
    let p = try Pooling(.maximum, kernel: (2, 2))
    var values = [Float](repeating: 1, count: channels * 4)
    values[3] = .nan
    let x = try FeatureMap(Tensor(values, shape: [1, channels, 2, 2]))
    let pooled = try x.pooled(p).tensor().doubles()
    #expect(pooled[0].isNaN && pooled.dropFirst().allSatisfy { $0 == 1 })
    let ones = try FeatureMap(Tensor(filling: [1, channels, 1, 1], with: Float(1)))
    let dx = try x.poolingGradient(p, ones).tensor().doubles()
    #expect(Array(dx.prefix(4)) == [0, 0, 0, 1])
    for channel in 1..<channels {
      #expect(Array(dx[4 * channel..<4 * channel + 4]) == [1, 0, 0, 0])
    }
  }

  @Test(
    "resampling is PyTorch's interpolate, and its gradient is the transpose", arguments: channels)
  func resampling(channels: Int) throws {
    for kind in FeatureResampling.Kind.allCases {
      for alignsCorners in kind == .nearest ? [false] : [false, true] {
        for (height, width) in [(8, 10), (4, 5), (3, 9), (1, 1), (2, 4)] {
          let r = try FeatureResampling(
            kind, height: height, width: width, alignsCorners: alignsCorners)
          let x = try map(channels, 4, 5, seed: 1)
          let y = try x.resampled(r)
          #expect(relativeError(try y.tensor().doubles(), try expected(x, r)) < 1e-6, "\(r)")
          let dy = try map(channels, height, width, seed: 2)
          let dx = try dy.resamplingGradient(r, height: 4, width: 5)
          #expect(abs(try dot(y, dy) - dot(x, dx)) < 1e-4, "\(r)")
        }
      }
    }
  }

  /// Σ over all inputs of the hat function at the output's place.
  private func expected(_ x: FeatureMap, _ r: FeatureResampling) throws -> [Double] {
    func weight(_ i: Int, _ source: Int, _ count: Int, _ outputs: Int) -> Double {
      if r.kind == .nearest { return i * count / outputs == source ? 1 : 0 }
      var at = (Double(i) + 0.5) * Double(count) / Double(outputs) - 0.5
      if r.alignsCorners {
        at = outputs == 1 ? 0 : Double(i * (count - 1)) / Double(outputs - 1)
      }
      at = min(max(at, 0), Double(count - 1))
      return max(0, 1 - abs(at - Double(source)))
    }
    let values = try x.tensor().doubles()
    var result: [Double] = []
    for plane in 0..<x.batch * x.channels {
      for row in 0..<r.height {
        for column in 0..<r.width {
          var sum = 0.0
          for i in 0..<x.height {
            for j in 0..<x.width {
              sum +=
                weight(row, i, x.height, r.height) * weight(column, j, x.width, r.width)
                * values[(plane * x.height + i) * x.width + j]
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  @Test("pools and sizes that do not fit are errors")
  func misfits() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      message { _ = try map(3, 1, 5, seed: 1).pooled(Pooling(.average, kernel: (2, 2))) }
        .contains("kernel must fit the padded image: it is 2×2, the image 1×5"))
    #expect(
      message { _ = try Pooling(.maximum, kernel: (0, 2)) }
        .contains("kernel must be a positive integer, got 0"))
    #expect(
      message { _ = try Pooling(.maximum, kernel: (2, 2), padding: (2, 0)) }
        .contains("padding must be from 0 to half of the kernel, 1 rows and 1 columns"))
    #expect(
      message { _ = try FeatureResampling(.nearest, height: 0, width: 1) }
        .contains("size must be two positive integers, got 0 and 1"))
    #expect(
      message {
        _ = try map(3, 4, 4, seed: 1).poolingGradient(
          Pooling(.average, kernel: (2, 2)), map(3, 4, 4, seed: 1))
      }.contains("dy must have the shape [2, 3, 2, 2], got [2, 3, 4, 4]"))
  }

  @Test("sums of channels, joined maps and parts of them", arguments: channels)
  func parts(channels: Int) throws {
    let (a, b) = (try map(channels, 3, 30, seed: 1), try map(18, 3, 30, seed: 2))
    let values = try a.tensor().doubles()
    var sums = [Double](repeating: 0, count: channels)
    for (place, value) in values.enumerated() { sums[place / 90 % channels] += value }
    #expect(relativeError(try a.channelSums(), sums) < 1e-5)

    let joined = try FeatureMap(joining: [a, b, a])
    #expect(joined.channels == 2 * channels + 18)
    for (start, map) in [(0, a), (channels, b), (channels + 18, a)] {
      let part = try joined.channels(start..<start + map.channels)
      #expect(try part.tensor().doubles() == map.tensor().doubles())
    }
    #expect(
      relativeError(
        try joined.channelSums(), try a.channelSums() + b.channelSums() + a.channelSums())
        < 1e-6)
    #expect(throws: (any Error).self) {
      try FeatureMap(joining: [a, map(3, 3, 29, seed: 1)])
    }
    #expect(throws: (any Error).self) { try a.channels(0..<channels + 1) }
  }

  @Test("what a source reads is a map of its own", arguments: channels)
  func sourceValues(channels: Int) throws {
    let x = try map(channels, 3, 4, seed: 1)
    let scale = try pseudorandom([channels], seed: 2).doubles().map { Float($0) }
    let shift = try pseudorandom([channels], seed: 3).doubles().map { Float($0) }
    let got = try FeatureSource.reluScale(x, scale: scale, shift: shift).values()
    let expected = try x.tensor().doubles().enumerated().map { place, v in
      max(0, v * Double(scale[place / 12 % channels]) + Double(shift[place / 12 % channels]))
    }
    #expect(relativeError(try got.tensor().doubles(), expected) < 1e-6)
  }
}
