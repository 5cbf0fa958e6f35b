import CSupport
import Catalog
import Synchronization

/// A program made of the tensor operations that one thread runs while it is watched.
///
/// Operations run as always, on numbers; besides, each one that reads a recorded value is noted here.
/// A value is a *storage*: views of it are only another layout, so that slices, transposes and
/// broadcasts cost nothing when the program runs again. Since recording happens below automatic
/// differentiation, gradients are recorded as the operations they are made of.
///
/// What would freeze a number into the program is refused: reading elements of a recorded value,
/// writing into one, drawing random numbers in another way than `RandomStream` records.
public final class Recording {
  /// What is read by an operation: a recorded value or a constant, and how it is laid out.
  public struct Operand {
    /// The number of the recorded value; nil for a constant.
    public let value: Int?
    public let constant: Tensor?
    public let layout: Layout

    public init(value: Int?, constant: Tensor?, layout: Layout) {
      self.value = value
      self.constant = constant
      self.layout = layout
    }
  }

  /// How a tensor lies in its storage.
  public struct Layout: Equatable {
    public let dtype: DType
    public let shape: Shape
    public let strides: Shape
    public let offset: Int

    public init(dtype: DType, shape: Shape, strides: Shape, offset: Int) {
      self.dtype = dtype
      self.shape = shape
      self.strides = strides
      self.offset = offset
    }
  }

  /// One operation in the order they ran. All but `operation` write one dense result.
  public struct Step {
    public let name: String
    public let kind: RecordedKind
    public let inputs: [Operand]
    public let outputs: [(value: Int, layout: Layout)]

