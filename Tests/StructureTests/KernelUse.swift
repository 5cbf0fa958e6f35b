/// Which kernels nothing calls.
enum KernelUse {
  private static let kernelModules: Set<String> = ["KernelsBase", "KernelsV3", "KernelsV4"]

  /// The names that the protocols of the kernels declare and no code says: as a member outside of the
  /// kernels, or in the body of another kernel.
  static func uncalled(in files: [SourceFile]) -> [String] {
    var declared: Set<String> = []
    var called: Set<String> = []
    for file in files {
      let isKernel = kernelModules.contains(file.target)
      for line in file.codeLines {
        let words = line.text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        if isKernel, words.count > 2, words[0] == "static", words[1] == "func" {
          declared.insert(String(words[2]))
        } else if isKernel {
          let isHead = words.contains("func")
          if !isHead { called.formUnion(words.map(String.init)) }
        } else {
          for word in words where word.contains(".") {
            called.formUnion(word.split(separator: ".").map(String.init))
          }
        }
      }
    }
    return declared.subtracting(called).sorted()
  }
}
