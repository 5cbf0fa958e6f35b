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
  /// What Ctrl-C says is running, as a handler of signals can read it.
  private let shortName: UnsafePointer<CChar>?

  /// - Parameter shortName: `matmul`; the last part of `name` where it is not given.
  init(_ name: String, shortName: String? = nil, _ body: @escaping (Frame) throws -> Int32) {
    self.name = name
    self.body = body
    let text = shortName ?? name.split(separator: ".").last.map(String.init) ?? ""
    self.shortName = text.isEmpty ? nil : UnsafePointer(strdup(text))
  }

  deinit { free(UnsafeMutablePointer(mutating: shortName)) }

  /// Hands Lua's C side the functions it calls in Swift. Runs once, before the first state.
  static let connectToLua: Void = {
    setCallbacks()
    Memory.collectGarbage = { clua_collect_here() }
    Memory.makeRoom = { clua_make_room(Int64($0)) }
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
    default:
      frame.push(prefix + "\(error)")
    }
    return CLUA_RAISE
  }

  private var prefix: String { name.isEmpty ? "" : name + ": " }
}
