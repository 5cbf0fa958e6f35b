// A Swift function as Lua holds it, and the one place where Swift errors become Lua errors.
import CLua
import Catalog
import Glibc
import Runtime

/// The box a Lua function points to. Its owner is the `LuaState` that binds it.
final class BoundFunction {
  /// As errors name it: `sample.euler_maruyama`; empty where the message says all.
  let name: String
  let body: (Frame) throws -> Int32
  /// What an error says besides, where the call went wrong in a common way.
  private let hint: CallHint?
  /// What Ctrl-C says is running, as a handler of signals can read it.
  private let shortName: UnsafePointer<CChar>?

  /// - Parameter shortName: `matmul`; the last part of `name` where it is not given.
  init(
    _ name: String, shortName: String? = nil, hint: CallHint? = nil,
    _ body: @escaping (Frame) throws -> Int32
  ) {
    self.name = name
    self.body = body
    self.hint = hint
    let text = shortName ?? name.split(separator: ".").last.map(String.init) ?? ""
    self.shortName = text.isEmpty ? nil : UnsafePointer(strdup(text))
  }

  /// The function of an entry.
  ///
  /// - Parameter isMember: whether it is reached through an object.
  convenience init(
    _ name: String, _ entry: Entry, isMember: Bool, _ body: @escaping (Frame) throws -> Int32
  ) {
    self.init(name, hint: CallHint(entry, name: name, isMember: isMember), body)
  }

  deinit { free(UnsafeMutablePointer(mutating: shortName)) }

  /// Hands Lua's C side the functions it calls in Swift. Runs once, before the first state.
  static let connectToLua: Void = {
    setCallbacks()
    Memory.collectGarbage = { clua_collect_here() }
    Memory.hostBytes = { Int(clamping: clua_bytes_here()) }
    Memory.makeRoom = { clua_make_room(Int64($0)) }
    ChildProcess.carryThread = {
      let (universe, function) = (clua_universe_here(), clua_running_function)
      return {
        clua_go_on_here(universe)
        _ = clua_exchange_running_function(function)
      }
    }
  }()

  private static func setCallbacks() {
    clua_set_callbacks(
      { state, raw in
        Unmanaged<BoundFunction>.fromOpaque(raw)._withUnsafeGuaranteedRef { function in
          let frame = Frame(state: state, host: HostTable.pointer)
          let outer = clua_exchange_running_function(function.shortName)
          defer { _ = clua_exchange_running_function(outer) }
          do { return try function.body(frame) } catch { return function.report(error, frame) }
        }
      },
      { object in Unmanaged<AnyObject>.fromOpaque(object).release() },
      { state, object, _ in
        guard
          let object = Unmanaged<AnyObject>.fromOpaque(object).takeUnretainedValue() as? any Object
        else { return }
        ClassPlan(type(of: object)).declare(in: state) { function in
          // No module owns this class, so its few functions stay for good.
          Unmanaged.passRetained(function).toOpaque()
        }
      })
  }

  /// Pushes the error and says how it is to be raised.
  private func report(_ error: any Error, _ frame: Frame) -> Int32 {
    // Before the arguments go.
    let hint =
      error is UserError ? hint?.text(frame, isDotCall: clua_is_dot_call(frame.state)) : nil
    frame.host.pointee.setTop(frame.state, 0)
    if Cancellation.isRequested {
      frame.push("interrupted!")
      return CLUA_RAISE_INTERRUPT
    }
    switch error {
    case let error as LuaError:
      frame.host.pointee.pushReference(frame.state, error.reference)
      return CLUA_RAISE_AS_IS
    case let error as Mismatch:
      frame.push(prefix + (error.sentence ?? "expected \(error.expected)"))
    case is Cancelled:
      frame.push("interrupted!")
      return CLUA_RAISE_INTERRUPT
    case is NamedError: frame.push("\(error)")
    default:
      frame.push(prefix + "\(error)" + (hint.map { "; \($0)" } ?? ""))
    }
    return CLUA_RAISE
  }

  private var prefix: String { name.isEmpty ? "" : name + ": " }
}
