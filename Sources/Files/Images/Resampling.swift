// Changing the size of a picture: each result is the mean of the pixels under a filter, which is as wide as the
// pixels of the smaller of the two pictures, so that shrinking does not alias. First along rows, then along
// columns, as Pillow does.

import Catalog
import Runtime

package enum Resampling: String, CaseIterable {
  /// 1 − |x| within a pixel on both sides: linear interpolation where the picture grows.
  case triangle
  /// The mean of the pixels that a pixel of the result covers.
  case box

  private var support: Double { self == .box ? 0.5 : 1 }

  private func weight(_ x: Double) -> Double {
    switch self {
    case .triangle: max(0, 1 - abs(x))
    case .box: x > -0.5 && x <= 0.5 ? 1 : 0
    }
  }

  /// Weights of an axis: for each place of the result the first source place and the weights from there on.
  private struct Taps {
    var first: [Int] = []
    var counts: [Int] = []
    var starts: [Int] = []
    var weights: [Float] = []
  }

  private func taps(_ length: Int, to wanted: Int) throws -> Taps {
    let scale = Double(length) / Double(wanted)
    let stretch = max(scale, 1)
    let reach = support * stretch
    var result = Taps()
    try Memory.request((Int(clamping: 2 * reach) + 2) * wanted, of: Float.self)
    for place in 0..<wanted {
      let centre = (Double(place) + 0.5) * scale
      let first = Swift.max(Int(clamping: centre - reach + 0.5), 0)
      let end = Swift.min(Int(clamping: centre + reach + 0.5), length)
      let weights = (first..<Swift.max(end, first + 1)).map {
        weight((Double($0) - centre + 0.5) / stretch)
      }
      let total = weights.reduce(0, +)
      result.first.append(first)
      result.counts.append(weights.count)
      result.starts.append(result.weights.count)
      result.weights += weights.map { Float(total > 0 ? $0 / total : 1 / Double(weights.count)) }
    }
    return result
  }

  func resized(_ picture: Picture, _ height: Int, _ width: Int) throws -> Picture {
    if picture.height == height, picture.width == width { return picture }
    guard picture.height > 0, picture.width > 0 else {
      throw UserError(
        "a picture of \(picture.height)×\(picture.width) pixels has nothing to resize to "
          + "\(height)×\(width)")
    }
    let across = try taps(picture.width, to: width)
    let down = try taps(picture.height, to: height)
    let lines = picture.channels * picture.height
    let narrow = try [Float](checkedCapacity: lines * width) { out, done in
      picture.values.withUnsafeBufferPointer { source in
        for line in 0..<lines {
          let row = line * picture.width
          for x in 0..<width {
            var sum: Float = 0
            let (first, start) = (row + across.first[x], across.starts[x])
            for k in 0..<across.counts[x] { sum += across.weights[start + k] * source[first + k] }
            out[line * width + x] = sum
          }
        }
      }
      done = lines * width
    }
    let result = try [Float](checkedCapacity: picture.channels * height * width) { out, done in
      out.initialize(repeating: 0)
      for channel in 0..<picture.channels {
        for y in 0..<height {
          let to = (channel * height + y) * width
          for k in 0..<down.counts[y] {
            let weight = down.weights[down.starts[y] + k]
            let from = (channel * picture.height + down.first[y] + k) * width
            for x in 0..<width { out[to + x] += weight * narrow[from + x] }
          }
        }
      }
      done = picture.channels * height * width
    }
    return Picture(channels: picture.channels, height: height, width: width, values: result)
  }
}
