import Testing

@Suite struct KernelUseTests {
  @Test("something calls each kernel")
  func everyKernelIsCalled() {
    let sources = Repository.files(under: "Sources", endings: [".swift"])
    #expect(KernelUse.uncalled(in: sources) == [])
    #expect(
      KernelUse.uncalled(in: [
        SourceFile(
          path: "Sources/KernelsBase/A.swift",
          text: "  static func used(_ x: Int)\n  static func idle(_ x: Int)\n"
            + "  static func inner(_ x: Int)\n  public static func used(_ x: Int) {\n    inner(x)\n  }\n"
        ),
        SourceFile(path: "Sources/Tensors/B.swift", text: "kernels.used(1)  // kernels.idle\n"),
      ]) == ["idle"])
  }
}
