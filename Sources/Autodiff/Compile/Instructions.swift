import Catalog
import Tensors

// The instructions of a plan besides elementwise chains.

/// C = A B for `batch` pairs of matrices, transposed operands read as they lie.
final class ProductInstruction {
  struct Matrix {
    let slot: Int
    let offset: Int
    let order: MatrixOrder
    let step: Int
    /// Bytes from one matrix of a stack to the next.
    let stride: Int
  }

  let a: Matrix
  let b: Matrix
  let c: Matrix
  let batch: Int
  let rows: Int
  let columns: Int
  let inner: Int
  let isDouble: Bool

  init(
    a: Matrix, b: Matrix, c: Matrix, batch: Int, sizes: (rows: Int, columns: Int, inner: Int),
    isDouble: Bool
  ) {
    (self.a, self.b, self.c) = (a, b, c)
    self.batch = batch
    (rows, columns, inner) = sizes
    self.isDouble = isDouble
  }

  func run(_ slots: UnsafeMutablePointer<UnsafeMutableRawPointer>) throws {
    if rows == 0 || columns == 0 { return }
    for index in 0..<batch {
      let x = slots[a.slot] + a.offset + index * a.stride
      let y = slots[b.slot] + b.offset + index * b.stride
      let z = slots[c.slot] + c.offset + index * c.stride
      if inner == 0 {
        z.initializeMemory(as: UInt8.self, repeating: 0, count: c.stride)
      } else if isDouble {
        try gemm(
          a.order, b.order, rows: rows, columns: columns, inner: inner, 1,
          x.assumingMemoryBound(to: Double.self), a.step, y.assumingMemoryBound(to: Double.self),
          b.step, 0, z.assumingMemoryBound(to: Double.self), columns)
      } else {
        try gemm(
          a.order, b.order, rows: rows, columns: columns, inner: inner, 1,
          x.assumingMemoryBound(to: Float.self), a.step, y.assumingMemoryBound(to: Float.self),
          b.step, 0, z.assumingMemoryBound(to: Float.self), columns)
      }
    }
  }
}

/// The middle axis of [outer, length, inner] reduced.
final class ReductionInstruction {
  let kernel: ReductionKernel
  let isDouble: Bool
  let source: (slot: Int, offset: Int)
  let target: Int
  let sizes: (outer: Int, length: Int, inner: Int)

  init(
    _ kernel: ReductionKernel, isDouble: Bool, source: (slot: Int, offset: Int), target: Int,
    sizes: (outer: Int, length: Int, inner: Int)
  ) {
    self.kernel = kernel
    self.isDouble = isDouble
    self.source = source
    self.target = target
    self.sizes = sizes
  }

  func run(_ slots: UnsafeMutablePointer<UnsafeMutableRawPointer>) {
    let x = slots[source.slot] + source.offset
    let y = slots[target]
    if isDouble {
      kernel.reduce(
        x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self),
        sizes.outer, sizes.length, sizes.inner)
    } else {
      kernel.reduce(
        x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self),
        sizes.outer, sizes.length, sizes.inner)
    }
  }
}

/// Random numbers, the next of a stream in every run.
final class DrawInstruction {
  let law: DrawnLaw
  let stream: RandomStream
  /// Which of the streams among the arguments it is; nil for a captured one.
  let argument: Int?
  let target: Int
  let layout: Recording.Layout

  init(
    _ law: DrawnLaw, _ stream: RandomStream, argument: Int?, target: Int, layout: Recording.Layout
  ) {
    self.law = law
    self.stream = stream
    self.argument = argument
    self.target = target
    self.layout = layout
  }

  func run(_ plan: Plan, _ streams: [RandomStream]) throws {
    let stream = argument.map { streams[$0] } ?? stream
    try stream.draw(law, into: plan.view(target, layout))
  }
}

/// Any other operation: its own Swift function on tensors.
final class GeneralInstruction {
  let body: ([Tensor]) throws -> [Tensor]
  let inputs: [(slot: Int, layout: Recording.Layout)]
  let outputs: [(slot: Int, layout: Recording.Layout)]

  init(
    _ body: @escaping ([Tensor]) throws -> [Tensor],
    inputs: [(slot: Int, layout: Recording.Layout)],
    outputs: [(slot: Int, layout: Recording.Layout)]
  ) {
    self.body = body
    self.inputs = inputs
    self.outputs = outputs
  }

  func run(_ plan: Plan) throws {
    let results = try body(inputs.map { plan.view($0.slot, $0.layout) })
    for (result, output) in zip(results, outputs) {
      guard result.layout == output.layout else {
        throw UserError("an operation gave shape \(result.shape), recorded \(output.layout.shape)")
      }
      plan.storages[output.slot] = result.storage
      plan.slots[output.slot] = result.storage.base
    }
  }
}
