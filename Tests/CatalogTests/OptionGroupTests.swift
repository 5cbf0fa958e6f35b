import Catalog
import Testing

private struct Inner: OptionGroup {
  var scale = 2.0
  static let options: [Option<Inner>] = [Option("scale", \.scale, "a scale", in: .positive)]
}

private struct Outer: OptionGroup {
  var width: Count = 16
  var name: String?
  var inner = Inner { $0.scale = 3 }

  static let options: [Option<Outer>] =
    [
      Option("width", \.width, "a width", in: .positive),
      Option(required: "name", \.name, "a name"),
    ] + Option.group(\.inner)
  static let earlierNames: [String: String?] = ["size": "width", "gone": nil]

  func check() throws {
    if width == 13 { throw UserError("width must not be 13") }
  }
}

@Suite struct OptionGroupTests {
  private func restored(_ pairs: [(String, Value)]) throws -> Outer {
    try Outer(restoring: .named(pairs.map { (key: $0.0, value: $0.1) }), place: "f: options")
  }

  @Test("only what differs from the defaults is printed, and what a call must give")
  func literal() {
    #expect(Outer { $0.name = "a" }.literal == "{name = \"a\"}")
    let changed = Outer {
      $0.name = "a"
      $0.width = 3
      $0.inner.scale = 5
    }
    #expect(changed.literal == "{width = 3, name = \"a\", scale = 5}")
  }

  @Test("what is stored comes back, under names of earlier versions too")
  func roundTrip() throws {
    let group = Outer {
      $0.name = "b"
      $0.width = 5
      $0.inner.scale = 0.5
    }
    #expect(try Outer(restoring: group.stored, place: "f").literal == group.literal)
    let early = try restored([("size", .integer(7)), ("gone", .integer(1)), ("name", .string("c"))])
    #expect(early.literal == "{width = 7, name = \"c\"}")
  }

  @Test("what a file holds is checked as a call is")
  func errors() {
    func message(_ pairs: [(String, Value)]) -> String? {
      do { _ = try restored(pairs) } catch { return "\(error)" }
      return nil
    }
    #expect(
      message([("width", .integer(0))])
        == "f: options: width must be a positive integer, got 0")
    #expect(
      message([("width", .number(2.5))])
        == "f: options: width must be a positive integer, got 2.5")
    #expect(
      message([("scale", .number(-1))]) == "f: options: scale must be a positive number, got -1")
    #expect(
      message([("widht", .integer(1))])
        == "f: options: unknown option 'widht' (did you mean width?)")
    #expect(message([("width", .integer(13))]) == "f: options: width must not be 13")
    #expect(throws: UserError.self) { try Outer().required(\.name, "name") }
  }
}
