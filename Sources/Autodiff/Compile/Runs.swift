import Tensors

/// A layout as few axes as it can be told in: neighbouring axes that one step runs through are one,
/// axes of length 1 are none.
struct Runs: Hashable {
  var lengths: [Int] = []
  var steps: [Int] = []

  init(shape: Shape, strides: Shape) {
    for axis in 0..<shape.rank where shape[axis] != 1 {
      if let length = lengths.last, let step = steps.last, step == strides[axis] * shape[axis] {
        lengths[lengths.count - 1] = length * shape[axis]
        steps[steps.count - 1] = strides[axis]
      } else {
        lengths.append(shape[axis])
        steps.append(strides[axis])
      }
    }
  }

  var isDense: Bool { lengths.isEmpty || steps == [1] }
  /// One element for all.
  var isSingle: Bool { steps.allSatisfy { $0 == 0 } }
}

extension Recording.Layout {
  var runs: Runs { Runs(shape: shape, strides: strides) }
}

/// Elements of any layout copied into a dense row, a block at a time; nothing is allocated.
struct RunLoader {
  let rank: Int
  let isDense: Bool
  let lengths: UnsafeMutablePointer<Int>
  let steps: UnsafeMutablePointer<Int>

  init(_ runs: Runs, in memory: PlanMemory) {
    rank = runs.lengths.count
    isDense = runs.isDense
    lengths = memory.array(runs.lengths)
    steps = memory.array(runs.steps)
  }

  /// Writes elements `start ..< start + count` of the layout at `base`.
  func load<T>(
    _ base: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, from start: Int, count: Int
  ) {
    guard rank > 0 else { return target.update(repeating: base[0], count: count) }
    let inner = lengths[rank - 1]
    let step = steps[rank - 1]
    if rank == 2, steps[0] == 0, step == 1, start % inner == 0, count > inner {
      return tile(base, inner, target, count)
    }
    var index = InlineArray<8, Int>(repeating: 0)
    var (row, column) = start.quotientAndRemainder(dividingBy: inner)
    var place = 0
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      index[axis] = row % lengths[axis]
      row /= lengths[axis]
      place += index[axis] * steps[axis]
    }
    var done = 0
    while done < count {
      let length = min(inner - column, count - done)
      let source = base + place + column * step
      switch step {
      case 1: (target + done).update(from: source, count: length)
      case 0: (target + done).update(repeating: source[0], count: length)
      default: for i in 0..<length { target[done + i] = source[i * step] }
      }
      done += length
      column = 0
      var axis = rank - 2
      while axis >= 0 {
        index[axis] += 1
        place += steps[axis]
        if index[axis] < lengths[axis] { break }
        place -= steps[axis] * lengths[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// One row again and again, by copies of twice the length.
  private func tile<T>(
    _ row: UnsafePointer<T>, _ length: Int, _ target: UnsafeMutablePointer<T>, _ count: Int
  ) {
    target.update(from: row, count: length)
    var done = length
    while done < count {
      let more = min(done, count - done)
      (target + done).update(from: target, count: more)
      done += more
    }
  }
}

/// Memory of a plan's tables, freed with it.
final class PlanMemory {
  private var releases: [() -> Void] = []

  /// A copy of an array that stays where it is.
  func array<T>(_ elements: [T]) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(elements.count, 1))
    pointer.initialize(from: elements, count: elements.count)
    let count = elements.count
    releases.append {
      pointer.deinitialize(count: count)
      pointer.deallocate()
    }
    return pointer
  }

  deinit { for release in releases { release() } }
}
