import Catalog
import Tensors

/// What `grad.compile(f)` returns: a function that runs `f` once for each kind of arguments, keeps the
/// tensor operations it saw as a plan, and runs the plan from then on, without Lua.
///
/// Results are those of `f`: the same kernels run on the same numbers, blocked otherwise. Gradients
/// are operations like any other. While an outer gradient is taken through its arguments, or another
/// compiled function is being recorded, `f` itself is called.
public final class CompiledFunction: Callable, FunctionHolder {
  public static var typeName: String { "compiled" }
  public static var errorName: String { "grad.compile" }

  /// A function of values; how Lua functions come here.
  public typealias Body = ([Value]) throws -> [Value]

  /// One plan and what it is for.
  struct Entry {
    let pattern: [ArgumentPattern]
    let plan: Plan
    let results: ResultPattern
  }

  /// More plans than this are not kept; the one that was not used for longest goes.
  public static let mostPlans = 16

  let body: Body
  public let functions: [Callback]
  /// Every so many calls the result is compared with that of `f` itself; nil for never.
  public let check: Int?
  /// Whether the call that records returns what its plan computes, not what the recording did. The two may
  /// differ in the last bits.
  private let startsWithPlan: Bool
  /// The last used one first.
  private(set) var entries: [Entry] = []
  private var calls = 0

  public init(
    check: Int? = nil, functions: [Callback] = [], startsWithPlan: Bool = false,
    _ body: @escaping Body
  ) {
    self.startsWithPlan = startsWithPlan
    self.body = body
    self.functions = functions
    self.check = check
  }

  public convenience init(_ function: Callback, check: Int? = nil) {
    self.init(check: check, functions: [function]) {
      try function.callForAll($0, name: "f")
    }
  }

  public func describe() -> String {
    entries.isEmpty
      ? "grad.compile(function)"
      : "grad.compile(function, \(entries.count) plan\(entries.count == 1 ? "" : "s"), "
        + "\(entries.reduce(0) { $0 + $1.plan.instructions.count }) instructions)"
  }

  /// Whether arguments of the kind of the last call have a plan that holds.
  public var hasCurrentPlan: Bool { entries.first.map { !$0.plan.isStale } ?? false }

  /// Calls the function; no Lua runs where a plan for such arguments exists.
  public func call(_ arguments: [Value]) throws -> [Value] { try results(arguments).values }

  /// The same of tensors to tensors, where each call has the shapes and types of the first: the plan needs
  /// no search.
  public func call(alike arguments: [Tensor]) throws -> [Tensor] {
    if check == nil, Recording.current == nil, let entry = entries.first, !entry.plan.isStale {
      return try entry.plan.run(arguments, [])
    }
    return try call(arguments.map { .object($0) }).map {
      guard case .object(let object) = $0, let tensor = object as? Tensor else {
        throw UserError("the function returned \($0.describe()), expected a tensor")
      }
      return tensor
    }
  }

  /// Calls the function with what Lua passes from a place of its stack on.
  func call(_ frame: Frame, from first: Int32) throws -> CompiledResults {
    let count = max(frame.count - first + 1, 0)
    func arguments() throws -> [Value] {
      try (0..<count).map { try Value.readRecord(frame, first + $0) }
    }
    if Recording.current != nil { return CompiledResults(try body(arguments())) }
    let found = entry { pattern, leaves in
      guard pattern.count == count else { return false }
      for place in pattern.indices
      where !pattern[place].matches(frame, first + Int32(place), &leaves) { return false }
      return true
    }
    guard let (entry, leaves) = found else { return try results(arguments()) }
    return try run(entry, leaves, arguments)
  }

  private func results(_ arguments: [Value]) throws -> CompiledResults {
    if Recording.current != nil { return CompiledResults(try body(arguments)) }
    let found = entry { pattern, leaves in
      pattern.count == arguments.count
        && zip(pattern, arguments).allSatisfy { $0.matches($1, &leaves) }
    }
    guard let (entry, leaves) = found else { return try record(arguments) }
    return try run(entry, leaves) { arguments }
  }

  /// The plan that fits, which becomes the first one. Plans with a captured tensor that has been
  /// written to since are forgotten.
  private func entry(
    _ fits: ([ArgumentPattern], inout ArgumentPattern.Leaves) -> Bool
  ) -> (Entry, ArgumentPattern.Leaves)? {
    for place in entries.indices {
      var leaves = ArgumentPattern.Leaves()
      guard fits(entries[place].pattern, &leaves) else { continue }
      if entries[place].plan.isStale {
        entries.remove(at: place)
        return nil
      }
      if place > 0 { entries.insert(entries.remove(at: place), at: 0) }
      return (entries[0], leaves)
    }
    return nil
  }

