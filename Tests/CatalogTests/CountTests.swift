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
}