    public init(
      name: String, kind: RecordedKind, inputs: [Operand], outputs: [(value: Int, layout: Layout)]
    ) {
      self.name = name
      self.kind = kind
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  /// A piece of memory that the program makes or is given.
  public struct Value {
    public let byteCount: Int
  }

  public private(set) var operations: [Step] = []
  public private(set) var values: [Value] = []
  /// Streams that were given as arguments, to be replaced by those of each call.
  public var streams: [RandomStream] = []
  /// A mistake met where nothing can be thrown; it ends the recording.
  public private(set) var failure: UserError?
  private var places: [Int: Int] = [:]
  private static let issued = Atomic<Int>(0)
  /// The mark of what is made while this recording runs.
  let birth = Recording.issued.add(1, ordering: .relaxed).newValue

  public init() {}

  /// When something was made, against `birth`: 0 where nothing is recorded.
  @inline(__always)
  static func mark() -> Int { current.map { $0.birth } ?? 0 }

  /// The recording of this thread; nil almost always.
  @inline(__always)
  public static var current: Recording? {
    guard let pointer = csupport_recorder() else { return nil }
    return Unmanaged<Recording>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Records what `body` does on this thread.
  public func watch<R>(_ body: () throws -> R) rethrows -> R {
    let outer = csupport_recorder()
    csupport_set_recorder(Unmanaged.passUnretained(self).toOpaque())
    defer { csupport_set_recorder(outer) }
    return try withExtendedLifetime(self) { try body() }
  }

  /// Runs `body` without recording it.
  package func pausing<R>(_ body: () throws -> R) rethrows -> R {
    csupport_set_recorder(nil)
    defer { csupport_set_recorder(Unmanaged.passUnretained(self).toOpaque()) }
    return try body()
  }
}

// MARK: - Values

extension Recording {
  /// The same numbers as an argument, as a dense recorded value of its own.
  public func argument(_ tensor: Tensor) throws -> Tensor {
    let dense = try tensor.densified()
    let size = tensor.dtype.byteCount
    let known = Tensor(
      storage: Storage(
        part: dense.storage, from: dense.offset * size, byteCount: dense.elementCount * size),
      dtype: dense.dtype, shape: dense.shape, strides: dense.shape.denseStrides)
    _ = declare(known)
    return known
  }

  private func declare(_ tensor: Tensor) -> Int {
    let number = Recording.issued.add(1, ordering: .relaxed).newValue
    tensor.storage.recordedNumber = number
    places[number] = values.count
    values.append(Value(byteCount: tensor.storage.byteCount))
    return values.count - 1
  }

  /// The value that a tensor is a view of; nil for constants.
  public func value(of tensor: Tensor) -> Int? {
    let number = tensor.storage.recordedNumber
    return number == 0 ? nil : places[number]
  }

  /// Whether the recorded function made this tensor, so that nobody else can write into it.
  public func made(_ tensor: Tensor) -> Bool { tensor.storage.born == birth }

  public func operand(_ tensor: Tensor) -> Operand {
    let value = value(of: tensor)
    return Operand(
      value: value, constant: value == nil ? tensor.untraced() : nil, layout: tensor.layout)
  }
}

// MARK: - Noting operations

extension Recording {
  /// Runs an operation with one dense result and notes it where an input is recorded.
  func note(_ kind: RecordedKind, _ inputs: [Tensor], _ body: () throws -> Tensor) throws -> Tensor
  {
    let result = try pausing(body)
    if inputs.contains(where: { value(of: $0) != nil }) {
      append(kind, kind.name, inputs, [result])
    }
    return result
  }

  /// The same for an operation that is an object, with any number of results.
  func note(_ operation: some Operation, _ inputs: [Tensor]) throws -> [Tensor] {
    var inputs = inputs
    if operation is any PlannedOperation { inputs = try inputs.map { try $0.densified() } }
    let results = try pausing { try operation.results(of: inputs) }
    if inputs.contains(where: { value(of: $0) != nil }) {
      append(.operation(operation), operation.name, inputs, results)
    }
    return results
  }

  func note(
    general name: String, _ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    try note(Repeated(name, body), inputs)
  }

  func note(
    general name: String, _ inputs: [Tensor], one body: @escaping ([Tensor]) throws -> Tensor
  ) throws -> Tensor {
    try note(Repeated(name, one: body), inputs)[0]
  }

  /// Random numbers: drawn again in every run of the program.
  func note(draw law: DrawnLaw, _ stream: RandomStream, _ body: () throws -> Tensor) throws
    -> Tensor
  {
    let result = try pausing(body)
    append(.draw(law, stream), "random", [], [result])
    return result
  }

  private func append(_ kind: RecordedKind, _ name: String, _ inputs: [Tensor], _ results: [Tensor])
  {
    let operands = inputs.map(operand)
    // A result that is a view of something known is no new value.
    let outputs = results.compactMap { result -> (value: Int, layout: Layout)? in
      value(of: result) == nil ? (declare(result), result.layout) : nil
    }
    operations.append(Step(name: name, kind: kind, inputs: operands, outputs: outputs))
  }
}

// MARK: - Refusals

extension Recording {
  /// Throws where the elements of a recorded value are asked for.
  @inline(__always)
  public static func requireNumbers(of tensor: Tensor) throws {
    guard let current, current.value(of: tensor) != nil else { return }
    throw UserError("a tensor that grad.compile records has no value yet")
  }

  /// Notes that something reads the memory of a recorded value unseen, which would freeze its numbers.
  static func noteReading(of tensor: Tensor) {
    guard let current, current.value(of: tensor) != nil else { return }
    current.refuse("an operation in it reads the elements of a tensor and cannot be replayed")
  }

  /// Throws while anything is recorded: writing has no place in a program of values.
  @inline(__always)
  public static func requireNoWriting() throws {
    if current == nil { return }
    throw UserError(
      "a tensor cannot be written to while grad.compile records; build the result instead")
  }

  /// Numbers that would be drawn once and then stay the same.
  static func refuseDraw() {
    current?.refuse(
      "only normal and uniform numbers of a stream from outside can be drawn while grad.compile "
        + "records; draw others before and pass them as an argument")
  }

  func refuse(_ message: String) {
    if failure == nil { failure = UserError(message) }
  }
}

/// The kinds of operation that a program may hold. Operands of the elementwise ones have the shape of
/// the result, by broadcasting, and the types that the kernel takes.
public enum RecordedKind {
  case unary(UnaryKernel)
  case binary(BinaryKernel)
  case compare(Comparison)
  /// mask, then the two choices, which may have one element.
  case choose
  case and
  case test(ElementTest)
  case convert
  case copy
  /// Of a dense operand seen as [outer, length, inner].
  case reduce(ReductionKernel, outer: Int, length: Int, inner: Int)
  /// Operands of one type written one behind the other along an axis.
  case join(axis: Int)
  /// Matrix products of `batch` pairs.
  case product(batch: Int)
  case draw(DrawnLaw, RandomStream)
  case operation(any Operation)

  public var name: String {
    switch self {
    case .unary(let kernel): kernel.name
    case .binary(let kernel): kernel.name
    case .compare(let comparison): comparison.rawValue
    case .choose: "where"
    case .and: "and"
    case .test(let test): test.rawValue
    case .convert: "convert"
    case .copy: "copy"
    case .reduce(let kernel, _, _, _): kernel.name
    case .join(let axis): "concatenate \(axis)"
    case .product: "matmul"
    case .draw(let law, _): law.rawValue
    case .operation(let operation): operation.name
    }
  }
}

/// Laws that a program draws from by itself.
public enum DrawnLaw: String { case normal, uniform }

extension Tensor {
  public var layout: Recording.Layout {
    Recording.Layout(dtype: dtype, shape: shape, strides: strides, offset: offset)
  }
}
