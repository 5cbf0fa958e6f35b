import KernelsBase
import Tensors

/// What one step of a fused chain does.
enum ElementCode: UInt8 {
  // y = f(x)
  case negative, absolute, exp, expm1, log, log1p, sqrt, square, reciprocal, sin, cos, tanh
  case sigmoid, silu, relu
  /// A function that only a `UnaryKernel` has.
  case unary
  // z = a ∘ b
  case add, subtract, multiply, divide, power, maximum, minimum
  case binary
  // The others
  case compare, choose, and, test, convert, load, copy

  init(_ kernel: UnaryKernel) {
    let known: [String: ElementCode] = [
      "negative": .negative, "abs": .absolute, "exp": .exp, "expm1": .expm1, "log": .log,
      "log1p": .log1p, "sqrt": .sqrt, "square": .square, "reciprocal": .reciprocal, "sin": .sin,
      "cos": .cos, "tanh": .tanh, "sigmoid": .sigmoid, "silu": .silu, "relu": .relu,
    ]
    self = known[kernel.name] ?? .unary
  }

  init(_ kernel: BinaryKernel) {
    let known: [String: ElementCode] = [
      "add": .add, "subtract": .subtract, "multiply": .multiply, "divide": .divide,
      "power": .power, "maximum": .maximum, "minimum": .minimum,
    ]
    self = known[kernel.name] ?? .binary
  }
}

/// One step of a fused chain: its code, the types it works on and the numbers of its operands.
struct ElementStep {
  var code: ElementCode
  /// The type of the operands; of `choose` that of the choices.
  var type: DType
  /// The type of the result of `convert`.
  var target: DType
  var output: Int
  var a: Int
  var b: Int
  var c: Int
  /// Which kernel, comparison, test or loader.
  var number: Int
}

/// The functions that steps name by number, kept for as long as the chain.
struct ElementFunctions {
  var unary: [UnaryKernel] = []
  var binary: [BinaryKernel] = []
  var comparisons: [Comparison] = []
  var tests: [ElementTest] = []
  var loaders: [RunLoader] = []
}

/// The operands of a step in one block: where they start, and whether they go on (1) or are one
/// element for all (0).
struct BlockOperands {
  let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  let steps: UnsafeMutablePointer<Int>

  @inline(__always)
  func pointer<T>(_ number: Int, _ type: T.Type) -> UnsafeMutablePointer<T> {
    pointers[number].assumingMemoryBound(to: T.self)
  }
}

extension ElementStep {
  /// Runs the step on a block of `n` elements, of which `start` lie before it.
  @inline(__always)
  func run(_ at: BlockOperands, _ functions: borrowing ElementFunctions, from start: Int, _ n: Int)
  {
    switch code {
    case .load: load(at, functions.loaders[number], start, n)
    case .copy:
      at.pointers[output].copyMemory(from: at.pointers[a], byteCount: n * type.byteCount)
    case .compare: compare(at, functions.comparisons[number], n)
    case .choose: choose(at, n)
    case .and:
      let (x, y) = (at.pointer(a, Bool.self), at.pointer(b, Bool.self))
      let z = at.pointer(output, Bool.self)
      for i in 0..<n { z[i] = x[i] && y[i] }
    case .test: test(at, functions.tests[number], n)
    case .convert: convert(at, n)
    case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum, .binary:
      switch type {
      case .float32: binaryFloat(at, functions, n)
      case .float64: binaryDouble(at, functions, n)
      default: binaryInteger(at, functions, n)
      }
    default:
      if type == .float32 { unaryFloat(at, functions, n) } else { unaryDouble(at, functions, n) }
    }
  }

