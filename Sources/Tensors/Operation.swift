import Runtime

/// The shape and the type of a tensor.
public struct TensorSpec: Equatable {
  public let shape: Shape
  public let dtype: DType

  public init(_ shape: Shape, _ dtype: DType) {
    self.shape = shape
    self.dtype = dtype
  }

  public var byteCount: Int { get throws { try shape.byteCount(of: dtype) } }
}

/// What is done with whole tensors as one step: of a script as it runs, on a tape, in a recorded program.
///
/// Its results depend on nothing but the inputs and its own constants, so that a program can repeat it.
/// An operation is a value in one file; whoever uses it calls `evaluate`, or `perform` of `Autodiff`
/// where gradients pass, and never asks which of the three runs it.
public protocol Operation {
  /// What an error and a printed program call it.
  var name: String { get }
  /// The results, each in memory of its own or a view of an input.
  func results(of inputs: [Tensor]) throws -> [Tensor]
}

/// An operation that writes dense results into memory it is given, so that a program plans that memory
/// once and uses it in every run.
public protocol PlannedOperation: Operation {
  /// Shapes and types of the results; an error where the inputs do not fit together.
  func results(of inputs: [TensorSpec]) throws -> [TensorSpec]
  /// Bytes that `run` needs beside inputs and results.
  func workspaceByteCount(for inputs: [TensorSpec]) throws -> Int
  /// The input in whose memory a result of the same size may be written; nil for none.
  func overwritten(by output: Int) -> Int?
  /// Writes all elements of the results. Inputs and results are dense; only what `overwritten` allows
  /// shares memory. The workspace is aligned for any number and holds anything.
  func run(
    _ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws
}

extension PlannedOperation {
  public func workspaceByteCount(for inputs: [TensorSpec]) throws -> Int { 0 }
  public func overwritten(by output: Int) -> Int? { nil }

  public func results(of inputs: [Tensor]) throws -> [Tensor] {
    let dense = try inputs.map { try $0.densified() }
    let specs = dense.map(\.spec)
    let outputs = try results(of: specs).map { try Tensor(uninitialized: $0.shape, $0.dtype) }
    try withWorkspace(of: try workspaceByteCount(for: specs), UInt8.self) {
      try run(dense, into: outputs, workspace: UnsafeMutableRawPointer($0))
    }
    return outputs
  }
}

/// A loop that writes all elements of one result as an operation.
public struct Written: PlannedOperation {
  public let name: String
  private let result: TensorSpec
  private let body: (_ inputs: [Tensor], _ result: Tensor) throws -> Void

  public init(
    _ name: String, _ shape: Shape, _ dtype: DType,
    _ body: @escaping (_ inputs: [Tensor], _ result: Tensor) throws -> Void
  ) {
    self.name = name
    self.body = body
    result = TensorSpec(shape, dtype)
  }

  public func results(of inputs: [TensorSpec]) -> [TensorSpec] { [result] }

  public func run(
    _ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer
  ) throws { try body(inputs, outputs[0]) }
}

/// A function of the numbers in tensors as an operation.
public struct Repeated: Operation {
  public let name: String
  private let body: ([Tensor]) throws -> [Tensor]

  public init(_ name: String, _ body: @escaping ([Tensor]) throws -> [Tensor]) {
    self.name = name
    self.body = body
  }

  public init(_ name: String, one body: @escaping ([Tensor]) throws -> Tensor) {
    self.init(name) { [try body($0)] }
  }

  public func results(of inputs: [Tensor]) throws -> [Tensor] { try body(inputs) }
}

/// The results of an operation for plain values; a step of the program where one is recorded.
public func evaluate(_ operation: some Operation, _ inputs: [Tensor]) throws -> [Tensor] {
  guard let recording = Recording.current else { return try operation.results(of: inputs) }
  return try recording.note(operation, inputs)
}

/// The result of a function that reads the elements of its inputs. A recorded program calls it in every
/// run; it must depend on nothing but the inputs.
public func repeating(
  _ name: String, _ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> Tensor
) throws -> Tensor {
  guard Recording.current != nil else { return try body(inputs) }
  return try evaluate(Repeated(name, one: body), inputs)[0]
}

extension Tensor {
  public var spec: TensorSpec { TensorSpec(shape, dtype) }

  /// Whether a program is being recorded on this thread: then no number may decide what is done.
  public static var isProgramRecorded: Bool { Recording.current != nil }

  /// Whether all elements meet a condition; taken for granted while a program is recorded, which has
  /// no numbers to ask.
  public func allKnown(_ condition: (Double) -> Bool) throws -> Bool {
    try Recording.current != nil || doubles().allSatisfy(condition)
  }
}
