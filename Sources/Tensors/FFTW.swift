import Catalog
import Glibc
import Runtime

/// FFTW (Frigo & Johnson 2005), opened at first use like OpenBLAS: most sessions never transform.
/// Complex numbers are pairs (real, imaginary) along a last axis of 2, which is FFTW's own layout.
struct FFTW: @unchecked Sendable {
  typealias Plan = OpaquePointer
  typealias Memory = UnsafeMutableRawPointer
  typealias Sizes = UnsafePointer<Int32>
  typealias MakeComplex =
    @convention(c) (
      Int32, Sizes, Int32, Memory, Sizes?, Int32, Int32, Memory, Sizes?, Int32, Int32, Int32, UInt32
    ) -> Plan?
  typealias MakeReal =
    @convention(c) (
      Int32, Sizes, Int32, Memory, Sizes?, Int32, Int32, Memory, Sizes?, Int32, Int32, UInt32
    ) -> Plan?
  typealias Execute = @convention(c) (Plan, Memory, Memory) -> Void
  typealias Destroy = @convention(c) (Plan) -> Void

  let makeComplex: MakeComplex
  let makeForward: MakeReal
  let makeBackward: MakeReal
  let execute: [FourierKind: Execute]
  let destroy: Destroy

  static let double = FFTW(library: "libfftw3.so.3", prefix: "fftw_")
  static let single = FFTW(library: "libfftw3f.so.3", prefix: "fftwf_")
  /// The planner of FFTW may run once at a time only.
  static let planning = Guarded(())

  private init?(library: String, prefix: String) {
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else { return nil }
    func symbol<F>(_ name: String, _ type: F.Type) -> F? {
      dlsym(handle, prefix + name).map { unsafeBitCast($0, to: F.self) }
    }
    guard let makeComplex = symbol("plan_many_dft", MakeComplex.self),
      let makeForward = symbol("plan_many_dft_r2c", MakeReal.self),
      let makeBackward = symbol("plan_many_dft_c2r", MakeReal.self),
      let complex = symbol("execute_dft", Execute.self),
      let forward = symbol("execute_dft_r2c", Execute.self),
      let backward = symbol("execute_dft_c2r", Execute.self),
      let destroy = symbol("destroy_plan", Destroy.self)
    else { return nil }
    self.makeComplex = makeComplex
    self.makeForward = makeForward
    self.makeBackward = makeBackward
    self.destroy = destroy
    execute = [
      .complex(sign: -1): complex, .complex(sign: 1): complex, .fromReal: forward,
      .toReal: backward,
    ]
  }

  static func library(_ dtype: DType) throws -> FFTW {
    guard let library = dtype == .float32 ? single : double else {
      throw UserError(
        "\(dtype == .float32 ? "libfftw3f" : "libfftw3").so.3 cannot be opened; install FFTW "
          + "(Debian: libfftw3-single3, libfftw3-double3)")
    }
    return library
  }
}

/// What a transform takes and gives. None divides by the length.
public enum FourierKind: Hashable {
  /// X_k = Σ_j x_j exp(sign 2πi jk/n).
  case complex(sign: Int)
  /// The same with sign −1 of real numbers; n/2 + 1 complex ones, since the others mirror them.
  case fromReal
  /// The inverse of `fromReal`, times n.
  case toReal
}

