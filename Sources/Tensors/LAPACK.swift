import Catalog
import Glibc
import Runtime

// LAPACK (Anderson et al. 1999, "LAPACK Users' Guide") from the OpenBLAS that `BLAS` opens.
//
// LAPACK reads matrices by columns, tensors lie by rows: the memory of A is LAPACK's Aᵀ. Each use
// says how it makes good for that; most need no transposition. LAPACK runs on one thread, so that
// a result has the same bits whatever `--threads` says; a stack of matrices is shared out over the
// worker pool.

/// The element types that LAPACK computes with.
protocol LAPACKScalar: Element, BinaryFloatingPoint {
  /// The first letter of a routine's name.
  static var letter: String { get }
}

extension Float: LAPACKScalar { static var letter: String { "s" } }
extension Double: LAPACKScalar { static var letter: String { "d" } }

/// The routines in use. Fortran takes every argument by reference, and the length of every string
/// at the end.
enum LAPACK {
  typealias P = UnsafeMutableRawPointer
  /// rows, columns, A, step, pivots, info
  typealias GETRF = @convention(c) (P, P, P, P, P, P) -> Void
  /// order, A, step, pivots, work, length of work, info
  typealias GETRI = @convention(c) (P, P, P, P, P, P, P) -> Void
  /// trans, order, columns of B, A, step, pivots, B, step, info
  typealias GETRS = @convention(c) (P, P, P, P, P, P, P, P, P, Int) -> Void
  /// uplo, order, A, step, info
  typealias POTRF = @convention(c) (P, P, P, P, P, Int) -> Void
  /// uplo, trans, diag, order, columns of B, A, step, B, step, info
  typealias TRTRS = @convention(c) (P, P, P, P, P, P, P, P, P, P, Int, Int, Int) -> Void
  /// rows, columns, A, step, tau, work, length of work, info
  typealias GELQF = @convention(c) (P, P, P, P, P, P, P, P) -> Void
  /// rows, columns, reflectors, A, step, tau, work, length of work, info
  typealias ORGLQ = @convention(c) (P, P, P, P, P, P, P, P, P) -> Void
  /// job, rows, columns, A, step, S, U, step, VT, step, work, its length, iwork, info
  typealias GESDD = @convention(c) (P, P, P, P, P, P, P, P, P, P, P, P, P, P, Int) -> Void
  /// rows, columns, columns of B, A, step, B, step, S, rcond, rank, work, its length, iwork, info
  typealias GELSD = @convention(c) (P, P, P, P, P, P, P, P, P, P, P, P, P, P) -> Void
  /// job, uplo, order, A, step, W, work, its length, iwork, its length, info
  typealias SYEVD = @convention(c) (P, P, P, P, P, P, P, P, P, P, P, Int, Int) -> Void
  /// left, right, order, A, step, real, imaginary, VL, step, VR, step, work, its length, info
  typealias GEEV = @convention(c) (P, P, P, P, P, P, P, P, P, P, P, P, P, P, Int, Int) -> Void

  /// A routine by its name without the letter of the element type.
  static func routine<T: LAPACKScalar, F>(_ name: String, _ type: T.Type) throws -> F {
    guard let library = BLAS.library, let address = dlsym(library, "\(T.letter)\(name)_") else {
      throw BLAS.missing
    }
    return unsafeBitCast(address, to: F.self)
  }

  /// The length of a work array from the answer to a query, which float32 may have rounded down.
  static func workLength<T: LAPACKScalar>(_ answer: T) throws -> Int32 {
    let length = (Double(answer) * (1 + 4 * Double(Float.ulpOfOne))).rounded(.up) + 1
    guard let whole = Int32(exactly: length) else {
      throw UserError("the matrix is too large for LAPACK")
    }
    return whole
  }

  /// The product of a factor and three lengths, for `forEachMatrix`; the largest integer where it is
  /// beyond.
  static func cost(_ factor: Int, _ a: Int, _ b: Int, _ c: Int) -> Int {
    Int(clamping: Double(factor) * Double(a) * Double(b) * Double(c))
  }

  /// A LAPACK routine that refused a matrix of a stack: which one, and with what code.
  struct Refusal {
    let index: Int
    let code: Int32
    let count: Int

    /// ` (matrix 3 of the stack)`, nothing for a single matrix.
    var place: String { count == 1 ? "" : " (matrix \(index + 1) of the stack)" }
  }

  /// Runs `body` for each matrix of a stack; it returns LAPACK's info. Small matrices are shared out
  /// over the worker pool, several at a time; the cut depends on `work` (operations a matrix) alone.
  static func forEachMatrix(_ count: Int, work: Int, _ body: (Int) throws -> Int32)
    throws -> Refusal?
  {
    try Memory.request(count, of: Int32.self)
    return try withUnsafeTemporaryAllocation(of: Int32.self, capacity: max(count, 1)) { codes in
      try WorkerPool.shared.run(count: count, grain: max(1, 400_000 / max(work, 1))) {
        for index in $0 { codes[index] = try body(index) }
      }
      for index in 0..<count where codes[index] != 0 {
        return Refusal(index: index, code: codes[index], count: count)
      }
      return nil
    }
  }
}

/// One character as Fortran takes it.
func fortran(_ letter: Unicode.Scalar) -> UInt8 { UInt8(ascii: letter) }
