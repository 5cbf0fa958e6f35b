import Tensors

/// Where each value of a program lies while it runs.
///
/// Values that only members of one chain read need no memory. The others get a buffer from the unit
/// that makes them to the last one that reads them, and buffers are used again: the first free one that
/// is large enough and at most twice too large. An operation that can write into an input which nothing
/// reads afterwards does so. The workspaces of all operations are one piece of memory.
struct MemoryPlan {
  /// The kinds of place. Each has one slot, a pointer that is set before the program runs.
  enum Place {
    case argument(Int)
    case buffer(Int)
    case result(Int)
    /// Made by an operation in every run.
    case free
    case workspace
  }

  private(set) var slotOfValue: [Int: Int] = [:]
  private(set) var places: [Place] = []
  /// Bytes of each buffer.
  private(set) var buffers: [Int] = []
  /// Bytes of each result that the program writes.
  private(set) var results: [Int] = []
  /// Slots of free results that nobody reads after a unit.
  private(set) var released: [[Int]] = []
  /// The slot of the workspace; nil where no operation needs one.
  private(set) var workspace: Int?
  private(set) var workspaceByteCount = 0
  private var free: [Int] = []
  private var slotOfBuffer: [Int] = []

  init(_ program: Program, _ units: [FusedUnit]) throws {
    for argument in program.arguments.indices {
      slotOfValue[argument] = places.count
      places.append(.argument(argument))
    }
    let lastUse = MemoryPlan.lastUses(program, units)
    let returned = Set(program.results.compactMap(\.value))
    released = Array(repeating: [], count: units.count)
    var ending: [Int: [Int]] = [:]
    for (number, unit) in units.enumerated() {
      var overwritten = Set<Int>()
      for operation in unit.all.map({ program.operations[$0] }) {
        try noteWorkspace(operation)
        for (place, output) in operation.outputs.enumerated() {
          let last = lastUse[output.value] ?? number
          if unit.count != nil, last == number, !returned.contains(output.value) { continue }
          if let input = overwrites(operation, place, program, returned, { lastUse[$0] == number }),
            overwritten.insert(input).inserted
          {
            slotOfValue[output.value] = slotOfValue[input]
          } else {
            self.place(output.value, program, operation, returned)
          }
          ending[last, default: []].append(output.value)
        }
      }
      for value in ending[number] ?? []
      where !returned.contains(value) && !overwritten.contains(value) {
        guard let slot = slotOfValue[value] else { continue }
        switch places[slot] {
        case .buffer(let buffer): free.append(buffer)
        case .free: released[number].append(slot)
        default: break
        }
      }
    }
  }

  private mutating func noteWorkspace(_ step: Recording.Step) throws {
    guard case .operation(let operation as any PlannedOperation) = step.kind else { return }
    let count = try operation.workspaceByteCount(
      for: step.inputs.map { TensorSpec($0.layout.shape, $0.layout.dtype) })
    if workspace == nil {
      workspace = places.count
      places.append(.workspace)
    }
    workspaceByteCount = max(workspaceByteCount, count)
  }

  /// The value in whose buffer a result is written: one that ends here and is read once.
  private func overwrites(
    _ step: Recording.Step, _ output: Int, _ program: Program, _ returned: Set<Int>,
    _ endsHere: (Int) -> Bool
  ) -> Int? {
    guard case .operation(let operation as any PlannedOperation) = step.kind,
      let input = operation.overwritten(by: output), let value = step.inputs[input].value,
      case .buffer = slotOfValue[value].map({ places[$0] }), endsHere(value),
      !returned.contains(value), !returned.contains(step.outputs[output].value),
      step.inputs.count(where: { $0.value == value }) == 1, step.inputs[input].layout.isWhole,
      program.values[value].byteCount == program.values[step.outputs[output].value].byteCount
    else { return nil }
    return value
  }

  private mutating func place(
    _ value: Int, _ program: Program, _ operation: Recording.Step, _ returned: Set<Int>
  ) {
    let bytes = program.values[value].byteCount
    if case .operation(let whole) = operation.kind, !(whole is any PlannedOperation) {
      slotOfValue[value] = places.count
      places.append(.free)
    } else if returned.contains(value) {
      slotOfValue[value] = places.count
      places.append(.result(results.count))
      results.append(bytes)
    } else if let fit = free.indices.filter({
      buffers[free[$0]] >= bytes && buffers[free[$0]] <= 2 * bytes + 4096
    }).min(by: { buffers[free[$0]] < buffers[free[$1]] }) {
      slotOfValue[value] = slotOfBuffer[free.remove(at: fit)]
    } else {
      slotOfValue[value] = places.count
      slotOfBuffer.append(places.count)
      places.append(.buffer(buffers.count))
      buffers.append(bytes)
    }
  }

  /// The last unit that reads each value from memory.
  private static func lastUses(_ program: Program, _ units: [FusedUnit]) -> [Int: Int] {
    var maker: [Int: Int] = [:]
    var last: [Int: Int] = [:]
    for (number, unit) in units.enumerated() {
      for operation in unit.all.map({ program.operations[$0] }) {
        for output in operation.outputs { maker[output.value] = number }
        for input in operation.inputs {
          if let value = input.value, maker[value] != number { last[value] = number }
        }
      }
    }
    return last
  }
}
