import Tensors

/// Where each value of a program lies while it runs.
///
/// Values that only members of one chain read need no memory. The others get a buffer from the unit
/// that makes them to the last one that reads them, and buffers are used again: the first free one that
/// is large enough and at most twice too large.
struct MemoryPlan {
  /// The kinds of place. Each has one slot, a pointer that is set before the program runs.
  enum Place {
    case argument(Int)
    case buffer(Int)
    case result(Int)
    case general
  }

  private(set) var slotOfValue: [Int: Int] = [:]
  private(set) var places: [Place] = []
  /// Bytes of each buffer.
  private(set) var buffers: [Int] = []
  /// Bytes of each result that the program writes.
  private(set) var results: [Int] = []
  /// Slots of general results that nobody reads after a unit.
  private(set) var released: [[Int]] = []

  init(_ program: Program, _ units: [FusedUnit]) {
    for argument in program.arguments.indices {
      slotOfValue[argument] = places.count
      places.append(.argument(argument))
    }
    let lastUse = MemoryPlan.lastUses(program, units)
    let returned = Set(program.results.compactMap(\.value))
    var free: [Int] = []
    var slotOfBuffer: [Int] = []
    released = Array(repeating: [], count: units.count)
    var ending: [Int: [Int]] = [:]
    for (number, unit) in units.enumerated() {
      for operation in unit.all {
        for output in program.operations[operation].outputs {
          let last = lastUse[output.value] ?? number
          if unit.count != nil, last == number, !returned.contains(output.value) { continue }
          place(output.value, program, operation, returned, &free, &slotOfBuffer)
          ending[last, default: []].append(output.value)
        }
      }
      for value in ending[number] ?? [] where !returned.contains(value) {
        guard let slot = slotOfValue[value] else { continue }
        switch places[slot] {
        case .buffer(let buffer): free.append(buffer)
        case .general: released[number].append(slot)
        default: break
        }
      }
    }
  }

  private mutating func place(
    _ value: Int, _ program: Program, _ operation: Int, _ returned: Set<Int>, _ free: inout [Int],
    _ slotOfBuffer: inout [Int]
  ) {
    let bytes = program.values[value].byteCount
    if case .general = program.operations[operation].kind {
      slotOfValue[value] = places.count
      places.append(.general)
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
