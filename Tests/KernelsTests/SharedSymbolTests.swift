import TestSupport
import Testing

/// Generic code of the standard library that the compiler specialised inside of a kernel module
/// keeps the standard library's name, whatever flags it was compiled with. The linker keeps one
/// copy for the whole program, perhaps the AVX-512 one, and the program dies on a smaller CPU.
@Suite("Symbols of the kernel modules") struct SharedSymbolTests {
  /// Names defined in a listing by `nm` that do not belong to the module that defines them.
  private func shared(_ listing: String) -> [String] {
    listing.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count == 3, let name = fields.last else { return nil }
      // $ss and $sS: entities of the standard library
      return name.hasPrefix("$ss") || name.hasPrefix("$sS") ? String(name) : nil
    }
  }

  @Test("a specialisation of the standard library is recognised")
  func planted() {
    let listing = """
                       U $ss6SIMD16V8lowHalfs5SIMD8VyxGvg
      0000000000000090 W $ss6SIMD32V7oddHalfs6SIMD16VyxGvsSf_Tg5
      0000000000000010 T $s9KernelsV40A0O3expyySPySfG_SpySfGSitFZ
      """
    #expect(shared(listing) == ["$ss6SIMD32V7oddHalfs6SIMD16VyxGvsSf_Tg5"])
  }

  @Test("none is left in a kernel module", arguments: ["KernelsBase", "KernelsV3", "KernelsV4"])
  func none(module: String) throws {
    let script = "nm \"$0\"/*.o"
    let result = try Command(
      "/bin/sh", ["-c", script, "\(Products.folder)/\(module).build"]
    ).run()
    try #require(result.out.contains(" T $s"), "nm lists the objects: \(result.err)")
    #expect(shared(result.out) == [])
  }
}
