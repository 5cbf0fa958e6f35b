import Tensors

/// The steps of a chain and the places of their operands, in tables that stay where they are.
struct ChainCode {
  private let steps: UnsafeMutablePointer<ElementStep>
  private let stepCount: Int
  /// What kernels are told of each operand: whether it goes on.
  private let operandSteps: UnsafeMutablePointer<Int>
  private let moving: UnsafeMutablePointer<(operand: Int, slot: Int, offset: Int, size: Int)>
  private let movingCount: Int
  private let fixed: UnsafeMutablePointer<(operand: Int, slot: Int, offset: Int)>
  private let fixedCount: Int
  private let registers: UnsafeMutablePointer<(operand: Int, offset: Int)>
  private let registerOperandCount: Int
  private let pieces: UnsafeMutablePointer<(operand: Int, size: Int)>
  private let pieceOperandCount: Int
  /// Where the pointers to operands, and the piece to be reduced, lie behind the registers.
  private let pointerOffset: Int
  private let pieceOffset: Int
  let scratchBytes: Int

  /// - Parameter piece: elements that are kept for a reduction.
  init(
    _ steps: [ElementStep], _ sources: [ElementChain.Source], registers registerCount: Int,
    count: Int, piece: Int, _ memory: PlanMemory
  ) {
    // A register holds a block of any type; one line more, so that they do not share cache sets.
    let registerBytes = (min(count, ElementChain.blockLength) * 8 + 127) & ~63
    var moving: [(operand: Int, slot: Int, offset: Int, size: Int)] = []
    var fixed: [(operand: Int, slot: Int, offset: Int)] = []
    var registers: [(operand: Int, offset: Int)] = []
    var pieces: [(operand: Int, size: Int)] = []
    var operandSteps: [Int] = []
    for (operand, source) in sources.enumerated() {
      operandSteps.append(1)
      switch source {
      case .register(let number): registers.append((operand, number * registerBytes))
      case .moving(let slot, let offset, let size): moving.append((operand, slot, offset, size))
      case .piece(let size): pieces.append((operand, size))
      case .fixed(let slot, let offset, let step):
        fixed.append((operand, slot, offset))
        operandSteps[operand] = step
      }
    }
    self.steps = memory.array(steps)
    self.operandSteps = memory.array(operandSteps)
    self.moving = memory.array(moving)
    self.fixed = memory.array(fixed)
    self.registers = memory.array(registers)
    self.pieces = memory.array(pieces)
    (stepCount, movingCount, fixedCount) = (steps.count, moving.count, fixed.count)
    (registerOperandCount, pieceOperandCount) = (registers.count, pieces.count)
    pointerOffset = registerCount * registerBytes
    pieceOffset = (pointerOffset + sources.count * 8 + 63) & ~63
    scratchBytes = pieceOffset + piece * 8 + 64
  }

  /// The piece in a chain's working memory.
  func piece(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    scratch + pieceOffset
  }

  /// Runs all steps on a range of elements, a block at a time.
  func run(
    _ range: Range<Int>, _ functions: borrowing ElementFunctions,
    _ slots: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer
  ) {
    let pointers = (scratch + pointerOffset)
      .assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    let operands = BlockOperands(pointers: pointers, steps: operandSteps)
    for i in 0..<registerOperandCount {
      pointers[registers[i].operand] = scratch + registers[i].offset
    }
    for i in 0..<fixedCount { pointers[fixed[i].operand] = slots[fixed[i].slot] + fixed[i].offset }
    var start = range.lowerBound
    while start < range.upperBound {
      let n = min(ElementChain.blockLength, range.upperBound - start)
      for i in 0..<movingCount {
        let operand = moving[i]
        pointers[operand.operand] = slots[operand.slot] + operand.offset + start * operand.size
      }
      for i in 0..<pieceOperandCount {
        pointers[pieces[i].operand] =
          scratch + pieceOffset + (start - range.lowerBound) * pieces[i].size
      }
      for i in 0..<stepCount { steps[i].run(operands, functions, from: start, n) }
      start += n
    }
  }
}
