import Tensors

/// Turns a program into the tables of a `Plan`: slots for values and constants, and one instruction
/// for each unit.
struct PlanBuilder {
  let memory = PlanMemory()
  private(set) var instructions: [Instruction] = []
  private(set) var results: [Plan.Result] = []
  private(set) var argumentSlots: [Int] = []
  private(set) var resultSlots: [(slot: Int, bytes: Int)] = []
  private(set) var released: [[Int]] = []
  private(set) var storages: [Storage?] = []
  private(set) var constants: [Storage] = []
  private(set) var needsArgumentStorage = false
  private(set) var streams: [RandomStream] = []
  private(set) var bufferBytes = 0
  private let program: Program
  private let plan: MemoryPlan
  private var slotOfConstant: [ObjectIdentifier: Int] = [:]

  init(_ program: Program, streams: [RandomStream]) throws {
    self.program = program
    self.streams = []
    let units = Fusion.units(of: program)
    plan = try MemoryPlan(program, units)
    try placeSlots()
    var released: [[Int]] = []
    for (number, unit) in units.enumerated() where unit.count != 0 {
      instructions.append(instruction(unit, streams))
      released.append(plan.released[number])
    }
    if released.contains(where: { !$0.isEmpty }) { self.released = released }
    results = program.results.map(result)
  }

  private mutating func placeSlots() throws {
    for (slot, place) in plan.places.enumerated() {
      switch place {
      case .argument:
        argumentSlots.append(slot)
        storages.append(nil)
      case .buffer(let buffer):
        storages.append(try Storage(byteCount: plan.buffers[buffer]))
        bufferBytes += plan.buffers[buffer]
      case .result(let result):
        resultSlots.append((slot, plan.results[result]))
        storages.append(nil)
      case .workspace:
        storages.append(try Storage(byteCount: plan.workspaceByteCount))
        bufferBytes += plan.workspaceByteCount
      case .free: storages.append(nil)
      }
    }
    for operation in program.operations {
      for input in operation.inputs { if let constant = input.constant { place(constant) } }
    }
  }

  private mutating func place(_ constant: Tensor) {
    let storage = constant.storage
    if slotOfConstant[ObjectIdentifier(storage)] != nil { return }
    slotOfConstant[ObjectIdentifier(storage)] = storages.count
    storages.append(storage)
    constants.append(storage)
  }

  private func slot(_ operand: Recording.Operand) -> Int {
    if let value = operand.value { return plan.slotOfValue[value] ?? -1 }
    return operand.constant.flatMap { slotOfConstant[ObjectIdentifier($0.storage)] } ?? -1
  }

  // MARK: Instructions

  private mutating func instruction(_ unit: FusedUnit, _ given: [RandomStream]) -> Instruction {
    if let count = unit.count {
      let (slots, memoryPlan) = (slot, plan)
      var builder = ChainBuilder(
        program, unit, count: count, slot: slots, memorySlot: { memoryPlan.slotOfValue[$0] })
      return builder.chain(memory)
    }
    let operation = program.operations[unit.operations[0]]
    switch operation.kind {
    case .product(let batch): return product(operation, batch)
    case .join(let axis): return join(operation, axis)
    case .reduce(let kernel, let outer, let length, let inner):
      let input = operation.inputs[0]
      return ReductionInstruction(
        kernel, isDouble: input.layout.dtype == .float64,
        source: (slot(input), input.layout.offset * input.layout.dtype.byteCount),
        target: outputSlot(operation), sizes: (outer, length, inner))
    case .draw(let law, let stream):
      if !streams.contains(where: { $0 === stream }) { streams.append(stream) }
      return DrawInstruction(
        law, stream, argument: given.firstIndex { $0 === stream },
        target: outputSlot(operation), layout: operation.outputs[0].layout)
    case .operation(let whole):
      needsArgumentStorage = true
      let inputs = operation.inputs.map { (slot: slot($0), layout: $0.layout) }
      let outputs = operation.outputs.map {
        (slot: plan.slotOfValue[$0.value] ?? -1, layout: $0.layout)
      }
      guard let planned = whole as? any PlannedOperation else {
        return FreeInstruction(whole, inputs: inputs, outputs: outputs)
      }
      return PlannedInstruction(
        planned, inputs: inputs, outputs: outputs, workspace: plan.workspace ?? 0)
    default: preconditionFailure("\(operation.name) stands alone and is elementwise")
    }
  }

  private func outputSlot(_ operation: Recording.Step) -> Int {
    plan.slotOfValue[operation.outputs[0].value] ?? -1
  }

  private func join(_ operation: Recording.Step, _ axis: Int) -> JoinInstruction {
    let target = operation.outputs[0].layout
    let size = target.dtype.byteCount
    let inner = target.shape.dropFirst(axis + 1).reduce(1, *)
    var start = 0
    let parts = operation.inputs.map { input in
      let run = input.layout.shape[axis] * inner
      defer { start += run }
      return JoinInstruction.Part(
        slot: slot(input), offset: input.layout.offset * size,
        loader: RunLoader(input.layout.runs, in: memory), run: run, start: start)
    }
    return JoinInstruction(
      parts: parts.filter { $0.run > 0 }, outer: target.shape.prefix(axis).reduce(1, *),
      target: outputSlot(operation), size: size)
  }

  private func product(_ operation: Recording.Step, _ batch: Int) -> ProductInstruction {
    let (a, b) = (operation.inputs[0], operation.inputs[1])
    let output = operation.outputs[0].layout
    let size = output.dtype.byteCount
    let rank = a.layout.shape.rank
    let rows = a.layout.shape[rank - 2]
    let inner = a.layout.shape[rank - 1]
    let columns = output.shape[output.shape.rank - 1]
    func matrix(_ operand: Recording.Operand) -> ProductInstruction.Matrix {
      let layout = operand.layout
      let last = layout.shape.rank - 1
      let (order, step) = layout.matrixOrder
      return ProductInstruction.Matrix(
        slot: slot(operand), offset: layout.offset * size, order: order, step: step,
        stride: layout.shape[last - 1] * layout.shape[last] * size)
    }
    return ProductInstruction(
      a: matrix(a), b: matrix(b),
      c: .init(
        slot: outputSlot(operation), offset: 0, order: .plain, step: columns,
        stride: rows * columns * size),
      batch: batch, sizes: (rows, columns, inner), isDouble: output.dtype == .float64)
  }

  private func result(_ operand: Recording.Operand) -> Plan.Result {
    if let constant = operand.constant { return .constant(constant) }
    if let value = operand.value, value < program.arguments.count {
      return .argument(value, operand.layout == program.arguments[value] ? nil : operand.layout)
    }
    return .slot(slot(operand), operand.layout)
  }
}
