// swift-tools-version:6.2
// Moondrift: one target per module of docs/design.md, bottom to top.
// A target may import only what stands above it in this list; Tests/StructureTests checks it.
import PackageDescription

/// Flags of every kernel target: no checks, the compiler's own vector operations, and square roots without errno.
let kernelFlags = [
  "-Ounchecked", "-Xfrontend", "-enable-builtin-module", "-Xcc", "-fno-math-errno",
]

/// Flags of one CPU level for the kernel targets: Swift itself emits AVX2 or AVX-512 code with them.
func cpuLevel(_ march: String, vectorBits: Int, _ condition: String) -> [SwiftSetting] {
  #if arch(x86_64)
    [
      .unsafeFlags(
        kernelFlags
          + ["-Xcc", "-march=\(march)", "-Xcc", "-mprefer-vector-width=\(vectorBits)"]),
      .define(condition),
    ]
  #else
    [.unsafeFlags(kernelFlags), .define(condition)]
  #endif
}

let package = Package(
  name: "moondrift",
  products: [.executable(name: "moondrift", targets: ["moondrift"])],
  targets: [
    // 0: system libraries, C shims, hot loops
    .systemLibrary(name: "CSystemLua", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    // Cairo, libzip, libpng and libjpeg are not linked: these open them at first use.
    .target(name: "CCairo", dependencies: ["CSupport"]),
    .target(name: "CZip", dependencies: ["CSupport"]),
    .target(name: "CImages", dependencies: ["CSupport"]),
    .target(
      name: "CLua", dependencies: ["CSystemLua", "CSupport"],
      linkerSettings: [.linkedLibrary(":liblua5.4.a"), .linkedLibrary("m"), .linkedLibrary("dl")]),
    .target(
      name: "CReadline", dependencies: ["CSupport"], linkerSettings: [.linkedLibrary("readline")]),
    .target(
      name: "CSupport",
      linkerSettings: [
        .linkedLibrary("mimalloc"), .linkedLibrary("dl"), .linkedLibrary("pthread"),
      ]),
    .target(name: "KernelsBase", swiftSettings: [.unsafeFlags(kernelFlags)]),
    .target(
      name: "KernelsV3", dependencies: ["KernelsBase"],
      swiftSettings: cpuLevel("x86-64-v3", vectorBits: 256, "KERNELS_V3")),
    .target(
      name: "KernelsV4", dependencies: ["KernelsBase"],
      swiftSettings: cpuLevel("x86-64-v4", vectorBits: 512, "KERNELS_V4")),

    // 1: description and machine
    .target(name: "Catalog"),
    .target(name: "Runtime", dependencies: ["CSupport"]),

    // 2–3: numbers
    .target(
      name: "Tensors",
      dependencies: ["Catalog", "Runtime", "CSupport", "KernelsBase", "KernelsV3", "KernelsV4"]),
    .target(name: "Autodiff", dependencies: ["Catalog", "Runtime", "Tensors"]),

    // 4–7: the science
    .target(name: "Processes", dependencies: ["Catalog", "Tensors", "Autodiff"]),
    .target(name: "Targets", dependencies: ["Catalog", "Runtime", "Tensors", "Autodiff"]),
    .target(
      name: "Files",
      dependencies: ["Catalog", "Runtime", "Tensors", "Autodiff", "CZlib", "CZip", "CImages"]),
    .target(
      name: "Layers", dependencies: ["Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff"]),
    .target(
      name: "Models",
      dependencies: [
        "Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff", "Layers", "Processes",
        "Targets", "Files",
      ]),
    .target(
      name: "Optimizers",
      dependencies: ["Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff"]),
    .target(
      name: "Diffusion",
      dependencies: [
        "Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff", "Layers", "Processes", "Models",
      ]),
    .target(
      name: "Metrics",
      dependencies: [
        "Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff", "Processes", "Targets",
        "Models", "Diffusion",
      ]),
    .target(
      name: "Training",
      dependencies: [
        "Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff", "Layers", "Processes", "Files",
        "Models",
        "Optimizers", "Diffusion",
      ]),
    .target(
      name: "Theory",
      dependencies: [
        "Catalog", "Runtime", "KernelsBase", "Tensors", "Autodiff", "Layers", "Processes",
        "Targets",
        "Models",
      ]),
    .target(name: "Plots", dependencies: ["Catalog", "Runtime", "Tensors", "Files", "CCairo"]),

    // 8–10: the host
    .target(
      name: "Library",
      dependencies: [
        "Catalog", "Runtime", "Tensors", "Autodiff", "Layers", "Processes", "Targets", "Models",
        "Optimizers",
        "Diffusion", "Metrics", "Theory", "Training", "Files", "Plots",
      ]),
    .target(name: "Reference", dependencies: ["Catalog"]),
    .target(name: "LuaHost", dependencies: ["CLua", "Catalog", "Runtime"]),
    .target(
      name: "Shell",
      dependencies: ["CReadline", "CLua", "Catalog", "Runtime", "Tensors", "LuaHost", "Reference"]),
    .executableTarget(
      name: "moondrift",
      dependencies: ["Catalog", "Runtime", "Tensors", "Library", "Reference", "LuaHost", "Shell"],
      linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"])]),

    .executableTarget(
      name: "convolution-bench", dependencies: ["Runtime", "Tensors"],
      path: "scripts/bench.d/convolutions"),

    // Tests
    .target(name: "CTestSupport", path: "Tests/CTestSupport"),
    .target(
      name: "TestSupport", dependencies: ["CTestSupport", "Tensors", "Autodiff"],
      path: "Tests/TestSupport"),
    .testTarget(name: "StructureTests"),
    .testTarget(name: "ShellTests", dependencies: ["TestSupport", "moondrift"]),
    .testTarget(
      name: "LibraryTests",
      dependencies: ["Library", "Catalog", "LuaHost", "TestSupport", "moondrift"]),
    .testTarget(
      name: "ReferenceTests", dependencies: ["Reference", "Catalog", "TestSupport", "moondrift"]),
    .testTarget(
      name: "KernelsTests",
      dependencies: ["KernelsBase", "KernelsV3", "KernelsV4", "CSupport", "TestSupport"]),
    .testTarget(
      name: "LuaHostTests",
      dependencies: [
        "LuaHost", "CLua", "CSupport", "Catalog", "Runtime", "TestSupport", "moondrift",
      ]),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog"]),
    .testTarget(name: "RuntimeTests", dependencies: ["Runtime"]),
    .testTarget(name: "TensorsTests", dependencies: ["Catalog", "Runtime", "Tensors"]),
    .testTarget(
      name: "AutodiffTests",
      dependencies: ["Catalog", "Runtime", "Tensors", "Autodiff", "TestSupport"]),
    .testTarget(
      name: "TargetsTests",
      dependencies: ["Tensors", "Autodiff", "Targets", "Library", "LuaHost", "TestSupport"]),
    .testTarget(
      name: "MetricsTests",
      dependencies: [
        "Tensors", "Processes", "Targets", "Models", "Metrics", "Library", "LuaHost",
        "TestSupport",
      ]),
    .testTarget(
      name: "LayersTests",
      dependencies: ["Catalog", "Tensors", "Autodiff", "Layers", "TestSupport"]),
    .testTarget(name: "ProcessesTests", dependencies: ["Tensors", "Processes"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Catalog", "Runtime", "Tensors", "Autodiff", "Processes", "Layers", "Models", "Optimizers",
        "Diffusion", "Training",
      ]),
    .testTarget(
      name: "ModelsTests",
      dependencies: [
        "Layers", "Models", "Processes", "Autodiff", "Tensors", "Catalog", "TestSupport",
        "moondrift",
      ]),
    .testTarget(
      name: "DiffusionTests",
      dependencies: [
        "Diffusion", "Models", "Processes", "Targets", "Autodiff", "Tensors", "Runtime", "Catalog",
        "TestSupport", "moondrift",
      ]),
    .testTarget(name: "CommandLineTests", dependencies: ["TestSupport", "moondrift"]),
    .testTarget(name: "ScriptTests", dependencies: ["TestSupport", "moondrift"]),
    .testTarget(
      name: "PlotsTests",
      dependencies: [
        "Plots", "Catalog", "Runtime", "Tensors", "CCairo", "TestSupport", "moondrift",
      ], linkerSettings: [.linkedLibrary("cairo")]),
    .testTarget(
      name: "FilesTests",
      dependencies: ["Files", "Catalog", "Runtime", "Tensors", "CZlib", "TestSupport", "moondrift"]),
  ],
  swiftLanguageModes: [.v5]
)
