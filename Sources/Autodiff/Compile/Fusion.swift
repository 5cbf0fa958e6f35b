import Tensors

/// Operations that run as one instruction: an elementwise chain over equally many elements, or a
/// single other operation.
struct FusedUnit {
  /// Numbers of operations of the program, in their order.
  var operations: [Int]
  /// Elements of an elementwise chain; nil for any other operation.
  var count: Int?
  /// A reduction of what the chain makes, which then needs no memory.
  var reduction: Int?

  var all: [Int] { operations + (reduction.map { [$0] } ?? []) }
}

/// Cuts a program into units and puts them in order.
///
/// An operation joins a chain that makes one of its operands, or reads one of them, if no path leads
/// out of the chain and back to the operation: then the chain would have to run both before and after
/// something else. What a chain makes, its members read element by element; a member that reads it in
/// another order (a transpose, a broadcast) cannot be in it.
///
/// The units are kept in an order in which they can run. A chain that gains an operation moves behind
/// the makers of the operands, and what depends on it moves along (Pearce and Kelly 2006); the search
/// for paths looks at the units between the two places alone, and gives up where it meets many.
struct Fusion {
  /// Longer chains gain nothing, and their registers no longer fit in the cache.
  private static let longest = 48
  /// Units that the search for a path visits before it takes one for granted.
  private static let farthest = 256
  /// Readers of an operand that are tried, the latest ones.
  private static let mostReaders = 16

  private let program: Program
  private var units: [FusedUnit] = []
  /// The units that read what a unit makes.
  private var successors: [Set<Int>] = []
  /// The units in an order in which they can run, and the place of each there.
  private var order: [Int] = []
  private var places: [Int] = []
  private var unitOfValue: [Int: Int] = [:]
  /// Units that read a value, the latest ones.
  private var readers: [Int: [Int]] = [:]

  static func units(of program: Program) -> [FusedUnit] {
    var fusion = Fusion(program: program)
    for number in program.operations.indices { fusion.place(number) }
    return fusion.joiningReductions(fusion.order.map { fusion.units[$0] })
  }

  private init(program: Program) { self.program = program }

  private mutating func place(_ number: Int) {
    let operation = program.operations[number]
    let sources = Set(operation.inputs.compactMap { $0.value.flatMap { unitOfValue[$0] } })
    let count = operation.kind.isElementwise ? operation.outputs[0].layout.elementCount : nil
    let unit = count.flatMap { joined(operation, $0, sources) } ?? newUnit(count)
    units[unit].operations.append(number)
    for source in sources where source != unit { successors[source].insert(unit) }
    for output in operation.outputs { unitOfValue[output.value] = unit }
    for value in Set(operation.inputs.compactMap(\.value)) { note(unit, reads: value) }
  }

  private mutating func newUnit(_ count: Int?) -> Int {
    units.append(FusedUnit(operations: [], count: count))
    successors.append([])
    places.append(order.count)
    order.append(units.count - 1)
    return units.count - 1
  }

  private mutating func note(_ unit: Int, reads value: Int) {
    var known = readers[value] ?? []
    if known.contains(unit) { return }
    if known.count == Fusion.mostReaders { known.removeFirst() }
    known.append(unit)
    readers[value] = known
  }

  /// The latest chain that the operation may join, in the place where it then runs.
  private mutating func joined(
    _ operation: Recording.Step, _ count: Int, _ sources: Set<Int>
  ) -> Int? {
    let neighbours = Set(
      operation.inputs.compactMap { $0.value.flatMap { readers[$0] } }.joined())
    let candidates = sources.sorted(by: >) + neighbours.subtracting(sources).sorted(by: >)
    for unit in candidates where accepts(unit, operation, count) {
      if move(unit, behind: sources.subtracting([unit])) { return unit }
    }
    return nil
  }

  private func accepts(_ unit: Int, _ operation: Recording.Step, _ count: Int) -> Bool {
    units[unit].count == count && units[unit].operations.count < Fusion.longest
      && operation.inputs.allSatisfy { input in
        guard let value = input.value, unitOfValue[value] == unit else { return true }
        return input.layout.isWhole && input.layout.elementCount == count
      }
  }

  /// Puts a unit, and what depends on it, behind others.
  /// - Returns: false where one of those depends on the unit, or that takes long to find out.
  private mutating func move(_ unit: Int, behind others: Set<Int>) -> Bool {
    let (first, last) = (places[unit], others.map { places[$0] }.max() ?? -1)
    if last < first { return true }
    var moved: Set<Int> = [unit]
    var waiting = [unit]
    while let next = waiting.popLast() {
      for successor in successors[next] where places[successor] <= last {
        if others.contains(successor) { return false }
        if moved.insert(successor).inserted { waiting.append(successor) }
      }
      if moved.count > Fusion.farthest { return false }
    }
    let between = order[first...last]
    let sorted = between.filter { !moved.contains($0) } + between.filter { moved.contains($0) }
    for (place, unit) in zip(first...last, sorted) {
      order[place] = unit
      places[unit] = place
    }
    return true
  }

  /// Puts reductions of rows, or of all elements, at the end of the chain that makes what they reduce
  /// where nothing else reads it. A chain takes one.
  private func joiningReductions(_ units: [FusedUnit]) -> [FusedUnit] {
    var units = units
    var maker: [Int: Int] = [:]
    var readers: [Int: Set<Int>] = [:]
    for (number, unit) in units.enumerated() {
      for operation in unit.operations.map({ program.operations[$0] }) {
        for output in operation.outputs { maker[output.value] = number }
        for input in operation.inputs {
          if let value = input.value { readers[value, default: []].insert(number) }
        }
      }
    }
    let returned = Set(program.results.compactMap(\.value))
    var joined = Set<Int>()
    for (number, unit) in units.enumerated() where unit.count == nil {
      let operation = program.operations[unit.operations[0]]
      guard case .reduce(let kernel, let outer, let length, inner: 1) = operation.kind,
        (outer == 1 && kernel.cuts) || length <= parallelGrain,
        let value = operation.inputs[0].value, let chain = maker[value],
        let count = units[chain].count, count > 0,
        units[chain].reduction == nil, !returned.contains(value),
        readers[value]?.subtracting([chain]) == [number], operation.inputs[0].layout.isWhole,
        operation.inputs[0].layout.elementCount == count
      else { continue }
      units[chain].reduction = unit.operations[0]
      joined.insert(number)
    }
    return units.enumerated().filter { !joined.contains($0.offset) }.map(\.element)
  }
}