  private func unaryFloat(_ at: BlockOperands, _ functions: borrowing ElementFunctions, _ n: Int) {
    let x = UnsafePointer(at.pointer(a, Float.self))
    let y = at.pointer(output, Float.self)
    switch code {
    case .negative: kernels.negative(x, y, n)
    case .absolute: kernels.absolute(x, y, n)
    case .exp: kernels.exp(x, y, n)
    case .expm1: kernels.expm1(x, y, n)
    case .log: kernels.log(x, y, n)
    case .log1p: kernels.log1p(x, y, n)
    case .sqrt: kernels.sqrt(x, y, n)
    case .square: kernels.square(x, y, n)
    case .reciprocal: kernels.reciprocal(x, y, n)
    case .sin: kernels.sin(x, y, n)
    case .cos: kernels.cos(x, y, n)
    case .tanh: kernels.tanh(x, y, n)
    case .sigmoid: kernels.sigmoid(x, y, n)
    case .silu: kernels.silu(x, y, n)
    case .relu: kernels.relu(x, y, n)
    default: functions.unary[number].float(x, y, n)
    }
  }

  private func unaryDouble(_ at: BlockOperands, _ functions: borrowing ElementFunctions, _ n: Int) {
    let x = UnsafePointer(at.pointer(a, Double.self))
    let y = at.pointer(output, Double.self)
    switch code {
    case .negative: kernels.negative(x, y, n)
    case .absolute: kernels.absolute(x, y, n)
    case .exp: kernels.exp(x, y, n)
    case .expm1: kernels.expm1(x, y, n)
    case .log: kernels.log(x, y, n)
    case .log1p: kernels.log1p(x, y, n)
    case .sqrt: kernels.sqrt(x, y, n)
    case .square: kernels.square(x, y, n)
    case .reciprocal: kernels.reciprocal(x, y, n)
    case .sin: kernels.sin(x, y, n)
    case .cos: kernels.cos(x, y, n)
    case .tanh: kernels.tanh(x, y, n)
    case .sigmoid: kernels.sigmoid(x, y, n)
    case .silu: kernels.silu(x, y, n)
    case .relu: kernels.relu(x, y, n)
    default: functions.unary[number].double(x, y, n)
    }
  }

  private func binaryFloat(_ at: BlockOperands, _ functions: borrowing ElementFunctions, _ n: Int) {
    let (x, y) = (
      UnsafePointer(at.pointer(a, Float.self)), UnsafePointer(at.pointer(b, Float.self))
    )
    let (i, j) = (at.steps[a], at.steps[b])
    let z = at.pointer(output, Float.self)
    switch code {
    case .add: kernels.add(x, i, y, j, z, n)
    case .subtract: kernels.subtract(x, i, y, j, z, n)
    case .multiply: kernels.multiply(x, i, y, j, z, n)
    case .divide: kernels.divide(x, i, y, j, z, n)
    case .power: kernels.power(x, i, y, j, z, n)
    case .maximum: kernels.maximum(x, i, y, j, z, n)
    case .minimum: kernels.minimum(x, i, y, j, z, n)
    default: functions.binary[number].float(x, i, y, j, z, n)
    }
  }

  private func binaryDouble(_ at: BlockOperands, _ functions: borrowing ElementFunctions, _ n: Int)
  {
    let x = UnsafePointer(at.pointer(a, Double.self))
    let y = UnsafePointer(at.pointer(b, Double.self))
    let (i, j) = (at.steps[a], at.steps[b])
    let z = at.pointer(output, Double.self)
    switch code {
    case .add: kernels.add(x, i, y, j, z, n)
    case .subtract: kernels.subtract(x, i, y, j, z, n)
    case .multiply: kernels.multiply(x, i, y, j, z, n)
    case .divide: kernels.divide(x, i, y, j, z, n)
    case .power: kernels.power(x, i, y, j, z, n)
    case .maximum: kernels.maximum(x, i, y, j, z, n)
    case .minimum: kernels.minimum(x, i, y, j, z, n)
    default: functions.binary[number].double(x, i, y, j, z, n)
    }
  }

