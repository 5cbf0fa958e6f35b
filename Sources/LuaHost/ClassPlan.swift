// What Lua sees of a class of objects: its methods, properties and operators, gathered from the
// entries of all modules, and what happens to a member it does not have.
import CLua
import Catalog

struct ClassPlan {
  let type: any Object.Type
  private(set) var methods: [(name: String, function: BoundFunction)] = []
  private(set) var properties: [(name: String, function: BoundFunction)] = []
  private(set) var events: [String: BoundFunction] = [:]
  /// Whether `object[key]` of the type takes strings, so that a name may be a key.
  private var indexTakesNames = false
  private var assignmentTakesNames = false

  init(_ type: any Object.Type) { self.type = type }

  private var name: String { type.typeName }

  mutating func add(_ entry: Entry, qualifiedBy module: String) {
    guard let body = entry.body else { return }
    switch entry.kind {
    case .function:
      methods.append(
        (entry.name, BoundFunction("\(module).\(entry.name)", entry, isMember: true, body)))
    case .method:
      methods.append(
        (entry.name, BoundFunction("\(name).\(entry.name)", entry, isMember: true, body)))
    case .property:
      properties.append((entry.name, BoundFunction(name, shortName: entry.name, body)))
    case .metamethod(let event):
      if entry.parameters.count > 1 {
        let key = entry.parameters[1].type
        let takesNames = key.contains("string") || key.contains("any")
        if event == "__index" { indexTakesNames = takesNames }
        if event == "__newindex" { assignmentTakesNames = takesNames }
      }
      events[event] = BoundFunction(type.errorName, shortName: entry.name, body)
    case .constant, .variable: break
    }
  }

  /// Makes the metatable. `keep` takes ownership of each function for the life of the state.
  func declare(
    in state: OpaquePointer, keep: (BoundFunction) -> UnsafeMutableRawPointer
  ) {
    guard clua_reserve(state, 10) != 0 else { return }
    let top = clua_top(state)
    clua_declare_class(
      state, type.classKey, name, keep(missing), events["__index"].map(keep), indexTakesNames,
      keep(assigned), keep(shown), type is any FunctionHolder.Type)
    let (metatable, methodTable, propertyTable) = (top + 1, top + 2, top + 3)
    let frame = Frame(state)
    for (name, function) in methods {
      clua_push_function(state, keep(function))
      frame.setField(methodTable, name)
    }
    for (name, function) in properties {
      clua_add_property(state, propertyTable, name, keep(function))
    }
    for (event, function) in events where !Self.ownEvents.contains(event) {
      clua_push_function(state, keep(function))
      frame.setField(metatable, event)
    }
    clua_set_top(state, top)
  }

  /// Events that are the binding's own, or that it wraps.
  private static let ownEvents: Set<String> = [
    "__index", "__newindex", "__gc", "__close", "__metatable", "__name", "__tostring",
  ]

  /// `tensor has no member 'summ' (did you mean sum?)`.
  private var missing: BoundFunction {
    let name = name
    let known = (methods.map(\.name) + properties.map(\.name) + ["free"]).sorted()
    let foreign = ForeignNames.members[name] ?? [:]
    return BoundFunction("") { frame in
      guard let key = frame.string(at: 2) else {
        throw UserError("\(articled(name)) cannot be indexed by \(frame.describe(at: 2))")
      }
      let fields = (frame.anyObject(at: 1) as? any HoldsOptions)?.optionFields ?? []
      if let field = fields.first(where: { $0.key == key }) { return field.value.push(frame) }
      let known = known + fields.map(\.key)
      throw UserError(
        "\(name) has no member '\(key)'\(suggestion(for: key, among: known, foreign: foreign))")
    }
  }

  /// The type's own assignment for the keys it takes, otherwise `tensor.x cannot be assigned`.
  private var assigned: BoundFunction {
    let name = name
    let entry = events["__newindex"]
    let takesNames = assignmentTakesNames
    return BoundFunction("") { frame in
      let key = frame.string(at: 2)
      if let entry, takesNames || key == nil {
        do { return try entry.body(frame) } catch let error as UserError {
          throw UserError("\(name): \(error.message)")
        }
      }
      let place = key.map { ".\($0)" } ?? "[\(frame.describe(at: 2))]"
      throw UserError("\(name)\(place) cannot be assigned")
    }
  }

  private var shown: BoundFunction {
    let name = name
    let entry = events["__tostring"]
    return BoundFunction(name) { frame in
      guard let object = frame.anyObject(at: 1) else {
        frame.push("\(name) (freed)")
        return 1
      }
      if let entry { return try entry.body(frame) }
      frame.push(object.describe())
      return 1
    }
  }
}
