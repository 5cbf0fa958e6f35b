import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// The eigenpairs of a matrix J with the largest real parts, from products J v with blocks of vectors: block Arnoldi
/// with thick restarts (Saad 2011, "Numerical Methods for Large Eigenvalue Problems", ch. 6; Stewart 2001, "A
/// Krylov–Schur algorithm", for the restart).
///
/// V has orthonormal rows v_i, and J V is kept beside it. The next block is what J makes of the last one, less its
/// part in V. The eigenpairs of the projected matrix H = (v_i · J v_j) give Ritz vectors v = Σ c_i v_i; as J v =
/// Σ c_i J v_i is at hand, their residuals ‖J v − λ v‖ are those of J itself and not a bound. Where V is full, it is
/// cut to the leading Ritz vectors, which span an invariant space of H, so that the next block stays what it was.
///
/// J need not be symmetric. Where H is symmetric to a tenth of the tolerance, which it is if J is, eigenpairs are
/// those of its symmetric part: vectors are orthonormal then, and eigenvalues that occur twice make no difficulty.
struct BlockArnoldi {
  struct Settings {
    var k: Int
    var tolerance: Double
    /// Rows that V may have.
    var capacity: Int
    /// Products after which it ends as it is.
    var mostProducts: Int
  }

  private let settings: Settings
  private let dimension: Int
  private let dtype: DType
  private let times: (Tensor) throws -> Tensor
  private let stream: RandomStream
  private let basis: Tensor
  private let images: Tensor
  /// H, of capacity² numbers.
  private var projected: [Double]
  private var size = 0
  private var products = 0

  /// - Parameter times: J v for each row of [b, d].
  init(
    _ settings: Settings, dimension: Int, _ dtype: DType, stream: RandomStream,
    times: @escaping (Tensor) throws -> Tensor
  ) throws {
    (self.settings, self.dimension, self.dtype) = (settings, dimension, dtype)
    (self.stream, self.times) = (stream, times)
    basis = try Tensor(uninitialized: [settings.capacity, dimension], dtype)
    images = try Tensor(uninitialized: [settings.capacity, dimension], dtype)
    projected = try checkedArray(repeating: 0, count: settings.capacity * settings.capacity)
  }

  /// Random orthonormal rows.
  static func start(_ count: Int, _ dimension: Int, _ dtype: DType, _ stream: RandomStream) throws
    -> Tensor
  {
    let (q, _) = try Linalg.qr(stream.normal([count, dimension], dtype).transposed())
    return try q.transposed().densified()
  }

  /// - Parameters:
  ///   - start: orthonormal rows [b, d].
  ///   - startImages: J of them.
  mutating func run(from start: Tensor, _ startImages: Tensor) throws -> RitzPairs {
    let width = start.shape[0]
    products = width
    try take(start, startImages)
    var last = startImages
    var schedule = CheckSchedule(first: min(dimension, settings.k + 2 * width), width: width)
    while true {
      let isLast = size >= dimension || products >= settings.mostProducts
      if size >= settings.k, isLast || schedule.isDue(size) {
        let pairs = try leading()
        if pairs.worst <= settings.tolerance || isLast { return pairs }
        schedule.note(pairs.worst, at: size, wanted: settings.tolerance)
      }
      let room = min(width, dimension - size)
      var block = try orthonormal(last).map { $0.slice(axis: 0, 0..<min(room, $0.shape[0])) }
      if block == nil {
        // An invariant space is exhausted: others may have larger eigenvalues.
        block = try orthonormal(stream.normal([room, dimension], dtype))
      }
      guard let block else { return try leading() }
      if size + block.shape[0] > settings.capacity {
        try restart()
        schedule.restart(at: size)
      }
      last = try times(block)
      products += block.shape[0]
      try take(block, last)
    }
  }

