import Catalog
import Tensors

// Fourier transforms with gradients. The transforms here do not divide by the length; each is linear
// over the reals, and its gradient is its adjoint.

/// X_k = Σ_j x_j exp(sign 2πi jk/n) along an axis of complex pairs; the adjoint has the other sign.
func fourier(_ x: Tensor, sign: Int, axis: Int) throws -> Tensor {
  try record(
    "fft", [x], forward: { try $0[0].transformed(.complex(sign: sign), axis: axis) },
    pullbacks: [{ _, _, g in try fourier(g, sign: -sign, axis: axis) }])
}

/// The first n/2 + 1 of the transform with sign −1 of real numbers along the last axis. Its adjoint
/// is Re Σ_k g_k exp(2πi jk/n) over those k alone: `realInverse` counts the mirrored ones too, so they
/// are halved before.
func realFourier(_ x: Tensor) throws -> Tensor {
  let n = x.shape[x.rank - 1]
  return try record(
    "rfft", [x], forward: { try $0[0].transformed(.fromReal, axis: $0[0].rank - 1) },
    pullbacks: [
      { _, _, g in try realInverse(g * mirrorWeights(n, g.dtype, 0.5), length: n) }
    ])
}

/// n real numbers from n/2 + 1 complex ones, times n; the adjoint counts the mirrored ones twice.
func realInverse(_ x: Tensor, length n: Int) throws -> Tensor {
  try record(
    "irfft", [x], forward: { try $0[0].transformed(.toReal, axis: $0[0].rank - 2, length: n) },
    pullbacks: [{ _, _, g in try realFourier(g) * mirrorWeights(n, g.dtype, 2) }])
}

/// 1 for the frequencies that are their own mirror image (0, and n/2 where n is even), otherwise
/// `weight`; shape [n/2 + 1, 1].
private func mirrorWeights(_ n: Int, _ dtype: DType, _ weight: Double) throws -> Tensor {
  let count = n / 2 + 1
  let values = (0..<count).map { $0 == 0 || 2 * $0 == n ? 1 : weight }
  return try Tensor(values, shape: [count, 1]).converted(to: dtype)
}

extension TensorModule {
  static let fourier: [Entry] = [
    complexTransform("fft", "The discrete Fourier transform over the last axis of numbers.") {
      try Autodiff.fourier($0, sign: -1, axis: $0.rank - 2)
    },
    complexTransform("ifft", "The inverse of fft.") {
      try Autodiff.fourier($0, sign: 1, axis: $0.rank - 2) / Double($0.shape[$0.rank - 2])
    },
    complexTransform(
      "fft2", "The discrete Fourier transform over the last two axes of numbers.", axes: 2
    ) { try fourierOverTwo($0, sign: -1) },
    complexTransform("ifft2", "The inverse of fft2.", axes: 2) {
      try fourierOverTwo($0, sign: 1) / Double($0.shape[$0.rank - 3] * $0.shape[$0.rank - 2])
    },
    .operation(
      "rfft", "The discrete Fourier transform of real numbers over the last axis.", .arg("x"),
      returns: "tensor of shape [..., n/2 + 1, 2]", details: convention, source: fftw,
      example: "return tensor{1, 2, 3, 4}:rfft()"
    ) { (x: Tensor) in try realFourier(real(x, axes: 1)) },
    .operation(
      "irfft", "The inverse of rfft.", .arg("x", "complex, shape [..., m, 2]"),
      .arg(
        "count", default: nil, "real elements of the result; 2 (m - 1) where absent",
        in: Domain<Count>.positive.orAbsent()), returns: "tensor of shape [..., count]",
      details: convention, source: fftw, example: "return tensor{1, 2, 3, 4}:rfft():irfft()"
    ) { (x: Tensor, count: Count?) in
      let x = try complex(x, axes: 1)
      let n = try inverseLength(x, count?.value)
      return try realInverse(x, length: n) / Double(n)
    },
    .operation(
      "rfft2", "The discrete Fourier transform of real numbers over the last two axes.", .arg("x"),
      returns: "tensor of shape [..., n1, n2/2 + 1, 2]", details: convention, source: fftw,
      example: "return tensor.ones{4, 4}:rfft2()"
    ) { (x: Tensor) in
      let half = try realFourier(real(x, axes: 2))
      return try Autodiff.fourier(half, sign: -1, axis: half.rank - 3)
    },
    .operation(
      "irfft2", "The inverse of rfft2.", .arg("x", "complex, shape [..., n1, m, 2]"),
      .arg(
        "count", default: nil, "real elements of the last axis; 2 (m - 1) where absent",
        in: Domain<Count>.positive.orAbsent()), returns: "tensor of shape [..., n1, count]",
      details: convention, source: fftw, example: "return tensor.ones{4, 4}:rfft2():irfft2()"
    ) { (x: Tensor, count: Count?) in
      let x = try complex(x, axes: 2)
      let n = try inverseLength(x, count?.value)
      let rows = try Autodiff.fourier(x, sign: 1, axis: x.rank - 3)
      return try realInverse(rows, length: n) / Double(n * x.shape[x.rank - 3])
    },
    .function(
      "fftfreq", "The frequency of each element of fft, in cycles per unit of the spacing.",
      .arg("n", in: .positive), .arg("spacing", default: 1, "between samples", in: .positive),
      .option("real", default: false, "those of rfft, 0 … n/2"), returns: "tensor of shape [n]",
      example: "tensor.fftfreq(8)"
    ) { (n: Count, spacing: Double, isReal: Bool) in
      let n = n.value
      return try checkedTensor(isReal ? n / 2 + 1 : n) { k in
        Double(isReal || k < (n + 1) / 2 ? k : k - n) / (Double(n) * spacing)
      }.converted(to: .float32)
    },
  ]

