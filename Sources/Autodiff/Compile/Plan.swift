import Runtime
import Tensors

/// A program ready to run: instructions over slots, which are pointers set before each run.
///
/// The memory between two operations belongs to the plan and is used again in every run; results are
/// new tensors. No instruction of the common kinds allocates, looks anything up or calls through an
/// existential for each element.
public final class Plan {
  /// What runs as one: a chain, or a single operation.
  enum Instruction {
    case chain(ElementChain)
    case product(ProductInstruction)
    case reduction(ReductionInstruction)
    case draw(DrawInstruction)
    case general(GeneralInstruction)
  }

  /// How a returned tensor is made.
  enum Result {
    /// An argument itself, or a view of it.
    case argument(Int, Recording.Layout?)
    case slot(Int, Recording.Layout)
    case constant(Tensor)
  }

  let instructions: [Instruction]
  let results: [Result]
  /// The slot of each argument; nil for those that nothing reads.
  let argumentSlots: [Int]
  /// Slot and bytes of the results that the instructions write.
  let resultSlots: [(slot: Int, bytes: Int)]
  /// Slots to be emptied after each instruction, where its number has any.
  let released: [[Int]]
  let slots: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The memory behind each slot, where it is known or asked for.
  var storages: [Storage?]
  /// Memory that is read with its own offset: an argument that is a view.
  var offsets: [Int]
  /// Captured tensors, with the versions that the recording saw.
  let constants: [(storage: Storage, version: Int)]
  let needsArgumentStorage: Bool
  /// Streams that the program draws from, for `check` to set back.
  let streams: [RandomStream]
  let bufferBytes: Int
  private let memory: PlanMemory

  init(_ builder: PlanBuilder) {
    memory = builder.memory
    instructions = builder.instructions
    results = builder.results
    argumentSlots = builder.argumentSlots
    resultSlots = builder.resultSlots
    released = builder.released
    storages = builder.storages
    offsets = Array(repeating: 0, count: builder.storages.count)
    constants = builder.constants.map { ($0, $0.version) }
    needsArgumentStorage = builder.needsArgumentStorage
    streams = builder.streams
    bufferBytes = builder.bufferBytes
    let none = memory.array([UInt64(0)])
    slots = memory.array(
      builder.storages.map { $0?.base ?? UnsafeMutableRawPointer(none) })
  }

  /// Runs the program on tensors of the shapes and types it was recorded with.
  func run(_ arguments: [Tensor], _ streams: [RandomStream]) throws -> [Tensor] {
    var dense = arguments
    for (place, argument) in arguments.enumerated() {
      if !argument.isDense { dense[place] = try argument.densified() }
      let slot = argumentSlots[place]
      slots[slot] = dense[place].storage.base + dense[place].offset * dense[place].dtype.byteCount
      if needsArgumentStorage {
        storages[slot] = dense[place].storage
        offsets[slot] = dense[place].offset
      }
    }
    for (slot, bytes) in resultSlots {
      let storage = try Storage(byteCount: bytes)
      storages[slot] = storage
      slots[slot] = storage.base
    }
    defer { forget() }
    for number in 0..<instructions.count {
      try Cancellation.check()
      switch instructions[number] {
      case .chain(let chain): chain.run(slots)
      case .product(let product): try product.run(slots)
      case .reduction(let reduction): reduction.run(slots)
      case .draw(let draw): try draw.run(self, streams)
      case .general(let general): try general.run(self)
      }
      if !released.isEmpty { for slot in released[number] { storages[slot] = nil } }
    }
    return try withExtendedLifetime(dense) {
      try results.map { try tensor($0, arguments) }
    }
  }

  /// A result of a run, or of the recording where that made it.
  private func tensor(_ result: Result, _ arguments: [Tensor], recorded: Tensor? = nil) throws
    -> Tensor
  {
    switch result {
    case .slot(let slot, let layout): return recorded ?? view(slot, layout)
    case .constant(let constant): return try constant.copied()
    case .argument(let place, nil): return arguments[place]
    case .argument(let place, let layout?):
      let argument = try arguments[place].densified()
      return Tensor(
        storage: argument.storage, dtype: layout.dtype, shape: layout.shape,
        strides: layout.strides, offset: argument.offset + layout.offset)
    }
  }

  /// The results of the call that was recorded: those of the recording, and the arguments themselves
  /// where they are returned.
  func firstResults(_ recorded: [Tensor], _ arguments: [Tensor]) throws -> [Tensor] {
    try zip(results, recorded).map { try tensor($0, arguments, recorded: $1) }
  }

  /// A tensor over the memory of a slot.
  func view(_ slot: Int, _ layout: Recording.Layout) -> Tensor {
    guard let storage = storages[slot] else { preconditionFailure("slot \(slot) is empty") }
    return Tensor(
      storage: storage, dtype: layout.dtype, shape: layout.shape, strides: layout.strides,
      offset: layout.offset + offsets[slot])
  }

  /// Lets go of the memory of one run.
  private func forget() {
    for (slot, _) in resultSlots { storages[slot] = nil }
    if needsArgumentStorage { for slot in argumentSlots { storages[slot] = nil } }
  }

  /// Whether a captured tensor has been written to since it was recorded.
  var isStale: Bool { constants.contains { $0.storage.version != $0.version } }

  /// How many of the instructions are chains.
  var chainCount: Int { instructions.count { if case .chain = $0 { true } else { false } } }
}