  /// V with a block more, and H.
  private mutating func take(_ block: Tensor, _ blockImages: Tensor) throws {
    guard try blockImages.isFinite() else {
      throw UserError("a product with the Jacobian is not finite")
    }
    let count = block.shape[0]
    let (old, new) = (size, size + count)
    try basis.slice(axis: 0, old..<new).assign(block)
    try images.slice(axis: 0, old..<new).assign(blockImages)
    size = new
    let columns = try matmul(rows(basis), transpose(blockImages)).doubles()
    for i in 0..<new {
      for j in 0..<count { projected[i * settings.capacity + old + j] = columns[i * count + j] }
    }
    if old == 0 { return }
    let below = try matmul(block, transpose(images.slice(axis: 0, 0..<old))).doubles()
    for i in 0..<count {
      for j in 0..<old { projected[(old + i) * settings.capacity + j] = below[i * old + j] }
    }
  }

  private func rows(_ whole: Tensor) -> Tensor { whole.slice(axis: 0, 0..<size) }

  /// The part of vectors that is not in V, as orthonormal rows; nil where there is none but for rounding.
  private func orthonormal(_ vectors: Tensor) throws -> Tensor? {
    let v = rows(basis)
    var rest = vectors
    var least = 1e3 * (dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne))
    least *= try sqrt(square(vectors).reduced(.sum, axis: 1)).reduced(.maximum).item()
    // Twice, as the first rest is small where most of a vector is in V.
    for round in 0..<2 {
      for _ in 0..<2 { rest = try rest - matmul(matmul(rest, transpose(v)), v) }
      let (q, r) = try Linalg.qr(transpose(rest))
      let sizes = try r.doubles()
      let kept = (0..<r.shape[0]).filter {
        abs(sizes[$0 * r.shape[1] + $0]) > (round == 0 ? least : 0.1)
      }
      if kept.isEmpty { return nil }
      rest = try transpose(q).gathered(rows: kept)
    }
    return rest
  }

  private func matrix() throws -> Tensor {
    let step = settings.capacity
    return try Tensor(
      (0..<size).flatMap { projected[$0 * step..<$0 * step + size] }, shape: [size, size])
  }

  /// The leading eigenpairs of H as vectors, with their residuals.
  private func leading() throws -> RitzPairs {
    let spectrum = try ProjectedSpectrum(matrix(), symmetricWithin: settings.tolerance / 10)
    let chosen = spectrum.leading(settings.k)
    let coefficients = try spectrum.rows(chosen).converted(to: dtype)
    return try RitzPairs(
      chosen, vectors: matmul(coefficients, rows(basis)),
      images: matmul(coefficients, rows(images)))
  }

  /// V cut to the space of the leading Ritz vectors.
  private mutating func restart() throws {
    let spectrum = try ProjectedSpectrum(matrix(), symmetricWithin: settings.tolerance / 10)
    let kept = max(settings.k, (settings.capacity + settings.k) / 3)
    let (q, _) = try Linalg.qr(transpose(spectrum.rows(spectrum.leading(kept))))
    let turn = try transpose(q)
    let small = try matmul(matmul(turn, matrix()), q).doubles()
    let short = try turn.converted(to: dtype)
    let (newBasis, newImages) = (try matmul(short, rows(basis)), try matmul(short, rows(images)))
    size = turn.shape[0]
    try rows(basis).assign(newBasis)
    try rows(images).assign(newImages)
    for i in 0..<size {
      for j in 0..<size { projected[i * settings.capacity + j] = small[i * size + j] }
    }
  }
}

/// When the eigenpairs of H are looked at: seldom, as that costs as much as some products. Residuals fall about
/// geometrically with the size of V, so that two of them say when the third is small enough.
private struct CheckSchedule {
  private var next: Int
  private let width: Int
  private var before: (size: Int, residual: Double)?

  init(first: Int, width: Int) { (next, self.width) = (first, width) }

  func isDue(_ size: Int) -> Bool { size >= next }

  mutating func restart(at size: Int) {
    before = nil
    next = size + 2 * width
  }

  mutating func note(_ residual: Double, at size: Int, wanted: Double) {
    var wait = max(width, size / 8)
    if let before, residual < before.residual, residual > 0 {
      let slope: Double = Glibc.log(before.residual / residual) / Double(size - before.size)
      let steps: Double = Glibc.log(residual / wanted) / slope
      wait = min(wait, max(width, Int(clamping: 0.9 * steps)))
    }
    before = (size, residual)
    next = size + wait
  }
}
