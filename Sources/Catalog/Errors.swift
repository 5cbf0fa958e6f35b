/// A mistake of the caller, told so that it can be mended. The host puts the name of the function in
/// front: `sample.euler_maruyama: steps must be a positive integer, got 2.5`.
///
/// Write the message lower case, without a full stop, always with the actual value.
public struct UserError: Error, CustomStringConvertible {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}

/// A mistake that names another function than the one that Lua called: an object that is called stands
/// for the function that made it.
public struct NamedError: Error, CustomStringConvertible {
  public let name: String
  public let message: String

  public init(_ name: String, _ message: String) {
    self.name = name
    self.message = message
  }

  public var description: String { "\(name): \(message)" }
}

/// A value that is not what a parameter takes. Only built when something went wrong.
public struct Mismatch: Error {
  /// What was expected, with its article: `a number`.
  public let expected: String
  /// What came, when it is not simply the value in the argument's slot.
  public let got: String?
  /// Says the whole, where "must be … , got …" would not do.
  public let sentence: String?

  public init(expected: String, got: String? = nil) {
    self.expected = expected
    self.got = got
    sentence = nil
  }

  /// A whole sentence after the parameter's name: `has shape [3, 2], expected [n 1]`.
  public init(sentence: String) {
    expected = ""
    got = nil
    self.sentence = sentence
  }
}

/// A Lua error on its way through Swift: the original value, kept in the registry, to be raised again
/// as itself.
public final class LuaError: Error, CustomStringConvertible, @unchecked Sendable {
  public let host: UnsafePointer<HostFunctions>
  public let reference: HostFunctions.Reference?
  public let description: String

  /// Takes the error value from the top of the stack.
  public init(popping frame: Frame) {
    description = frame.string(at: -1) ?? frame.describe(at: -1)
    reference = frame.host.pointee.reference(frame.state, -1)
    host = frame.host
    frame.pop()
  }

  deinit { host.pointee.release(reference) }
}

/// The name among `known` that is nearest to a mistyped one, when it is near enough to suggest: one
/// letter in three may be another, and one more of a short name where the first two agree.
public func nearestName(to name: String, among known: [String]) -> String? {
  let limit = max(1, name.count / 3)
  let start = name.count < 6 ? name.prefix(2) : name[...]
  return
    known
    .map { (candidate: $0, distance: editDistance(name, $0)) }
    .filter { $0.distance <= limit + ($0.candidate.hasPrefix(start) ? 1 : 0) }
    .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
    .candidate
}

/// Edit distance with transpositions of neighbours (Damerau 1964, optimal string alignment).
public func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a)
  let b = Array(b)
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      row[j] = min(last[j] + 1, row[j - 1] + 1, substitution)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        row[j] = min(row[j], beforeLast[j - 2] + 1)
      }
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}

/// `unknown option 'setps' (did you mean steps?)`, or with the whole list where nothing is near. A name
/// that another library has for one of them counts as near.
public func unknownName(_ kind: String, _ name: String, known: [String]) -> String {
  let foreign = ForeignNames.option(name, known: known)
  if let near = foreign ?? nearestName(to: name, among: known) {
    return "unknown \(kind) '\(name)' (did you mean \(near)?)"
  }
  return "unknown \(kind) '\(name)' (known: \(known.joined(separator: ", ")))"
}

/// What an error says behind an unknown member or function: what to write for a name of another
/// library, the nearest name, or all of them where they are few.
public func suggestion(for name: String, among known: [String], foreign: [String: String]) -> String
{
  if let here = foreign[name] { return ": write \(here)" }
  if let near = nearestName(to: name, among: known) { return " (did you mean \(near)?)" }
  let listed = known.filter { $0 != "free" }
  return (1...8).contains(listed.count) ? " (known: \(listed.joined(separator: ", ")))" : ""
}
