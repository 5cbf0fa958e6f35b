import Tensors

/// Writes the steps of one fused chain: loads what is not dense, gives each result a register or its
/// place in memory, and uses registers again after their last reader.
struct ChainBuilder {
  private let program: Program
  private let unit: FusedUnit
  private let count: Int
  /// The slot of a value or constant.
  private let slot: (Recording.Operand) -> Int
  /// The slot of a value that must be in memory after the chain; nil for one that need not.
  private let memorySlot: (Int) -> Int?

  private var steps: [ElementStep] = []
  private var sources: [ElementChain.Source] = []
  private var functions = ElementFunctions()
  private var operandOfValue: [Int: Int] = [:]
  private var known: [OperandKey: Int] = [:]
  /// Operands that are virtual registers, until `assignRegisters`.
  private var virtual: Set<Int> = []

  private struct OperandKey: Hashable {
    let slot: Int
    let offset: Int
    let runs: Runs
    let isLoaded: Bool
    let size: Int
  }

  init(
    _ program: Program, _ unit: FusedUnit, count: Int, slot: @escaping (Recording.Operand) -> Int,
    memorySlot: @escaping (Int) -> Int?
  ) {
    self.program = program
    self.unit = unit
    self.count = count
    self.slot = slot
    self.memorySlot = memorySlot
  }

  mutating func chain(_ memory: PlanMemory) -> ElementChain {
    for number in unit.operations { add(program.operations[number], memory) }
    let registers = assignRegisters()
    return ElementChain(
      count: count, steps: steps, sources: sources, registerCount: registers,
      functions: functions, reduction: reduction(), memory: memory)
  }

  /// The value that the chain reduces in the end; it is in no memory but that of one piece of work.
  private var reducedValue: Int? {
    unit.reduction.flatMap { program.operations[$0].inputs[0].value }
  }

  private func reduction() -> ChainReduction? {
    guard let operation = unit.reduction.map({ program.operations[$0] }),
      case .reduce(let kernel, let outer, let length, _) = operation.kind,
      let target = memorySlot(operation.outputs[0].value)
    else { return nil }
    return ChainReduction(
      kernel: kernel, isDouble: operation.outputs[0].layout.dtype == .float64, rows: outer,
      length: length, target: target)
  }

  // MARK: Operands

  private mutating func operand(_ source: ElementChain.Source, isVirtual: Bool = false) -> Int {
    sources.append(source)
    if isVirtual { virtual.insert(sources.count - 1) }
    return sources.count - 1
  }

  /// The operand of an input; with `isWhole` one that goes on element by element.
  private mutating func read(
    _ input: Recording.Operand, isWhole: Bool = false, _ memory: PlanMemory
  ) -> Int {
    if let value = input.value, let known = operandOfValue[value] { return known }
    let runs = input.layout.runs
    let size = input.layout.dtype.byteCount
    let place = slot(input)
    let offset = input.layout.offset * size
    let isLoaded =
      !(runs.isDense && !runs.lengths.isEmpty) && (!runs.isSingle || (isWhole && count > 1))
    let key = OperandKey(slot: place, offset: offset, runs: runs, isLoaded: isLoaded, size: size)
    if let operand = known[key] { return operand }
    let result: Int
    if !isLoaded, runs.isDense, !runs.lengths.isEmpty {
      result = operand(.moving(slot: place, offset: offset, size: size))
    } else {
      // A single number that was broadcast has step 0, one of the result's own shape step 1.
      let isRepeated = count > 1 || input.layout.strides.contains(0)
      let base = operand(.fixed(slot: place, offset: offset, step: isRepeated ? 0 : 1))
      result = isLoaded ? load(base, runs, input.layout.dtype, memory) : base
    }
    known[key] = result
    return result
  }

