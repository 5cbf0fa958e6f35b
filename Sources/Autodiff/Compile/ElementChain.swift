import Runtime
import Tensors

/// A fused chain of elementwise steps as it runs: a block of elements goes through all steps before the
/// next one comes, so that what lies between two steps stays in the cache and never needs memory. The
/// steps are the kernels of the operations themselves; nothing is compiled.
final class ElementChain: Instruction {
  /// Elements of a block, and bytes of a register, which holds a block of any type.
  static let blockLength = 2048
  static let registerBytes = blockLength * 8

  /// Where an operand of a step comes from.
  enum Source {
    case register(Int)
    /// Element i of a slot's memory, `offset` bytes on.
    case moving(slot: Int, offset: Int, size: Int)
    /// One element for all, or the start of what a loader reads; `step` is what kernels are told.
    case fixed(slot: Int, offset: Int, step: Int)
  }

  let count: Int
  let stepCount: Int
  let registerCount: Int
  private let steps: UnsafeMutablePointer<ElementStep>
  private let functions: ElementFunctions
  private let operandCount: Int
  /// The operands that go on from block to block: number, slot, offset, element size.
  private let moving: UnsafeMutablePointer<(operand: Int, slot: Int, offset: Int, size: Int)>
  private let movingCount: Int
  private let fixed: UnsafeMutablePointer<(operand: Int, slot: Int, offset: Int)>
  private let fixedCount: Int
  private let registers: UnsafeMutablePointer<(operand: Int, offset: Int)>
  private let registerOperandCount: Int
  private let operandSteps: UnsafeMutablePointer<Int>
  /// Registers and pointers of a chain that one thread runs alone.
  private let scratch: UnsafeMutableRawPointer?
  private let scratchBytes: Int

  init(
    count: Int, steps: [ElementStep], sources: [Source], registerCount: Int,
    functions: ElementFunctions, memory: PlanMemory
  ) {
    self.count = count
    stepCount = steps.count
    self.registerCount = registerCount
    self.functions = functions
    self.steps = memory.array(steps)
    operandCount = sources.count
    var moving: [(operand: Int, slot: Int, offset: Int, size: Int)] = []
    var fixed: [(operand: Int, slot: Int, offset: Int)] = []
    var registers: [(operand: Int, offset: Int)] = []
    var operandSteps: [Int] = []
    for (operand, source) in sources.enumerated() {
      switch source {
      case .register(let number):
        registers.append((operand, number * ElementChain.registerBytes))
        operandSteps.append(1)
      case .moving(let slot, let offset, let size):
        moving.append((operand, slot, offset, size))
        operandSteps.append(1)
      case .fixed(let slot, let offset, let step):
        fixed.append((operand, slot, offset))
        operandSteps.append(step)
      }
    }
    (movingCount, fixedCount, registerOperandCount) = (moving.count, fixed.count, registers.count)
    self.moving = memory.array(moving)
    self.fixed = memory.array(fixed)
    self.registers = memory.array(registers)
    self.operandSteps = memory.array(operandSteps)
    scratchBytes = registerCount * ElementChain.registerBytes + operandCount * 8 + 64
    scratch =
      count <= parallelGrain
      ? UnsafeMutableRawPointer.allocate(byteCount: scratchBytes, alignment: 64) : nil
  }

  deinit { scratch?.deallocate() }

  /// Runs the chain; how it is cut depends on the number of elements alone.
  override func run(_ plan: Plan) {
    let slots = plan.slots
    if let scratch { return run(0..<count, slots, scratch) }
    WorkerPool.shared.run(count: count, grain: parallelGrain) { range in
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: scratchBytes, alignment: 64)
      run(range, slots, scratch)
      scratch.deallocate()
    }
  }

  private func run(
    _ range: Range<Int>, _ slots: UnsafeMutablePointer<UnsafeMutableRawPointer>,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let pointers = (scratch + registerCount * ElementChain.registerBytes)
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
      for i in 0..<stepCount { steps[i].run(operands, functions, from: start, n) }
      start += n
    }
  }
}
