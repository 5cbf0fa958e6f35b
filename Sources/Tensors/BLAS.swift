import Catalog
import Glibc
import Runtime

/// OpenBLAS, opened at first use with one thread: linked in, its idle worker would burn 0.1 s of CPU
/// in every process. Products run on our own worker pool, cut into panels of rows.
enum BLAS {
  typealias SGemm =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
      UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void
  typealias DGemm =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32,
      UnsafePointer<Double>, Int32, Double, UnsafeMutablePointer<Double>, Int32
    ) -> Void

  static let library: UnsafeMutableRawPointer? = {
    // Threads of its own, other cache sizes and another core's kernels would all round differently, so
    // that it is loaded without what a user may have set for other programs.
    let opened = withEnvironment(
      settings.map { ($0, nil) } + [("OPENBLAS_NUM_THREADS", "1")]
    ) { dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) }
    if let opened, let address = dlsym(opened, "openblas_set_num_threads") {
      unsafeBitCast(address, to: (@convention(c) (Int32) -> Void).self)(1)
    }
    return opened
  }()

  /// What OpenBLAS reads from the environment while it is loaded.
  private static let settings = [
    "OPENBLAS_CORETYPE", "OPENBLAS_BLOCK_FACTOR", "OPENBLAS_L2_SIZE", "OPENBLAS_THREAD_TIMEOUT",
    "OPENBLAS_DEFAULT_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS", "OMP_ADAPTIVE",
    "GOTOBLAS_CORETYPE", "GOTO_BLOCK_FACTOR", "GOTOBLAS_L2_SIZE",
  ]

  /// Runs `body` with other environment variables (nil: none) and puts the old ones back.
  private static func withEnvironment<R>(
    _ variables: [(name: String, value: String?)], _ body: () -> R
  ) -> R {
    let before = variables.map { ($0.name, getenv($0.name).map { String(cString: $0) }) }
    func set(_ name: String, _ value: String?) {
      if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }
    for (name, value) in variables { set(name, value) }
    defer { for (name, value) in before { set(name, value) } }
    return body()
  }

  static let sgemm: SGemm? = symbol("cblas_sgemm")
  static let dgemm: DGemm? = symbol("cblas_dgemm")

  private static func symbol<F>(_ name: String) -> F? {
    guard let library, let address = dlsym(library, name) else { return nil }
    return unsafeBitCast(address, to: F.self)
  }

  static let missing = UserError(
    "libopenblas.so.0 cannot be opened; install OpenBLAS (Debian: libopenblas0)")
}

/// What OpenBLAS says of itself, for `--version`: its version and kernel.
public func blasDescription() -> String {
  guard let library = BLAS.library, let address = dlsym(library, "openblas_get_config") else {
    return "none"
  }
  let config = unsafeBitCast(address, to: (@convention(c) () -> UnsafePointer<CChar>?).self)
  return config().map { String(cString: $0) } ?? "OpenBLAS"
}

/// Whether a matrix operand is to be read transposed.
public enum MatrixOrder {
  case plain, transposed
  var code: Int32 { self == .plain ? 111 : 112 }
}

/// C ← α op(A) op(B) + β C on dense row-major panels of rows of C, by OpenBLAS or, where it was
/// measured to be faster, by our own kernel.
/// - Parameters: rows, columns of C and the inner length; `aStep`, `bStep`, `cStep` are row lengths.
public func gemm(
  _ aOrder: MatrixOrder, _ bOrder: MatrixOrder, rows: Int, columns: Int, inner: Int,
  _ alpha: Float, _ a: UnsafePointer<Float>, _ aStep: Int, _ b: UnsafePointer<Float>, _ bStep: Int,
  _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ cStep: Int
) throws {
  if alpha == 1, beta == 0, cStep == columns, suitsKernel(Float.self, bOrder, rows, columns, inner)
  {
    return try kernelProduct(
      aOrder, bOrder, rows: rows, columns: columns, inner: inner, a, aStep, b, bStep, c,
      kernels.product)
  }
  guard let sgemm = BLAS.sgemm else { throw BLAS.missing }
  try runPanels(rows: rows, columns: columns, inner: inner, isDouble: false) { i, j, p in
    let (aRow, aColumn) = aOrder == .plain ? (aStep, 1) : (1, aStep)
    let (bRow, bColumn) = bOrder == .plain ? (bStep, 1) : (1, bStep)
    sgemm(
      101, aOrder.code, bOrder.code, Int32(i.count), Int32(j.count), Int32(p.count), alpha,
      a + i.lowerBound * aRow + p.lowerBound * aColumn, Int32(aStep),
      b + p.lowerBound * bRow + j.lowerBound * bColumn, Int32(bStep), p.lowerBound == 0 ? beta : 1,
      c + i.lowerBound * cStep + j.lowerBound, Int32(cStep))
  }
}

/// The same in double precision.
public func gemm(
  _ aOrder: MatrixOrder, _ bOrder: MatrixOrder, rows: Int, columns: Int, inner: Int,
  _ alpha: Double, _ a: UnsafePointer<Double>, _ aStep: Int, _ b: UnsafePointer<Double>,
  _ bStep: Int, _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ cStep: Int
) throws {
  if alpha == 1, beta == 0, cStep == columns, suitsKernel(Double.self, bOrder, rows, columns, inner)
  {
    return try kernelProduct(
      aOrder, bOrder, rows: rows, columns: columns, inner: inner, a, aStep, b, bStep, c,
      kernels.product)
  }
  guard let dgemm = BLAS.dgemm else { throw BLAS.missing }
  try runPanels(rows: rows, columns: columns, inner: inner, isDouble: true) { i, j, p in
    let (aRow, aColumn) = aOrder == .plain ? (aStep, 1) : (1, aStep)
    let (bRow, bColumn) = bOrder == .plain ? (bStep, 1) : (1, bStep)
    dgemm(
      101, aOrder.code, bOrder.code, Int32(i.count), Int32(j.count), Int32(p.count), alpha,
      a + i.lowerBound * aRow + p.lowerBound * aColumn, Int32(aStep),
      b + p.lowerBound * bRow + j.lowerBound * bColumn, Int32(bStep), p.lowerBound == 0 ? beta : 1,
      c + i.lowerBound * cStep + j.lowerBound, Int32(cStep))
  }
}

