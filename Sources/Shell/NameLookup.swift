// What a chain of names and indices as it is typed, `fit.log.loss` or `x[1]`, leads to: local variables
// of the session, globals, fields by raw access, properties of our objects. Nothing of the script runs.
import CLua
import Catalog
import LuaHost

struct NameLookup {
  let lua: LuaState
  let locals: SessionLocals

  /// One step of a chain: a name behind `.` or `:`, or what stands in `[ ]`.
  private enum Step {
    case name(String)
    case index(Int)
  }

  /// Pushes what the chain leads to; false, with nothing pushed, where that is nothing.
  func push(_ chain: String) -> Bool {
    guard let steps = steps(chain), case .name(let first)? = steps.first,
      clua_reserve(lua.pointer, 20) != 0
    else { return false }
    let top = clua_top(lua.pointer)
    guard locals.push(first) || lua.pushGlobalRaw(first) else { return false }
    for step in steps.dropFirst() {
      guard take(step) else {
        clua_set_top(lua.pointer, top)
        return false
      }
    }
    return true
  }

  /// Replaces the value on top by a part of it.
  private func take(_ step: Step) -> Bool {
    switch step {
    case .name(let name):
      guard lua.pushMemberRaw(of: -1, name) || lua.pushProperty(of: -1, name) else { return false }
    case .index(let place):
      guard lua.pushElement(of: -1, place) else { return false }
    }
    clua_remove(lua.pointer, -2)
    return true
  }

  private func steps(_ chain: String) -> [Step]? {
    var steps: [Step] = []
    var rest = Substring(chain)
    var expectsName = true
    while !rest.isEmpty {
      if expectsName {
        let name = rest.prefix { $0.utf8.allSatisfy(isNameByte) }
        guard !name.isEmpty else { return nil }
        steps.append(.name(String(name)))
        rest = rest[name.endIndex...]
        expectsName = false
      } else if rest.first == "." || rest.first == ":" {
        rest.removeFirst()
        expectsName = true
      } else if rest.first == "[", let end = rest.firstIndex(of: "]") {
        let inside = trimmed(String(rest[rest.index(after: rest.startIndex)..<end]))
        if let place = Int(inside, radix: 10) {
          steps.append(.index(place))
        } else if inside.count >= 2, let quote = inside.first, quote == "\"" || quote == "'",
          inside.last == quote
        {
          steps.append(.name(String(inside.dropFirst().dropLast())))
        } else {
          return nil
        }
        rest = rest[rest.index(after: end)...]
      } else {
        return nil
      }
    }
    return expectsName ? nil : steps
  }

  /// The chain that ends where the text ends: `fit.log` of `print(fit.log`.
  static func chain(endingIn text: String) -> String {
    var kept: [Character] = []
    var depth = 0
    for character in text.reversed() {
      if character == "]" { depth += 1 }
      if character == "[" { depth -= 1 }
      let isPart =
        depth > 0 || character == "[" && depth == 0 || character == "." || character == ":"
        || character.utf8.allSatisfy(isNameByte)
      guard isPart, depth >= 0 else { break }
      kept.append(character)
    }
    return String(kept.reversed())
  }
}
