import Catalog
import Testing

@Suite("Count") struct CountTests {
  @Test("products and sums throw where they are more than memory can hold")
  func arithmetic() throws {
    let big = try Count(1 << 40)
    #expect(try big + 1 == Count((1 << 40) + 1))
    func text(_ body: () throws -> Count) -> String {
      do { return try "\(body())" } catch { return "\(error)" }
    }
    #expect(text { try big * big } == "1099511627776 times 1099511627776 is more than 2^48")
    #expect(
      text { try Count(1 << 48) + Count(1 << 48) }
        == "281474976710656 plus 281474976710656 is more than 2^48")
    let less = -1
    #expect(text { try Count(less) } == "-1 is no size from 0 to 2^48")
    #expect(text { try Count(.max) } == "9223372036854775807 is no size from 0 to 2^48")
  }

  private struct Options: OptionGroup {
    var width = 3 as Count
    var depth: Count?
    static let options: [Option<Options>] = [
      Option("width", \.width, "units"), Option("depth", \.depth, "layers"),
    ]
  }

  @Test("a count is 0 or more where its parameter says nothing narrower")
  func domains() {
    let entry = Entry.function(
      "f", "F.", .arg("n"), .arg("m", default: nil as Count?), .option("k", "how many"),
      .option("j", default: nil as Count?, "how many"),
      .option("i", default: 2 as Count, "how many", in: .positive)
    ) { (n: Count, _: Count?, _: Count, _: Count?, _: Count) in n.value }
    #expect(
      entry.parameters.map(\.domain)
        == Array(repeating: "an integer of 0 or more", count: 4) + ["a positive integer"])
    let group = Entry.function("g", "G.", .group(Options.self)) { (_: OptionsOf<Options>) in 1.0 }
    #expect(group.parameters.allSatisfy { $0.domain == "an integer of 0 or more" })
  }
}
