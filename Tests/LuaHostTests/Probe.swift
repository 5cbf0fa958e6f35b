// A small catalog that exercises every way of binding, and states that hold it.
import CSupport
import Catalog
import LuaHost
import Runtime
import Synchronization
import Testing

/// An object that may claim to hold bytes, and counts how many of its kind are alive.
final class Probe: Object {
  static let typeName = "probe"
  /// How many exist, in all states.
  static let alive = Atomic<Int>(0)

  var value: Double
  let bytes: Int
  var callback: Callback?

  init(_ value: Double, bytes: Int = 0) {
    self.value = value
    self.bytes = bytes
    csupport_count_allocation(Int64(bytes))
    Probe.alive.add(1, ordering: .relaxed)
  }

  deinit {
    csupport_count_release(Int64(bytes))
    Probe.alive.subtract(1, ordering: .relaxed)
  }

  func describe() -> String { "probe(\(formatNumber(value)))" }
}

/// Another class, of which no module says anything.
final class Stranger: Object {
  static let typeName = "stranger"
  func describe() -> String { "stranger()" }
}

struct Odd: Error, CustomStringConvertible {
  let description = "something odd"
}

let probeModule = Module(
  "probe", "Objects and functions for the tests of the host.",
  types: [TypeDescription(Probe.self, "a test object")],
  call: .function("probe", "Makes a probe.", .arg("value"), .option("bytes", default: 0, "claimed"))
  { (value: Double, bytes: Int) in Probe(value, bytes: bytes) },
  entries: [
    .method(Probe.self, "itself", "The same object.") { (p: Probe) in p },
    .function("add", "Adds.", .arg("a"), .arg("b")) { (a: Double, b: Double) in a + b },
    .function(
      "repeat_text", "Repeats.", .arg("text"), .arg("count", default: 2 as Count, in: .positive)
    ) {
      (text: String, count: Count) in String(repeating: text, count: count.value)
    },
    .function(
      "run", "Takes options.", .arg("x"),
      .option("steps", default: 10 as Count, "steps", in: .positive),
      .option("rate", "rate", in: .positive),
      .option("kind", default: "round", "kind", in: .oneOf(["round", "flat"]))
    ) { (x: Double, steps: Count, rate: Double, kind: String) in "\(x) \(steps) \(rate) \(kind)" },
    .function("fail", "Throws a user error.", .arg("text")) { (text: String) throws -> Nothing in
      throw UserError(text)
    },
    .function("odd", "Throws another error.") { () throws -> Nothing in throw Odd() },
    .function("apply", "Calls f.", .arg("f"), .arg("x")) { (f: Callback, x: Double) in
      try f.call(x, returning: Double.self, name: "f")
    },
    .function("sum", "Adds a list.", .arg("list")) { (list: [Double]) in list.reduce(0, +) },
    .function("stranger", "Makes an undeclared object.") { () in Stranger() },
    .function("long_text", "A string of so many bytes.", .arg("bytes")) { (bytes: Int) in
      String(repeating: "x", count: bytes)
    },
    .function("spin", "Loops until interrupted.") { () throws -> Nothing in
      while true { try Cancellation.check() }
    },
    .function("live_bytes", "Bytes that objects claim.") { () in Int(csupport_live_bytes()) },
    .constant("limit", 42, "A number."),
    .operation("doubled", "Twice the value.", .arg("p")) { (p: Probe) in Probe(2 * p.value) },
    .method(Probe.self, "bump", "Adds to the value.", .arg("by", default: 1.0)) {
      (p: Probe, by: Double) -> Double in
      p.value += by
      return p.value
    },
    .method(Probe.self, "keep", "Keeps a function.", .arg("f")) { (p: Probe, f: Callback) in
      p.callback = f
      return Nothing()
    },
    .method(Probe.self, "call_kept", "Calls it.") { (p: Probe) throws -> Double in
      guard let f = p.callback else { throw UserError("nothing kept") }
      return try f.call(p.value, returning: Double.self, name: "f")
    },
    .property(Probe.self, "value", "The value.") { (p: Probe) in p.value },
    .property(Probe.self, "sick", "Always throws.") { (p: Probe) throws -> Double in
      throw UserError("it is sick")
    },
    .metamethod(Probe.self, "__add", "a + b", "Adds.", .arg("a"), .arg("b")) {
      (a: OneOf<Probe, Double>, b: OneOf<Probe, Double>) in Probe(a.number + b.number)
    },
    .metamethod(Probe.self, "__index", "p[i]", "Times i.", .arg("p"), .arg("i")) {
      (p: Probe, i: Int) in p.value * Double(i)
    },
  ])

extension OneOf where First == Probe, Second == Double {
  var number: Double {
    switch self {
    case .first(let probe): probe.value
    case .second(let value): value
    }
  }
}

func makeState() throws -> LuaState { try #require(LuaState(modules: [probeModule])) }

/// Runs code and returns its results as tostring shows them.
func results(_ code: String) throws -> [String] { try makeState().results(of: code) }

/// The message of the error that code raises.
func message(_ code: String) throws -> String {
  let lua = try makeState()
  do { return "no error, but \(try lua.results(of: code))" } catch let error as ScriptError {
    return error.message
  }
}