  private func run(
    _ entry: Entry, _ leaves: ArgumentPattern.Leaves, _ arguments: () throws -> [Value]
  ) throws -> CompiledResults {
    for tensor in leaves.tensors where tensor.isTraced && tensor.isRecorded {
      return CompiledResults(try body(arguments()))
    }
    calls += 1
    if let check, calls % check == 0 { return try checked(entry, leaves, arguments()) }
    return CompiledResults(
      entry.results, try entry.plan.run(leaves.tensors, leaves.streams))
  }
}

// MARK: - Recording

extension CompiledFunction {
  private func record(_ arguments: [Value]) throws -> CompiledResults {
    var leaves = ArgumentPattern.Leaves()
    let pattern = arguments.map { ArgumentPattern($0, &leaves) }
    if leaves.tensors.contains(where: \.isRecorded) {
      return CompiledResults(try body(arguments))
    }
    let recording = Recording()
    let copies = try leaves.tensors.map { try recording.argument($0.value) }
    var rest = copies[...]
    let watched = arguments.map { TensorTree.rebuild($0, &rest) }
    let draws = DrawLog()
    let results = try draws.watching { try recording.watch { try body(watched) } }
    if let failure = recording.failure { throw failure }
    var tensors: [Tensor] = []
    for result in results { TensorTree.collect(result, &tensors) }
    // A captured tensor that an outer gradient goes through: its tape must see the operations.
    if tensors.contains(where: \.isRecorded) { return CompiledResults(results) }
    let program = Program(recording, arguments: copies.map(\.layout), results: tensors)
    let plan = try Plan(PlanBuilder(program, streams: leaves.streams))
    let entry = Entry(pattern: pattern, plan: plan, results: ResultPattern(results))
    entries.insert(entry, at: 0)
    if entries.count > CompiledFunction.mostPlans { entries.removeLast() }
    if startsWithPlan {
      draws.rewind()
      return CompiledResults(entry.results, try plan.run(leaves.tensors, leaves.streams))
    }
    return CompiledResults(
      entry.results, try plan.firstResults(tensors.map(\.value), leaves.tensors))
  }
}

// MARK: - Checking

extension CompiledFunction {
  /// The plan's results after a comparison with those of the function; streams go on once.
  private func checked(
    _ entry: Entry, _ leaves: ArgumentPattern.Leaves, _ arguments: [Value]
  ) throws -> CompiledResults {
    let streams = leaves.streams + entry.plan.streams
    let before = streams.map(\.step)
    let tensors = try entry.plan.run(leaves.tensors, leaves.streams)
    for (stream, step) in zip(streams, before) { stream.rewind(to: step) }
    var expected: [Tensor] = []
    for value in try body(arguments) { TensorTree.collect(value, &expected) }
    guard expected.count == tensors.count else {
      throw UserError(
        "the function returned \(expected.count) tensors, its plan has \(tensors.count)")
    }
    for (place, (given, wanted)) in zip(tensors, expected).enumerated() {
      try compare(given, wanted, output: place + 1)
    }
    return CompiledResults(entry.results, tensors)
  }

  private func compare(_ given: Tensor, _ wanted: Tensor, output: Int) throws {
    guard given.shape == wanted.shape, given.dtype == wanted.dtype else {
      throw UserError(
        "output \(output) is \(given.shape) \(given.dtype.rawValue), the function gave "
          + "\(wanted.shape) \(wanted.dtype.rawValue)")
    }
    let (a, b) = (try given.doubles(), try wanted.value.doubles())
    let scale = b.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    var worst = (difference: 0.0, place: 0)
    for i in a.indices where a[i] != b[i] && !(a[i].isNaN && b[i].isNaN) {
      let difference = abs(a[i] - b[i])
      if !(difference <= worst.difference) {
        worst = (difference.isNaN ? .infinity : difference, i)
      }
    }
    let bound = (given.dtype == .float64 ? 1e-12 : 1e-5) * scale
    guard worst.difference > bound else { return }
    throw UserError(
      "output \(output) differs from the function's own by \(shortNumber(worst.difference)) at "
        + "element \(worst.place + 1): \(shortNumber(a[worst.place])), expected "
        + "\(shortNumber(b[worst.place])); what the function captures must not change")
  }
}