  private mutating func load(_ base: Int, _ runs: Runs, _ dtype: DType, _ memory: PlanMemory) -> Int
  {
    let target = operand(.register(0), isVirtual: true)
    functions.loaders.append(RunLoader(runs, in: memory))
    steps.append(
      ElementStep(
        code: .load, type: dtype, target: dtype, output: target, a: base, b: base, c: base,
        number: functions.loaders.count - 1))
    return target
  }

  // MARK: Steps

  private mutating func add(_ operation: Recording.Step, _ memory: PlanMemory) {
    let output = operation.outputs[0]
    let type = operation.inputs[operation.kind.typeOperand].layout.dtype
    let isWhole = operation.kind.readsWholeRows
    let inputs = operation.inputs.map { read($0, isWhole: isWhole, memory) }
    if case .copy = operation.kind, memorySlot(output.value) == nil, output.value != reducedValue {
      operandOfValue[output.value] = inputs[0]
      return
    }
    let target: Int
    if let slot = memorySlot(output.value) {
      target = operand(.moving(slot: slot, offset: 0, size: output.layout.dtype.byteCount))
    } else if output.value == reducedValue {
      target = operand(.piece(size: output.layout.dtype.byteCount))
    } else {
      target = operand(.register(0), isVirtual: true)
    }
    operandOfValue[output.value] = target
    let (code, number) = function(operation.kind)
    steps.append(
      ElementStep(
        code: code, type: type, target: output.layout.dtype, output: target, a: inputs[0],
        b: inputs.count > 1 ? inputs[1] : inputs[0], c: inputs.count > 2 ? inputs[2] : inputs[0],
        number: number))
  }

  /// The code of an operation, and the number of its function where it has one.
  private mutating func function(_ kind: RecordedKind) -> (ElementCode, Int) {
    switch kind {
    case .unary(let kernel):
      functions.unary.append(kernel)
      return (ElementCode(kernel), functions.unary.count - 1)
    case .binary(let kernel):
      functions.binary.append(kernel)
      return (ElementCode(kernel), functions.binary.count - 1)
    case .compare(let comparison):
      functions.comparisons.append(comparison)
      return (.compare, functions.comparisons.count - 1)
    case .test(let test):
      functions.tests.append(test)
      return (.test, functions.tests.count - 1)
    case .choose: return (.choose, 0)
    case .and: return (.and, 0)
    case .convert: return (.convert, 0)
    default: return (.copy, 0)
    }
  }

  // MARK: Registers

  /// Gives virtual registers numbers, each free again after its last reader; how many there are.
  private mutating func assignRegisters() -> Int {
    var last: [Int: Int] = [:]
    for (number, step) in steps.enumerated() {
      for operand in [step.a, step.b, step.c] { last[operand] = number }
    }
    var free: [Int] = []
    var assigned: [Int: Int] = [:]
    var total = 0
    for (number, step) in steps.enumerated() {
      func release() {
        for operand in Set([step.a, step.b, step.c]) where last[operand] == number {
          if let register = assigned[operand] { free.append(register) }
        }
      }
      // A result may overwrite an operand of its own size that nobody reads again.
      let mayOverwrite = step.code.keepsSize
      if mayOverwrite { release() }
      if virtual.contains(step.output) {
        let register = free.popLast() ?? total
        total = max(total, register + 1)
        assigned[step.output] = register
        sources[step.output] = .register(register)
        if last[step.output] == nil { free.append(register) }
      }
      if !mayOverwrite { release() }
    }
    return total
  }
}

extension RecordedKind {
  /// The operand whose type a step works on.
  var typeOperand: Int {
    if case .choose = self { return 1 }
    return 0
  }

  /// Whether each operand must go on element by element, one number for all not being taken.
  var readsWholeRows: Bool {
    switch self {
    case .unary, .and, .test, .convert, .copy: true
    default: false
    }
  }
}

extension ElementCode {
  /// Whether results are as large as operands.
  var keepsSize: Bool {
    switch self {
    case .compare, .choose, .test, .convert, .load, .copy: false
    default: true
    }
  }
}
