// Pictures that are drawn by a procedure, against NumPy, SciPy and PyWavelets, and what the procedure must give.

import Glibc
import Targets
import Tensors
import TestSupport
import Testing

/// Numbers in (0, 1) that follow from a number k and their places; the formula of Tests/References/drawn_pictures.py.
private func counter(_ k: Int, _ count: Int) -> [Double] {
  (0..<count).map { i in
    var u = UInt64(i) &* 2_654_435_761 &+ UInt64(k) &* 97531 &+ 12345
    u &= 0xFFFF_FFFF
    u = ((u ^ (u >> 15)) &* 2_246_822_519) & 0xFFFF_FFFF
    u ^= u >> 13
    return (Double(u) + 0.5) / 4_294_967_296
  }
}

private func numbers(_ references: References, _ case: Int, _ name: String) throws -> [Double] {
  try #require(references[`case`, name]).doubles()
}

private func painted(_ law: some DrawnPictures, _ u: [Double]) throws -> [Double] {
  let count = u.count / law.numbersPerPicture
  let result = try Tensor.zeros([count * law.dimension])
  try law.paint(
    Tensor(u, shape: [count, law.numbersPerPicture]), result.pointer(Float.self))
  return try result.doubles()
}

private func largestGap(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
}

@Suite struct DrawnPicturesTests {
  @Test("contour and picture are those of NumPy and SciPy", arguments: 0..<3)
  func regularPictures(number: Int) throws {
    let references = try References("drawn_pictures")
    let s = try numbers(references, number, "settings")
    let size = Int(clamping: s[0])
    let law = CAlpha(alpha: s[1], beta: s[2], size: size, amplitude: s[3])
    let u = counter(number, law.numbersPerPicture)
    let contour = try law.contours(Tensor(Array(u[..<size]), shape: [1, size])).doubles()
    #expect(contour == (try numbers(references, number, "contour")))
    let picture = try painted(law, u)
    if let expected = references[number, "picture"] {
      #expect(largestGap(picture, try expected.doubles()) < 2e-7)
    } else {
      let columns = (0..<size).map { j in (0..<size).reduce(0) { $0 + picture[$1 * size + j] } }
      let rows = (0..<size).map { i in picture[i * size..<(i + 1) * size].reduce(0, +) }
      #expect(largestGap(columns + rows, try numbers(references, number, "sums")) < 1e-5)
    }
  }