  private func binaryInteger(_ at: BlockOperands, _ functions: borrowing ElementFunctions, _ n: Int)
  {
    guard let kernel = functions.binary[number].integer else { return }
    let (x, y) = (at.pointer(a, Int64.self), at.pointer(b, Int64.self))
    let z = at.pointer(output, Int64.self)
    for k in 0..<n { z[k] = kernel(x[k &* at.steps[a]], y[k &* at.steps[b]]) }
  }

  private func load(_ at: BlockOperands, _ loader: RunLoader, _ start: Int, _ n: Int) {
    switch type.byteCount {
    case 1:
      loader.load(
        at.pointer(a, UInt8.self), into: at.pointer(output, UInt8.self), from: start, count: n)
    case 4:
      loader.load(
        at.pointer(a, UInt32.self), into: at.pointer(output, UInt32.self), from: start, count: n)
    default:
      loader.load(
        at.pointer(a, UInt64.self), into: at.pointer(output, UInt64.self), from: start, count: n)
    }
  }

  private func compare(_ at: BlockOperands, _ comparison: Comparison, _ n: Int) {
    let (x, y) = (at.pointer(a, Double.self), at.pointer(b, Double.self))
    let (i, j) = (at.steps[a], at.steps[b])
    let z = at.pointer(output, Bool.self)
    for k in 0..<n { z[k] = comparison.holds(x[k &* i], y[k &* j]) }
  }

  private func choose(_ at: BlockOperands, _ n: Int) {
    func go<T>(_ type: T.Type) {
      let mask = at.pointer(a, Bool.self)
      let (x, y) = (at.pointer(b, T.self), at.pointer(c, T.self))
      let (l, i, j) = (at.steps[a], at.steps[b], at.steps[c])
      let z = at.pointer(output, T.self)
      for k in 0..<n { z[k] = mask[k &* l] ? x[k &* i] : y[k &* j] }
    }
    switch type.byteCount {
    case 1: go(UInt8.self)
    case 4: go(UInt32.self)
    default: go(UInt64.self)
    }
  }

  private func test(_ at: BlockOperands, _ test: ElementTest, _ n: Int) {
    let z = at.pointer(output, Bool.self)
    func go<T: BinaryFloatingPoint>(_ type: T.Type) {
      let x = at.pointer(a, T.self)
      for k in 0..<n { z[k] = test.holds(x[k]) }
    }
    switch type {
    case .float32: go(Float.self)
    case .float64: go(Double.self)
    default: z.update(repeating: test == .isFinite, count: n)
    }
  }

  /// The conversions of `Tensor.converted`; those to int64, which may fail, are no steps.
  private func convert(_ at: BlockOperands, _ n: Int) {
    switch (type, target) {
    case (.float32, .float64):
      kernels.convert(at.pointer(a, Float.self), at.pointer(output, Double.self), n)
    case (.float64, .float32):
      kernels.convert(at.pointer(a, Double.self), at.pointer(output, Float.self), n)
    case (.float32, _): convert(at, Float.self, n) { Double($0) }
    case (.float64, _): convert(at, Double.self, n) { $0 }
    case (.int64, _): convert(at, Int64.self, n) { Double($0) }
    case (.bool, _): convert(at, Bool.self, n) { $0 ? 1 : 0 }
    }
  }

  @inline(__always)
  private func convert<T>(_ at: BlockOperands, _ from: T.Type, _ n: Int, _ number: (T) -> Double) {
    let x = at.pointer(a, T.self)
    switch target {
    case .float32:
      let y = at.pointer(output, Float.self)
      for k in 0..<n { y[k] = Float(number(x[k])) }
    case .float64:
      let y = at.pointer(output, Double.self)
      for k in 0..<n { y[k] = number(x[k]) }
    default:
      let y = at.pointer(output, Bool.self)
      for k in 0..<n { y[k] = number(x[k]) != 0 }
    }
  }
}
