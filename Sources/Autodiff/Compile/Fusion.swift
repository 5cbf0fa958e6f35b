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
struct Fusion {
  /// Longer chains gain nothing, and their registers no longer fit in the cache.
  private static let longest = 48

  private let program: Program
  private var units: [FusedUnit] = []
  /// For each unit those it depends on, directly or not.
  private var ancestors: [Set<Int>] = []
  private var unitOfValue: [Int: Int] = [:]
  /// Units that read a value.
  private var readers: [Int: [Int]] = [:]

  static func units(of program: Program) -> [FusedUnit] {
    var fusion = Fusion(program: program)
    for number in program.operations.indices { fusion.place(number) }
    return fusion.joiningReductions(fusion.ordered())
  }

  private init(program: Program) { self.program = program }

  private mutating func place(_ number: Int) {
    let operation = program.operations[number]
    let sources = Set(operation.inputs.compactMap { $0.value.flatMap { unitOfValue[$0] } })
    var before = sources
    for unit in sources { before.formUnion(ancestors[unit]) }
    let count = operation.kind.isElementwise ? operation.outputs[0].layout.elementCount : nil
    let unit = count.flatMap { chain(for: operation, $0, sources, before) } ?? newUnit(count)
    units[unit].operations.append(number)
    let gained = before.subtracting([unit])
    for other in units.indices where other == unit || ancestors[other].contains(unit) {
      ancestors[other].formUnion(gained)
    }
    for output in operation.outputs { unitOfValue[output.value] = unit }
    for input in operation.inputs {
      if let value = input.value { readers[value, default: []].append(unit) }
    }
  }

  private mutating func newUnit(_ count: Int?) -> Int {
    units.append(FusedUnit(operations: [], count: count))
    ancestors.append([])
    return units.count - 1
  }

  /// The latest chain that the operation may join.
  private func chain(
    for operation: Recording.Operation, _ count: Int, _ sources: Set<Int>, _ before: Set<Int>
  ) -> Int? {
    let neighbours = operation.inputs.compactMap { $0.value.flatMap { readers[$0] } }.joined()
    let candidates = sources.sorted(by: >) + Set(neighbours).subtracting(sources).sorted(by: >)
    return candidates.first { unit in
      units[unit].count == count && units[unit].operations.count < Fusion.longest
        && !before.contains { $0 != unit && ancestors[$0].contains(unit) }
        && operation.inputs.allSatisfy { input in
          guard let value = input.value, unitOfValue[value] == unit else { return true }
          return input.layout.isWhole && input.layout.elementCount == count
        }
    }
  }

  /// Each unit after those it depends on, otherwise in the order of their first operations.
  private func ordered() -> [FusedUnit] {
    var waiting = Array(units.indices)
    var done = Set<Int>()
    var result: [FusedUnit] = []
    while !waiting.isEmpty {
      let ready = waiting.firstIndex { ancestors[$0].subtracting([$0]).isSubset(of: done) } ?? 0
      let unit = waiting.remove(at: ready)
      done.insert(unit)
      result.append(units[unit])
    }
    return result
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