  /// The slope of the mean of |F γ|² over k, both as logarithms, for k from 1 to 4.
  private func slope(alpha: Double) throws -> Double {
    let (size, count) = (128, 4000)
    let u = try RandomStream(seed: 1, purpose: .data).uniform([count, size], .float64)
    let contours = try CAlpha(alpha: alpha, beta: 1, size: size).contours(u)
    let spectrum = try contours.transformed(.fromReal, axis: 1)
    let values = spectrum.pointer(Double.self)
    let points = (1...4).map { k -> (x: Double, y: Double) in
      let power = (0..<count).reduce(0.0) { sum, row in
        let place = values + 2 * (row * (size / 2 + 1) + k)
        return sum + place[0] * place[0] + place[1] * place[1]
      }
      return (log(Double(k)), log(power))
    }
    let (x, y) = (points.reduce(0) { $0 + $1.x } / 4, points.reduce(0) { $0 + $1.y } / 4)
    return points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) }
      / points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
  }

  @Test("the spectrum of the contour falls as k^(−2α)", arguments: [0.5, 1, 2])
  func contourSpectrum(alpha: Double) throws {
    // Standard deviation 0.015 over 4,000 contours.
    #expect(abs(try slope(alpha: alpha) + 2 * alpha) < 0.09)
    #expect(abs(try slope(alpha: alpha + 0.1) + 2 * alpha) > 0.09, "a planted mistake passed")
  }

  @Test("the low-pass filter is Daubechies' db2")
  func lowPass() throws {
    let references = try References("drawn_pictures")
    let h = Disks.lowPass
    #expect(largestGap(h, try numbers(references, 0, "taps")) < 1e-10)
    #expect(abs(h.reduce(0, +) - 1) < 1e-15)
    // Orthogonal to itself two places on, and its high-pass to constants and slopes.
    #expect(abs(h[0] * h[2] + h[1] * h[3]) < 1e-16)
    #expect(abs(h[0] - h[1] + h[2] - h[3]) < 1e-15)
    #expect(abs(-h[1] + 2 * h[2] - 3 * h[3]) < 1e-15)
  }

  @Test("a picture is halved as PyWavelets does, and mirrored at its edges")
  func halved() throws {
    let x = try Tensor(counter(7, 64))
    let work = try Tensor.zeros([32], .float64)
    Disks.halve(x.pointer(Double.self), side: 8, work: work.pointer(Double.self))
    let got = Array(try x.doubles()[..<16])
    #expect(largestGap(got, try numbers(References("drawn_pictures"), 0, "halved")) < 1e-9)
  }

  /// Area and centre of a disk, from its pixels.
  private func moments(_ picture: [Double], size: Int, disk: Double, ground: Double) -> [Double] {
    var sums = [0.0, 0.0, 0.0]
    for i in 0..<size {
      for j in 0..<size {
        let m = (picture[i * size + j] - ground) / (disk - ground)
        for (place, factor) in [1, Double(i), Double(j)].enumerated() { sums[place] += m * factor }
      }
    }
    return [sums[0], sums[1] / sums[0], sums[2] / sums[0]]
  }

  @Test("a disk has its area and its centre, at every supersampling", arguments: 0...3)
  func disks(supersampling: Int) throws {
    let size = 32
    let law = Disks(size: size, radius: 5...11, supersampling: supersampling)
    let u = counter(3, 5 * 40)
    let all = try painted(law, u)
    var worst = [0.0, 0.0]
    for picture in 0..<40 {
      let own = Array(u[5 * picture..<5 * picture + 5])
      if abs(own[3] - own[4]) < 0.05 { continue }
      let r = 5 + own[0] * 6
      let got = moments(
        Array(all[picture * size * size..<(picture + 1) * size * size]), size: size, disk: own[3],
        ground: own[4])
      worst[0] = max(worst[0], abs(got[0] / (Double.pi * r * r) - 1))
      for axis in 1...2 {
        let centre = r + own[axis] * (32 - 2 * r)
        worst[1] = max(worst[1], abs(got[axis] - centre))
      }
    }
    // Disks that touch the lower edge end there: pixel S is none. So those errors stay below 2 %.
    let bounds = [[0.05, 0.25], [0.03, 0.12], [0.03, 0.1], [0.03, 0.1]][supersampling]
    #expect(worst[0] < bounds[0] && worst[1] < bounds[1], "\(worst)")
  }

  @Test("every pixel has mean ½")
  func means() throws {
    let laws: [any DrawnPictures] = [
      CAlpha(alpha: 1, beta: 1, size: 10), Disks(size: 10, radius: 2...4, supersampling: 1),
    ]
    for law in laws {
      let x = try law.sample(6000, RandomStream(seed: 3, purpose: .data)).doubles()
      for pixel in [0, 37, 55, 99] {
        let values = stride(from: pixel, to: x.count, by: 100).map { x[$0] }
        let mean = values.reduce(0, +) / 6000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 6000
        #expect(abs(mean - 0.5) < 5.5 * (variance / 6000).squareRoot(), "\(law.name) \(pixel)")
      }
    }
  }

  @Test("a picture does not depend on how many are drawn with it")
  func rows() throws {
    let photograph = try RandomStream(seed: 5).uniform([30, 40])
    let laws: [any DrawnPictures] = [
      CAlpha(alpha: 2, beta: 1, size: 20), Disks(size: 12, radius: 2...5, supersampling: 2),
      try Patches([photograph], size: [7, 9]),
    ]
    for law in laws {
      let few = try law.sample(3, RandomStream(seed: 1, purpose: .data)).doubles()
      let many = try law.sample(53, RandomStream(seed: 1, purpose: .data)).doubles()
      #expect(few == Array(many[..<few.count]), "\(law.name)")
    }
  }
}
