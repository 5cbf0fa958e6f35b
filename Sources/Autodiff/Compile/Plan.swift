import Runtime
import Tensors

/// A program ready to run: instructions over slots, which are pointers set before each run.
///
/// The memory between two operations belongs to the plan and is used again in every run; results are
/// new tensors. No instruction of the common kinds allocates, looks anything up or counts references.
public final class Plan {
  /// How a returned tensor is made. In a box: each run goes through them, and copies of layouts cost more
  /// than small operations.
  indirect enum Result {
    /// An argument itself, or a view of it.
    case argument(Int, Recording.Layout?)
    case slot(Int, Recording.Layout)
    case constant(Tensor)
  }

  let instructions: [Instruction]
  let results: [Result]
  private let argumentSlots: [Int]
  /// Slot and bytes of the results that the instructions write.
  private let resultSlots: [(slot: Int, bytes: Int)]
  /// Slots to be emptied after each instruction; empty where there are none at all.
  private let released: [[Int]]
  let slots: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// The memory behind each slot, where it is known or asked for.
  let storages: UnsafeMutablePointer<Storage?>
  /// Elements before the first one of an argument that is a view.
  private let offsets: UnsafeMutablePointer<Int>
  /// Captured tensors, with the versions that the recording saw.
  private let constants: [(storage: Storage, version: Int)]
  private let needsArgumentStorage: Bool
  /// Streams that the program draws from, for `check` to set back.
  let streams: [RandomStream]
  /// The streams among the arguments of the run.
  private(set) var givenStreams: [RandomStream] = []
  let bufferBytes: Int
  private let memory: PlanMemory

  init(_ builder: PlanBuilder) {
    memory = builder.memory
    instructions = builder.instructions
    results = builder.results
    argumentSlots = builder.argumentSlots
    resultSlots = builder.resultSlots
    released = builder.released
    storages = memory.array(builder.storages)
    offsets = memory.array(builder.storages.map { _ in 0 })
    constants = builder.constants.map { ($0, $0.version) }
    needsArgumentStorage = builder.needsArgumentStorage
    streams = builder.streams
    bufferBytes = builder.bufferBytes
    let none = UnsafeMutableRawPointer(memory.array([UInt64(0)]))
    slots = memory.array(builder.storages.map { $0?.base ?? none })
  }

  /// Runs the program on tensors of the shapes and types it was recorded with.
  func run(_ arguments: [Tensor], _ streams: [RandomStream]) throws -> [Tensor] {
    var dense = arguments
    for (place, argument) in arguments.enumerated() where !argument.isDense {
      dense[place] = try argument.densified()
    }
    try place(dense)
    givenStreams = streams
    defer { forget() }
    try withExtendedLifetime(dense) {
      try instructions.withUnsafeBufferPointer { instructions in
        for number in instructions.indices {
          try Cancellation.check()
          try Unmanaged.passUnretained(instructions[number])._withUnsafeGuaranteedRef {
            try $0.run(self)
          }
          if !released.isEmpty { for slot in released[number] { storages[slot] = nil } }
        }
      }
    }
    return try results.map { try tensor($0, arguments) }
  }

  /// Points the slots of arguments and results to the memory of one run.
  private func place(_ arguments: [Tensor]) throws {
    for (place, argument) in arguments.enumerated() {
      let slot = argumentSlots[place]
      slots[slot] = argument.storage.base + argument.offset * argument.dtype.byteCount
      if needsArgumentStorage {
        storages[slot] = argument.storage
        offsets[slot] = argument.offset
      }
    }
    for (slot, bytes) in resultSlots {
      let storage = try Storage(byteCount: bytes)
      slots[slot] = storage.base
      storages[slot] = storage
    }
  }

  /// Lets go of the memory of one run.
  private func forget() {
    for (slot, _) in resultSlots { storages[slot] = nil }
    if needsArgumentStorage { for slot in argumentSlots { storages[slot] = nil } }
    if !givenStreams.isEmpty { givenStreams = [] }
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
      let view = Tensor(
        storage: argument.storage, dtype: layout.dtype, shape: layout.shape,
        strides: layout.strides, offset: argument.offset + layout.offset)
      // A single element that is read is a copy, here as everywhere.
      return layout.shape.isEmpty ? try view.copied() : view
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

  /// Whether a captured tensor has been written to since it was recorded.
  var isStale: Bool {
    for (storage, version) in constants where storage.version != version { return true }
    return false
  }

  /// How many of the instructions are chains of elementwise operations.
  var chainCount: Int { instructions.count { $0 is ElementChain } }
}
