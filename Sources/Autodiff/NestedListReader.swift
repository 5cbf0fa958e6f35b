import Catalog
import Tensors

/// Walks nested lists, checking that all of one depth are equally long and that each holds its
/// elements and nothing else. An error names the element: `element [2][3] is nil`.
struct NestedListReader {
  let frame: Frame
  private(set) var values: [Double] = []
  /// By place, the integers that no double holds.
  private(set) var integers: [Int: Int] = [:]
  private(set) var isBoolean = true
  private var lengths: [Int] = []
  /// The 1-based positions on the way to what is being read.
  private var path: [Int] = []

  init(frame: Frame) { self.frame = frame }

  func shape() throws -> Shape { try Shape(checking: lengths) }

  mutating func read(_ index: Int32, depth: Int) throws {
    switch frame.type(at: index) {
    case LuaType.number, LuaType.boolean: try readNumber(index, depth: depth)
    case LuaType.table: try readList(index, depth: depth)
    default: throw unfit(index)
    }
  }

  private mutating func readNumber(_ index: Int32, depth: Int) throws {
    let isNumber = frame.type(at: index) == LuaType.number
    guard depth == lengths.count else {
      throw Mismatch(
        sentence: "must have lists of equal depth, got \(frame.describe(at: index)) beside a list")
    }
    if isNumber { isBoolean = false }
    let value =
      isNumber
      ? frame.number(at: index) : Double(frame.host.pointee.boolean(frame.state, index))
    if isNumber, let exact = exactInteger(frame, index, value) { integers[values.count] = exact }
    values.append(value)
  }

  private mutating func readList(_ index: Int32, depth: Int) throws {
    let host = frame.host.pointee
    guard host.reserve(frame.state, 3) != 0, depth < Shape.maximumRank else {
      throw Mismatch(sentence: "must be nested at most \(Shape.maximumRank) deep")
    }
    let table = host.absoluteIndex(frame.state, index)
    let length = host.length(frame.state, table)
    if depth == lengths.count {
      guard values.isEmpty else {
        throw Mismatch(sentence: "must have lists of equal depth, got a list beside a number")
      }
      lengths.append(length)
    }
    guard lengths[depth] == length else {
      // A hole makes the length of a list a matter of chance, so that is said first.
      try checkKeys(of: table, length: length, depth: depth)
      throw Mismatch(
        sentence: "must have lists of equal length, got \(length) beside \(lengths[depth])")
    }
    path.append(0)
    let (count, isAll) = try readInOrder(table, depth: depth)
    if !isAll { try checkKeys(of: table, length: length, depth: depth) }
    for position in stride(from: count + 1, through: length, by: 1) {
      try frame.poll(position)
      path[depth] = position
      _ = host.getIndex(frame.state, table, position)
      defer { frame.pop() }
      try read(-1, depth: depth + 1)
    }
    path.removeLast()
  }

  /// Reads the elements while Lua's own walk over the table meets them in order, which for a right list
  /// it nearly always does: so one walk both reads them and finds that there is nothing else.
  ///
  /// - Returns: how many were read, and whether that was all there is.
  private mutating func readInOrder(_ table: Int32, depth: Int) throws -> (count: Int, isAll: Bool)
  {
    let host = frame.host
    var position = 0
    host.pointee.pushNil(frame.state)
    while host.pointee.next(frame.state, table) != 0 {
      var isInteger: Int32 = 0
      let key = host.pointee.integer(frame.state, -2, &isInteger)
      guard isInteger != 0, key == position + 1 else {
        frame.pop(2)
        return (position, false)
      }
      position += 1
      path[depth] = position
      do {
        try frame.poll(position)
        try read(-1, depth: depth + 1)
      } catch {
        frame.pop(2)
        throw error
      }
      frame.pop()
    }
    return (position, true)
  }

  private func checkKeys(of table: Int32, length: Int, depth: Int) throws {
    let path = Array(path.prefix(depth))
    switch frame.flaw(ofListAt: table, length: length) {
    case nil: return
    case .hole(let place)?:
      throw Mismatch(sentence: "must be numbers in nested lists: \(element(path + [place])) is nil")
    case .key(let key)?:
      let owner = path.isEmpty ? "the list" : element(path)
      throw Mismatch(
        sentence:
          "must be numbers in nested lists: \(owner) has the key \(key)")
    }
  }

  private func unfit(_ index: Int32) -> Mismatch {
    var what = frame.kind(at: index)
    if let object = frame.anyObject(at: index), object is Tensor {
      what = "a tensor; join tensors with tensor.stack or tensor.concatenate, or take x:item()"
    }
    return Mismatch(sentence: "must be numbers in nested lists: \(element(path)) is \(what)")
  }

  /// `element 2`, `element [2][3]`.
  private func element(_ path: [Int]) -> String {
    if path.count == 1 { return "element \(path[0])" }
    return "element " + path.map { "[\($0)]" }.joined()
  }
}
