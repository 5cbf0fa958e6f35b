import CSupport
import KernelsBase
import KernelsV3
import KernelsV4
import Testing

/// The kernels of one CPU level.
struct Level: CustomTestStringConvertible, @unchecked Sendable {
  let testDescription: String
  let kernels: any KernelSet.Type

  static let base = Level(testDescription: "base", kernels: KernelsBase.Kernels.self)

  /// The levels this CPU can run.
  static let all: [Level] = {
    var result = [base]
    if csupport_cpu_level() >= 3 {
      result.append(Level(testDescription: "v3", kernels: KernelsV3.Kernels.self))
    }
    if csupport_cpu_level() >= 4 {
      result.append(Level(testDescription: "v4", kernels: KernelsV4.Kernels.self))
    }
    return result
  }()
}

/// Row lengths around every vector width, and long ones.
let lengths = Array(0...67) + [1000, 1024, 1025, 100_003]

/// An output between two guards; `contents` fails the test when a guard was overwritten.
struct Guarded<Element: BinaryFloatingPoint> {
  private var cells: [Element]
  private static var margin: Int { 64 }
  private static var canary: Element { 12345.0 }

  init(_ contents: [Element]) {
    let edge = [Element](repeating: Self.canary, count: Self.margin)
    cells = edge + contents + edge
  }

  init(count: Int) { self.init([Element](repeating: -777, count: count)) }

  mutating func with<R>(_ body: (UnsafeMutablePointer<Element>) -> R) -> R {
    cells.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("the margins are there") }
      return body(start + Self.margin)
    }
  }

  var contents: [Element] {
    let guards = cells.prefix(Self.margin) + cells.suffix(Self.margin)
    #expect(guards.allSatisfy { $0 == Self.canary }, "wrote outside of the row")
    return Array(cells.dropFirst(Self.margin).dropLast(Self.margin))
  }
}

/// A kernel's result for an input, computed apart and in place.
func applied<T: BinaryFloatingPoint>(
  _ x: [T], _ kernel: (UnsafePointer<T>, UnsafeMutablePointer<T>, Int) -> Void
) -> [T] {
  var apart = Guarded<T>(count: x.count)
  apart.with { y in
    x.withUnsafeBufferPointer { kernel($0.baseAddress ?? UnsafePointer(y), y, x.count) }
  }
  var inPlace = Guarded(x)
  inPlace.with { kernel(UnsafePointer($0), $0, x.count) }
  let result = apart.contents
  let same = zip(result, inPlace.contents).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  #expect(same, "in place differs")
  return result
}

/// Numbers spread over a range, the same in every run.
func spread<T: BinaryFloatingPoint>(_ range: ClosedRange<Double>, _ n: Int, seed: UInt64 = 1) -> [T]
{
  var state = seed
  return (0..<n).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let u = Double(state >> 11) / 9_007_199_254_740_992
    return T(range.lowerBound + u * (range.upperBound - range.lowerBound))
  }
}

/// |got − expected| in units of the last place of the expected number.
func ulps(_ got: Float, _ expected: Double) -> Double {
  let rounded = Float(expected)
  if got == rounded || (got.isNaN && expected.isNaN) { return 0 }
  if !got.isFinite || !rounded.isFinite { return .infinity }
  return abs(Double(got) - expected) / Double(rounded.ulp)
}

func ulps(_ got: Double, _ expected: Double) -> Double {
  if got == expected || (got.isNaN && expected.isNaN) { return 0 }
  if !got.isFinite || !expected.isFinite { return .infinity }
  return abs(got - expected) / expected.ulp
}

func bits(_ x: [Float]) -> [UInt32] { x.map(\.bitPattern) }
func bits(_ x: [Double]) -> [UInt64] { x.map(\.bitPattern) }