  private static let fftw = "Frigo & Johnson 2005 (FFTW)"
  private static let convention =
    "Complex numbers are pairs (real, imaginary) along a last axis of 2. Forward transforms have "
    + "sign −1 and do not divide; inverse ones divide by the number of elements."

  private static func complexTransform(
    _ name: String, _ summary: String, axes: Int = 1, _ body: @escaping (Tensor) throws -> Tensor
  ) -> Entry {
    let numbers = "{{1, 0}, {0, 1}}"
    return .operation(
      name, summary, .arg("x", "complex, shape [..., \(axes == 1 ? "n" : "n1, n2"), 2]"),
      returns: "tensor shaped like x", details: convention, source: fftw,
      example: "return tensor\(axes == 1 ? numbers : "{\(numbers)}"):\(name)()"
    ) { (x: Tensor) in try body(complex(x, axes: axes)) }
  }

  private static func fourierOverTwo(_ x: Tensor, sign: Int) throws -> Tensor {
    try Autodiff.fourier(
      Autodiff.fourier(x, sign: sign, axis: x.rank - 2), sign: sign, axis: x.rank - 3)
  }

  private static func real(_ x: Tensor, axes: Int) throws -> Tensor {
    guard x.rank >= axes, x.rank < Shape.maximumRank, x.shape.suffix(axes).allSatisfy({ $0 > 0 })
    else {
      throw UserError(
        "x must have \(axes == 1 ? "a last axis that is" : "two last axes that are") not empty, got "
          + "shape \(x.shape)")
    }
    return try x.dtype.isFloatingPoint ? x : convert(x, to: .float32)
  }

  private static func complex(_ x: Tensor, axes: Int) throws -> Tensor {
    guard x.rank > axes, x.shape[x.rank - 1] == 2,
      x.shape.dropLast().suffix(axes).allSatisfy({ $0 > 0 })
    else {
      throw UserError(
        "x must be complex, of shape [..., \(axes == 1 ? "n" : "n1, n2"), 2] and not empty, got "
          + "shape \(x.shape)")
    }
    return try x.dtype.isFloatingPoint ? x : convert(x, to: .float32)
  }

  private static func inverseLength(_ x: Tensor, _ count: Int?) throws -> Int {
    let m = x.shape[x.rank - 2]
    let n = count ?? max(2 * (m - 1), 1)
    guard n / 2 + 1 == m else {
      throw UserError(
        "count must be \(max(2 * m - 2, 1)) or \(2 * m - 1) for \(m) frequencies, got \(n)")
    }
    return n
  }
}