extension Tensor {
  /// A transform along a 0-based axis of numbers; where they are complex their last axis of 2 comes
  /// besides. `length` is the number of real elements that `toReal` gives.
  public func transformed(_ kind: FourierKind, axis: Int, length: Int? = nil) throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(
        general: "fft", [self],
        one: { try $0[0].transformed(kind, axis: axis, length: length) })
    }
    let source = try densified()
    let library = try FFTW.library(dtype)
    var target = shape
    let n: Int
    switch kind {
    case .complex: n = shape[axis]
    case .fromReal:
      n = shape[axis]
      target[axis] = n / 2 + 1
      target.append(2)
    case .toReal:
      n = length ?? 2 * (shape[axis] - 1)
      target = target.removing(axis: rank - 1)
      target[axis] = n
    }
    guard n > 0 else { throw UserError("an empty axis has no transform, got shape \(shape)") }
    guard n < Int(clamping: Int32.max), elementCount < 1 << 40 else {
      throw UserError("an axis of \(n) elements is too long to transform")
    }
    let result = try Tensor(uninitialized: target, dtype)
    if result.elementCount == 0 { return result }
    try source.transform(kind, axis: axis, n: n, into: result, library)
    return result
  }

  private func transform(
    _ kind: FourierKind, axis: Int, n: Int, into result: Tensor, _ library: FFTW
  ) throws {
    // Numbers before and after the axis; a complex pair is one number.
    let isRealInput = kind == .fromReal
    let isRealOutput = kind == .toReal
    var outer = 1
    var inner = 1
    for position in 0..<axis { outer *= shape[position] }
    let end = isRealInput ? rank : rank - 1
    for position in stride(from: axis + 1, to: end, by: 1) { inner *= shape[position] }
    let inputLength = shape[axis]
    let outputLength = result.shape[axis]
    // Neighbours in one call where the axis is the last, otherwise a call for each outer block.
    let many = inner == 1 ? outer : inner
    guard many < Int(clamping: Int32.max),
      inner * max(inputLength, outputLength) < Int(clamping: Int32.max)
    else {
      throw UserError("shape \(shape) is too large to transform along axis \(axis + 1)")
    }
    let layout = FFTW.Layout(
      kind: kind, length: n, step: inner, inputDistance: inner == 1 ? inputLength : 1,
      outputDistance: inner == 1 ? outputLength : 1)
    let x = storage.base + offset * dtype.byteCount
    let y = result.storage.base
    let inputBytes = dtype.byteCount * (isRealInput ? 1 : 2)
    let outputBytes = dtype.byteCount * (isRealOutput ? 1 : 2)
    // Some milliseconds' work in one call, so that a request to stop is seen soon.
    let most = max(1, FFTW.numbersInCall / n)
    for calls in [0..<many / most * most, many / most * most..<many] where !calls.isEmpty {
      let count = min(most, calls.count)
      try library.withPlan(layout, count, x, y) { execute in
        for block in 0..<(inner == 1 ? 1 : outer) {
          for first in stride(from: calls.lowerBound, to: calls.upperBound, by: count) {
            try Cancellation.check()
            execute(
              x + (block * inputLength * inner + first * layout.inputDistance) * inputBytes,
              y + (block * outputLength * inner + first * layout.outputDistance) * outputBytes)
          }
        }
      }
    }
  }
}

extension FFTW {
  /// Numbers that one call goes through.
  static let numbersInCall = 1 << 20

  /// How transforms lie in memory, counted in numbers: `step` from one of a transform to the next, the
  /// distances from the first of one transform to that of the next.
  struct Layout {
    let kind: FourierKind
    let length: Int
    let step: Int
    let inputDistance: Int
    let outputDistance: Int
  }

  /// Plans `count` transforms; `body` runs them from wherever it says.
  func withPlan(
    _ layout: Layout, _ count: Int, _ x: Memory, _ y: Memory,
    _ body: ((_ from: Memory, _ to: Memory) -> Void) throws -> Void
  ) throws {
    var size = Int32(layout.length)
    let (many, step) = (Int32(count), Int32(layout.step))
    let (ahead, behind) = (Int32(layout.inputDistance), Int32(layout.outputDistance))
    let flags: UInt32 = 1 << 6 | 1 << 4 | 1 << 1  // estimate, preserve input, unaligned
    let plan = FFTW.planning.withLock { _ -> Plan? in
      switch layout.kind {
      case .complex(let sign):
        makeComplex(
          1, &size, many, x, nil, step, ahead, y, nil, step, behind, Int32(sign), flags)
      case .fromReal:
        makeForward(1, &size, many, x, nil, step, ahead, y, nil, step, behind, flags)
      case .toReal:
        makeBackward(1, &size, many, x, nil, step, ahead, y, nil, step, behind, flags)
      }
    }
    guard let plan, let execute = execute[layout.kind] else {
      throw UserError("FFTW cannot transform an axis of \(layout.length) elements")
    }
    defer { FFTW.planning.withLock { _ in destroy(plan) } }
    try body { execute(plan, $0, $1) }
  }
}
