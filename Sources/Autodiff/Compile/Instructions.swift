import Catalog
import Tensors

// The instructions of a plan besides elementwise chains.

/// What runs as one. A class, so that a plan calls it without counting references.
class Instruction {
  func run(_ plan: Plan) throws {}
}

/// C = A B for `batch` pairs of matrices, transposed operands read as they lie.
final class ProductInstruction: Instruction {
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

  override func run(_ plan: Plan) throws {
    if rows == 0 || columns == 0 { return }
    let slots = plan.slots
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
final class ReductionInstruction: Instruction {
  let kernel: ReductionKernel
  let isDouble: Bool
  let source: (slot: Int, offset: Int)
  let target: Int
  let outer: Int
  let length: Int
  let inner: Int

  init(
    _ kernel: ReductionKernel, isDouble: Bool, source: (slot: Int, offset: Int), target: Int,
    sizes: (outer: Int, length: Int, inner: Int)
  ) {
    self.kernel = kernel
    self.isDouble = isDouble
    self.source = source
    self.target = target
    (outer, length, inner) = sizes
  }

  override func run(_ plan: Plan) throws {
    let x = plan.slots[source.slot] + source.offset
    let y = plan.slots[target]
    if isDouble {
      try kernel.reduce(
        x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self), outer,
        length, inner)
    } else {
      try kernel.reduce(
        x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self), outer,
        length, inner)
    }
  }
}

/// Parts written one behind the other along an axis: of each of `outer` rows a run of every part.
final class JoinInstruction: Instruction {
  struct Part {
    let slot: Int
    let offset: Int
    let loader: RunLoader
    /// Elements of one run, and those of the whole row before it.
    let run: Int
    let start: Int
  }

  let parts: [Part]
  let outer: Int
  let row: Int
  let target: Int
  let size: Int

  init(parts: [Part], outer: Int, target: Int, size: Int) {
    self.parts = parts
    self.outer = outer
    row = parts.reduce(0) { $0 + $1.run }
    self.target = target
    self.size = size
  }

  override func run(_ plan: Plan) {
    for part in parts {
      switch size {
      case 1: write(UInt8.self, part, plan)
      case 4: write(UInt32.self, part, plan)
      default: write(UInt64.self, part, plan)
      }
    }
  }

  private func write<T>(_ type: T.Type, _ part: Part, _ plan: Plan) {
    let source = UnsafePointer(
      (plan.slots[part.slot] + part.offset).assumingMemoryBound(to: T.self))
    var target = plan.slots[target].assumingMemoryBound(to: T.self) + part.start
    if part.loader.isDense, part.run < 32 {
      for index in 0..<outer {
        for i in 0..<part.run { target[i] = source[index * part.run + i] }
        target += row
      }
      return
    }
    for index in 0..<outer {
      part.loader.load(source, into: target, from: index * part.run, count: part.run)
      target += row
    }
  }
}

/// Random numbers, the next of a stream in every run.
final class DrawInstruction: Instruction {
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

  override func run(_ plan: Plan) throws {
    let stream = argument.map { plan.givenStreams[$0] } ?? stream
    try stream.draw(law, into: plan.view(target, layout))
  }
}
