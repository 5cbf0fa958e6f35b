import Catalog

/// One random permutation π of the pixels of a picture, the same for each channel: place i of the result holds what was
/// at π(i). It follows from the seed and the number of pixels alone.
package struct PixelPermutation {
  /// For each of the d numbers of a point where it comes from.
  package let places: [Int]
  /// The way back: `places[inverse[i]] == i`.
  package let inverse: [Int]

  /// - Parameter shape: of a point, [d], [h, w], or channels in front of them.
  package init(shape: Shape, seed: Int) throws {
    let pixels = shape.suffix(2).reduce(1, *)
    let order = try RandomStream(seed: seed, purpose: .shuffle).permutation(pixels)
    let channels = pixels == 0 ? 0 : shape.elementCount / pixels
    places = (0..<channels).flatMap { channel in order.map { channel * pixels + $0 } }
    var back = places
    for (place, source) in places.enumerated() { back[source] = place }
    inverse = back
  }
}