/// Panels of at least 64 rows of C, or columns where there are more of those, and about 4 MFLOP, at
/// most 32 of them; their cut depends on the shape alone. Each panel copies the whole other operand for
/// itself, so that from 8 panels of 128 on they are twice as wide: 5 to 13 % faster on one core at 1024
/// and 2048. Where such a panel would take more than some 50 ms, C is cut into tiles instead, and the
/// inner axis into pieces whose products are added up.
/// - Parameter body: rows, columns and inner range of one call; β is 1 where the range does not begin at 0.
private func runPanels(
  rows: Int, columns: Int, inner: Int, isDouble: Bool,
  _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ inner: Range<Int>) -> Void
) throws {
  let cutsRows = rows >= columns
  let (long, short) = cutsRows ? (rows, columns) : (columns, rows)
  let byWork = max(long >= 1024 ? 128 : 64, 4_000_000 / max(1, 2 * short * inner))
  let grain = (max(byWork, (long + 31) / 32) + 15) & ~15
  let longestCall = isDouble ? 5e8 : 1e9
  if 2 * Double(min(grain, long)) * Double(short) * Double(inner) > longestCall {
    return try runTiles(rows, columns, inner, operations: longestCall, body)
  }
  try WorkerPool.shared.run(count: long, grain: grain) { panel in
    if cutsRows { body(panel, 0..<columns, 0..<inner) } else { body(0..<rows, panel, 0..<inner) }
  }
}

private func runTiles(
  _ rows: Int, _ columns: Int, _ inner: Int, operations: Double,
  _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ inner: Range<Int>) -> Void
) throws {
  let depth = min(inner, 1024)
  let width = min(columns, 1024)
  let height = max(16, Int(clamping: operations / 2 / Double(depth * width)) & ~15)
  let across = (columns + width - 1) / width
  try WorkerPool.shared.run(chunks: (rows + height - 1) / height * across) { tile in
    let (i, j) = tile.quotientAndRemainder(dividingBy: across)
    for first in stride(from: 0, to: inner, by: depth) {
      try Cancellation.check()
      body(
        i * height..<min(rows, (i + 1) * height), j * width..<min(columns, (j + 1) * width),
        first..<min(inner, first + depth))
    }
  }
}

/// Whether our kernel multiplies faster than OpenBLAS, as measured: where the whole product is small
/// (counted with what it does in vain in four rows or a vector of columns that are not full), or B
/// stays in the cache while the rows of A pass by, enough of them where B must be copied.
private func suitsKernel<T>(
  _ type: T.Type, _ bOrder: MatrixOrder, _ rows: Int, _ columns: Int, _ inner: Int
) -> Bool {
  let largestB = 40 << 10
  let leastRows = bOrder == .plain ? 0 : 512
  let whole = ((rows + 3) & ~3, (columns + 15) & ~15)
  guard inner > 0, whole.0 <= 1 << 32, whole.1 <= 1 << 16, inner <= 1 << 16 else { return false }
  return whole.0 * whole.1 <= 200_000 / inner
    || inner * columns * MemoryLayout<T>.size <= largestB && rows >= leastRows
}

/// C = op(A) op(B) by our kernel, in panels of rows of about 4 MFLOP. It reads A in any order; B is
/// copied where it is to be transposed.
private func kernelProduct<T: BinaryFloatingPoint>(
  _ aOrder: MatrixOrder, _ bOrder: MatrixOrder, rows: Int, columns: Int, inner: Int,
  _ a: UnsafePointer<T>, _ aStep: Int, _ b: UnsafePointer<T>, _ bStep: Int,
  _ c: UnsafeMutablePointer<T>,
  _ product: (
    UnsafePointer<T>, Int, Int, UnsafePointer<T>, Int, UnsafeMutablePointer<T>, Int, Int, Int
  ) -> Void
) throws {
  if bOrder == .transposed {
    try withUnsafeTemporaryAllocation(of: T.self, capacity: inner * columns) { memory in
      guard let plain = memory.baseAddress else { return }
      for p in 0..<inner {
        for j in 0..<columns { (plain + p * columns + j).initialize(to: b[j * bStep + p]) }
      }
      try kernelProduct(
        aOrder, .plain, rows: rows, columns: columns, inner: inner, a, aStep, plain, columns, c,
        product)
    }
    return
  }
  let (aRow, aColumn) = aOrder == .plain ? (aStep, 1) : (1, aStep)
  let grain = max(64, 2_000_000 / max(1, columns * inner))
  if rows <= grain {
    return product(a, aRow, aColumn, b, bStep, c, rows, columns, inner)
  }
  try WorkerPool.shared.run(count: rows, grain: (grain + 15) & ~15) { i in
    product(
      a + i.lowerBound * aRow, aRow, aColumn, b, bStep, c + i.lowerBound * columns, i.count,
      columns, inner)
  }
}
