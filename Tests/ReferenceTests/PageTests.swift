// The form of help pages, stubs and Markdown, on a small catalog.
import Catalog
import Reference
import Testing

private final class Thing: Object {
  static let typeName = "thing"
  func describe() -> String { "thing()" }
}

private let module = Module(
  "shop", "Where things come from.", types: [TypeDescription(Thing.self, "a thing")],
  call: .function("shop", "Opens one.", .arg("name")) { (name: String) in Thing() },
  entries: [
    .function(
      "make", "Makes a thing.", .arg("size", "in metres"),
      .arg("count", default: 1 as Count, in: .positive),
      .option("colour", default: "red", "its colour", in: .oneOf(["red", "blue"])),
      .option("weight", "in kg", in: .positive),
      returns: "the thing", details: "More of it.", source: "Shop 2021, Eq. 3",
      example: "shop.make(1, {weight = 2})"
    ) { (size: Double, count: Count, colour: String, weight: Double) in Thing() },
    .method(Thing.self, "grow", "Makes it larger.", .arg("by", default: 1.0)) {
      (thing: Thing, by: Double) in by
    },
    .property(Thing.self, "size", "How large it is.") { (thing: Thing) in 1.0 },
    .metamethod(Thing.self, "__add", "a + b", "Joins two.", .arg("a"), .arg("b")) {
      (a: Thing, b: Thing) in a
    },
    .constant("limit", 3, "The most one can have."),
  ])

@Suite("pages")
struct PageTests {
  private let help = HelpText([module])

  @Test("a function")
  func function() {
    #expect(
      help.page("shop.make", width: 70) == """
        shop.make(size, [count], {colour = "red", weight}) -> thing

        Makes a thing.

        More of it.

          size    number: in metres
          count   integer, default 1, a positive integer
          colour  string, default "red", 'red' or 'blue': its colour
          weight  number, required, a positive number: in kg

          returns  the thing
          source   Shop 2021, Eq. 3

            shop.make(1, {weight = 2})

        """)
    #expect(help.page("make", width: 70) == help.page("shop.make", width: 70))
  }

  @Test("a module with its call and its types")
  func modulePage() {
    #expect(
      help.page("shop", width: 70) == """
        shop: Where things come from.

        shop(name) -> thing

        Opens one.

          name  string

          make   Makes a thing.
          limit  The most one can have.

        thing, an object: a thing

          :grow  Makes it larger.
          .size  How large it is.
          a + b  Joins two.

        """)
  }

  @Test("members, and what is not there")
  func members() {
    #expect(help.page("thing:grow", width: 70) == help.page("thing.grow", width: 70))
    #expect(help.page("thing.size", width: 70) == "thing.size -> number\n\nHow large it is.\n")
    #expect(help.page("shop.mak", width: 70) == nil)
    #expect(
      help.miss("shop.mak") == "there is no help on 'shop.mak' (did you mean shop.make?)\n")
    #expect(help.miss("qqqqqqqq") == "there is no help on 'qqqqqqqq'\n")
  }

  @Test("every line of an example keeps its indent")
  func example() {
    let entry = Entry.function("f", "F.", .arg("x"), example: "a = 1\nif a then\n  f(a)\nend") {
      (x: Double) in x
    }
    let page = HelpText([Module("m", "M.", entries: [entry])]).page("m.f", width: 70) ?? ""
    #expect(page.hasSuffix("\n\n    a = 1\n    if a then\n      f(a)\n    end\n"))
  }

  @Test("options have pages, and a word is searched in names, options, summaries and sources")
  func search() {
    #expect(
      help.page("shop.make.colour", width: 70) == """
        colour, an option of shop.make

          colour  string, default "red", 'red' or 'blue': its colour

        """)
    #expect(help.page("shop.make.size", width: 70)?.hasPrefix("size, an argument of") == true)
    #expect(help.page("shop.make.nothing", width: 70) == nil)
    #expect(
      help.found("weight", width: 70) == """
        found for 'weight':

          shop.make, weight  number, required, a positive number: in kg

        """)
    #expect(help.found("Eq. 3", width: 70)?.contains("shop.make  Makes a thing.") == true)
    #expect(help.found("larger", width: 70)?.contains("thing:grow  Makes it larger.") == true)
    #expect(
      help.found("elsewhere", more: [("other", "Is elsewhere.")], width: 70)?.contains("other")
        == true)
    #expect(help.found("qqqq", width: 70) == nil)
  }

  @Test("long lines are broken and rows aligned")
  func wrapping() {
    let page = help.page("shop.make", width: 40) ?? ""
    #expect(page.split(separator: "\n").allSatisfy { $0.count <= 40 }, "\(page)")
  }

  @Test("stubs for editors")
  func stubs() {
    #expect(
      EditorStubs([module]).text == """
        ---@meta
        -- Written by scripts/reference from the catalog; do not edit.

        --- a thing
        ---@class thing
        ---@field size number How large it is.
        ---@operator add(any): thing
        local thing_object = {}

        --- Makes it larger.
        ---@param by? number
        ---@return number
        function thing_object:grow(by) end

        --- Gives up its memory at once.
        function thing_object:free() end

        --- Where things come from.
        ---@class moondrift.shop
        ---@overload fun(name: string): thing
        ---@field limit number The most one can have.
        shop = {}

        --- Makes a thing.
        ---@param size number in metres
        ---@param count? integer
        ---@param options { colour?: string, weight: number }
        ---@return thing
        function shop.make(size, count, options) end

        ---@class moondrift
        ---@field shop moondrift.shop
        moondrift = {}

        """)
  }

  @Test("completion knows the options of a call")
  func completion() {
    let index = CompletionIndex([module])
    #expect(index.options(of: "shop.make").map(\.name) == ["colour", "weight"])
    #expect(index.choices(of: "shop.make", parameter: "colour") == ["red", "blue"])
    #expect(index.options(of: "thing.grow").isEmpty)
  }
}
