// The digits that come with the program: 4,000 of MNIST, some 400 of each digit, shuffled.

import Catalog
import Runtime
import Tensors

package enum MNIST {
  /// Images [n 28 28] float32 with pixels from `low` (paper) to `high` (ink), and labels [n] int64.
  package static func read(
    count: Int? = nil, low: Double = 0, high: Double = 1
  ) throws -> (images: Tensor, labels: Tensor) {
    let folder = try Resources.stdlib() + "/data/"
    let pixels = try IDX.read(
      FilePath(folder + "mnist-4k-images-idx3-ubyte.gz"), dtype: .float32)
    let labels = try IDX.read(
      FilePath(folder + "mnist-4k-labels-idx1-ubyte.gz"), dtype: .int64)
    let all = labels.elementCount
    guard pixels.axisLengths == [all, 28, 28] else {
      throw FileError(
        "the digits in \(folder) have shape \(pixels.axisLengths), expected [\(all), 28, 28]")
    }
    let wanted = count ?? all
    guard wanted <= all else {
      throw UserError("count must be an integer from 1 to \(all), got \(wanted)")
    }
    let elements = pixels.pointer(Float.self)
    for index in 0..<pixels.elementCount {
      elements[index] = Float(low + (high - low) * Double(elements[index]) / 255)
    }
    return (
      pixels.slice(axis: 0, 0..<wanted), labels.slice(axis: 0, 0..<wanted)
    )
  }
}
