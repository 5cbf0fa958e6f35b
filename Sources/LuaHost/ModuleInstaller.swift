// Puts the modules of the catalog into a Lua state: `moondrift.sde`, `require "moondrift.sde"`, and
// behind the globals, so that `sde` is there until a script uses the name for something else.
import CLua
import Catalog

struct ModuleInstaller {
  /// The module whose functions stand in the table `moondrift` itself.
  static let product = "moondrift"

  let state: OpaquePointer
  let modules: [Module]
  /// They must live as long as the state.
  private(set) var functions: [BoundFunction] = []

  init(state: OpaquePointer, modules: [Module]) {
    self.state = state
    self.modules = modules
  }

  /// - Parameter behind: the index of the table that stands behind the globals. The stack must have room.
  mutating func install(behind: Int32) {
    let top = clua_top(state)
    declareClasses()

    let frame = Frame(state)
    clua_push_table(state, 0, Int32(clamping: modules.count))  // moondrift
    clua_push_loaded(state)
    let (all, loaded) = (top + 1, top + 2)
    for module in modules {
      if module.name == Self.product {
        setFunctions(of: module, in: all)
        continue
      }
      pushTable(of: module)
      clua_push_copy(state, -1)
      offer(loaded, "\(Self.product).\(module.name)")
      clua_push_copy(state, -1)
      frame.setField(behind, module.name)
      frame.setField(all, module.name)
    }
    clua_push_copy(state, all)
    offer(loaded, Self.product)
    clua_push_globals(state)
    clua_push_copy(state, all)
    offer(top + 3, Self.product)
    clua_set_top(state, top)
  }

  /// Pops a value and stores it, unless the script was there first.
  private func offer(_ table: Int32, _ name: String) {
    if clua_get_field(state, table, name) == LuaType.nil {
      clua_set_top(state, -2)
      Frame(state).setField(table, name)
    } else {
      clua_set_top(state, -3)
    }
  }

  private mutating func keep(_ function: BoundFunction) -> UnsafeMutableRawPointer {
    functions.append(function)
    return Unmanaged.passUnretained(function).toOpaque()
  }

  private mutating func declareClasses() {
    var plans: [ClassPlan] = []
    var places: [ObjectIdentifier: Int] = [:]
    func place(of type: any Object.Type) -> Int {
      if let place = places[ObjectIdentifier(type)] { return place }
      plans.append(ClassPlan(type))
      places[ObjectIdentifier(type)] = plans.count - 1
      return plans.count - 1
    }
    for module in modules {
      for description in module.types { _ = place(of: description.type) }
      for entry in module.entries {
        guard let receiver = entry.receiver else { continue }
        plans[place(of: receiver)].add(entry, qualifiedBy: module.name)
      }
    }
    for plan in plans { plan.declare(in: state) { keep($0) } }
  }

  private mutating func pushTable(of module: Module) {
    let frame = Frame(state)
    clua_push_table(state, 0, Int32(clamping: module.entries.count))
    let table = clua_top(state)
    clua_push_table(state, 0, 3)  // its metatable
    setFunctions(of: module, in: table)
    if let entry = module.callee, let body = entry.body {
      clua_push_module_call(state, keep(BoundFunction(module.name, entry, isMember: false, body)))
      frame.setField(table + 1, "__call")
    }
    clua_push_module_index(state, keep(missing(in: module)))
    frame.setField(table + 1, "__index")
    frame.push("module \(module.name)")
    frame.setField(table + 1, "__name")
    clua_set_metatable(state, table)
  }

  private mutating func setFunctions(of module: Module, in table: Int32) {
    let frame = Frame(state)
    for entry in module.entries {
      switch entry.kind {
      case .constant(let value):
        clua_push_number(state, value)
        frame.setField(table, entry.name)
      case .function:
        guard let body = entry.body else { continue }
        let name = "\(module.name).\(entry.name)"
        clua_push_function(state, keep(BoundFunction(name, entry, isMember: false, body)))
        frame.setField(table, entry.name)
      case .method, .property, .metamethod, .variable: break
      }
    }
  }

  /// What the table does not hold: a value that changes, or
  /// `module sample has no 'euler_maruyma' (did you mean euler_maruyama?)`.
  private func missing(in module: Module) -> BoundFunction {
    let variables = module.entries.filter { $0.kind == .variable }
    return BoundFunction("") { frame in
      let key = frame.string(at: 2) ?? ""
      if let body = variables.first(where: { $0.name == key })?.body {
        frame.host.pointee.setTop(frame.state, 0)
        return try body(frame)
      }
      let known = module.entries.filter { $0.receiver == nil || $0.isAlsoMethod }.map(\.name)
      let foreign = ForeignNames.functions[module.name] ?? [:]
      throw UserError(
        "module \(module.name) has no '\(key)'"
          + suggestion(for: key, among: known, foreign: foreign))
    }
  }
}
