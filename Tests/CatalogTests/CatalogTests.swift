import Catalog
import Testing

@Suite("Catalog") struct CatalogTests {
  @Test("edit distance counts insertions, deletions, substitutions and swaps")
  func distances() {
    #expect(editDistance("steps", "setps") == 1)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("same", "same") == 0)
  }

  @Test("the nearest name is suggested only when it is near")
  func suggestions() {
    #expect(nearestName(to: "setps", among: ["seed", "steps", "count"]) == "steps")
    #expect(nearestName(to: "zzzzz", among: ["seed", "steps"]) == nil)
    #expect(nearestName(to: "foo", among: ["cos", "to", "floor"]) == nil)
    #expect(nearestName(to: "seds", among: ["seed", "rate"]) == "seed")
    #expect(
      unknownName("option", "setps", known: ["steps"])
        == "unknown option 'setps' (did you mean steps?)")
    #expect(
      unknownName("option", "qq", known: ["steps", "seed"])
        == "unknown option 'qq' (known: steps, seed)")
  }

  @Test("numbers print without a trailing .0")
  func numbers() {
    #expect(formatNumber(2) == "2" && formatNumber(2.5) == "2.5" && formatNumber(1e20) == "1e+20")
    #expect(formatNumber(.nan) == "nan" && formatNumber(-.infinity) == "-inf")
  }

  func entry(_ name: String, _ summary: String = "Something.") -> Entry {
    .function(name, summary, .arg("x")) { (x: Double) in x }
  }

  @Test("names used twice, keywords, capitals and missing summaries are found")
  func problemsAreFound() {
    func found(_ entries: Entry...) -> [String] {
      problems(in: [Module("m", "M.", entries: entries)])
    }
    #expect(found(entry("fine"), entry("fine_too")) == [])
    #expect(found(entry("a"), entry("a")) == ["m.a is used twice"])
    #expect(found(entry("end")) == ["name 'm.end' is not allowed"])
    #expect(found(entry("Upper")) == ["name 'm.Upper' is not allowed"])
    #expect(found(entry("a", "")) == ["m.a has no summary"])
  }

  @Test("a parameter's description is taken from its Swift type, default and domain")
  func descriptions() {
    let entry = Entry.function(
      "f", "F.", .arg("x"),
      .option("steps", default: 500 as Count, "number of steps", in: .positive),
      .option("kind", default: "a", "which", in: .oneOf(["a", "b"]))
    ) { (x: Double, steps: Count, kind: String) in x }
    let (x, steps, kind) = (entry.parameters[0], entry.parameters[1], entry.parameters[2])
    #expect(x.type == "number" && x.isRequired && x.role == .positional)
    #expect(steps.defaultLiteral == "500" && steps.domain == "a positive integer")
    #expect(steps.type == "integer" && !steps.isRequired && steps.role == .option)
    #expect(kind.choices == ["a", "b"] && kind.defaultLiteral == "\"a\"")
    #expect(entry.optionNames == ["steps", "kind"] && entry.resultTypes == ["number"])
  }
}
