/// What makes a Lua table something else than a list.
public enum ListFlaw {
  /// No value at this place, though there is one at a later place.
  case hole(Int)
  /// A key that is no place of a list, as an error shows it: `'dtype'`, `2.5`.
  case key(String)
}

extension Frame {
  /// What the table at `table` holds beside the places 1 to `length`, which is what Lua reports as its
  /// length; nil where that is nothing. A hole among these places shows when they are read. The `n`
  /// that `table.pack` writes is no flaw.
  ///
  /// Keys are only counted at first, so that a right list costs one quick walk.
  public func flaw(ofListAt table: Int32, length: Int) -> ListFlaw? {
    guard host.pointee.reserve(state, 3) != 0 else { return nil }
    let table = host.pointee.absoluteIndex(state, table)
    var count = 0
    host.pointee.pushNil(state)
    while host.pointee.next(state, table) != 0 {
      pop()
      count += 1
    }
    if count <= length { return nil }
    var names: [String] = []
    var hasLater = false
    host.pointee.pushNil(state)
    while host.pointee.next(state, table) != 0 {
      pop()
      if type(at: -1) == LuaType.number, let place = integer(at: -1) {
        if place > length { hasLater = true }
        if place < 1 { names.append("\(place)") }
      } else if string(at: -1) != "n" {
        names.append(describe(at: -1))
      }
    }
    // Lua's length ends before a place without a value.
    return hasLater ? .hole(length + 1) : names.min().map(ListFlaw.key)
  }
}
