import Runtime
import Tensors

/// A fused chain of elementwise steps as it runs: a block of elements goes through all steps before the
/// next one comes, so that what lies between two steps stays in the cache and never needs memory. The
/// steps are the kernels of the operations themselves; nothing is compiled.
final class ElementChain: Instruction {
  /// Elements of a block.
  static let blockLength = 2048

  /// Where an operand of a step comes from.
  enum Source {
    case register(Int)
    /// Element i of a slot's memory, `offset` bytes on.
    case moving(slot: Int, offset: Int, size: Int)
    /// One element for all, or the start of what a loader reads; `step` is what kernels are told.
    case fixed(slot: Int, offset: Int, step: Int)
    /// Element i of the piece that is reduced in the end.
    case piece(size: Int)
  }

  let count: Int
  private let code: ChainCode
  private let functions: ElementFunctions
  private let reduction: ChainReduction?
  /// The working memory of a chain that one thread runs alone.
  private let scratch: UnsafeMutableRawPointer?

  init(
    count: Int, steps: [ElementStep], sources: [Source], registerCount: Int,
    functions: ElementFunctions, reduction: ChainReduction?, memory: PlanMemory
  ) {
    self.count = count
    self.functions = functions
    self.reduction = reduction
    code = ChainCode(
      steps, sources, registers: registerCount, count: count,
      piece: min(reduction?.pieceLength ?? 0, count), memory)
    scratch =
      count <= parallelGrain
      ? UnsafeMutableRawPointer.allocate(byteCount: code.scratchBytes, alignment: 64) : nil
  }

  deinit { scratch?.deallocate() }

  /// Runs the chain; how it is cut depends on the shapes alone.
  override func run(_ plan: Plan) throws {
    let slots = plan.slots
    if let scratch {
      code.run(0..<count, functions, slots, scratch)
      if let reduction {
        reduction.reduceRows(0..<reduction.rows, code.piece(scratch), into: slots[reduction.target])
      }
      return
    }
    guard let reduction else {
      try WorkerPool.shared.run(count: count, grain: parallelGrain) { range in
        withScratch { code.run(range, functions, slots, $0) }
      }
      return
    }
    if reduction.rows == 1 { return try runLongRow(reduction, slots) }
    try WorkerPool.shared.run(count: reduction.rows, grain: reduction.rowsOfPiece) { rows in
      let range = rows.lowerBound * reduction.length..<rows.upperBound * reduction.length
      withScratch { scratch in
        code.run(range, functions, slots, scratch)
        reduction.reduceRows(rows, code.piece(scratch), into: slots[reduction.target])
      }
    }
  }

  /// One long row: fixed pieces in parallel, then their results in order.
  private func runLongRow(
    _ reduction: ChainReduction, _ slots: UnsafeMutablePointer<UnsafeMutableRawPointer>
  ) throws {
    let pieces = (count + parallelGrain - 1) / parallelGrain
    let partial = UnsafeMutableRawPointer.allocate(byteCount: pieces * 8, alignment: 8)
    defer { partial.deallocate() }
    try WorkerPool.shared.run(chunks: pieces) { number in
      let start = number * parallelGrain
      let range = start..<min(start + parallelGrain, count)
      withScratch { scratch in
        code.run(range, functions, slots, scratch)
        reduction.reduce(code.piece(scratch), range.count, into: partial, at: number)
      }
    }
    reduction.reduce(partial, pieces, into: slots[reduction.target], at: 0)
  }

  private func withScratch(_ body: (UnsafeMutableRawPointer) -> Void) {
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: code.scratchBytes, alignment: 64)
    body(scratch)
    scratch.deallocate()
  }
}

/// The reduction at the end of a chain, over rows of the elements as they lie. The chain is cut into
/// pieces of whole rows, or of `parallelGrain` elements of one row: as `Tensor.reduced` cuts, so that
/// both give the same bits.
struct ChainReduction {
  let kernel: ReductionKernel
  let isDouble: Bool
  let rows: Int
  let length: Int
  let target: Int

  var rowsOfPiece: Int { max(1, parallelGrain / max(length, 1)) }
  /// Elements that the chain must keep until they are reduced.
  var pieceLength: Int { rows == 1 ? parallelGrain : max(rowsOfPiece * length, parallelGrain) }

  func reduceRows(
    _ range: Range<Int>, _ piece: UnsafeMutableRawPointer, into target: UnsafeMutableRawPointer
  ) {
    let size = isDouble ? 8 : 4
    for row in range {
      reduce(
        piece + (row - range.lowerBound) * length * size, length, into: target, at: row)
    }
  }

  func reduce(
    _ x: UnsafeMutableRawPointer, _ count: Int, into target: UnsafeMutableRawPointer, at place: Int
  ) {
    if isDouble {
      target.assumingMemoryBound(to: Double.self)[place] = kernel.double(
        x.assumingMemoryBound(to: Double.self), count)
    } else {
      target.assumingMemoryBound(to: Float.self)[place] = kernel.float(
        x.assumingMemoryBound(to: Float.self), count)
    }
  }
}
