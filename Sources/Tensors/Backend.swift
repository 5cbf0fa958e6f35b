import CSupport
import Glibc
import KernelsBase
import KernelsV3
import KernelsV4

/// The hot loops of the best level this CPU has; `MOONDRIFT_CPU=base|v3|v4` asks for a lower one.
public let kernels: any KernelSet.Type = cpuLevel.kernels

/// The instruction set in use.
public enum CPULevel: String {
  case base, v3, v4

  /// As benchmark tables name it.
  public var instructionSet: String {
    switch self {
    #if arch(x86_64)
      case .base: "x86-64"
      case .v3: "x86-64-v3 (AVX2)"
      case .v4: "x86-64-v4 (AVX-512)"
    #else
      default: "arm64"
    #endif
    }
  }

  var kernels: any KernelSet.Type {
    switch self {
    case .base: KernelsBase.Kernels.self
    case .v3: KernelsV3.Kernels.self
    case .v4: KernelsV4.Kernels.self
    }
  }
}

public let cpuLevel: CPULevel = {
  let best = csupport_cpu_level()
  let asked = getenv("MOONDRIFT_CPU").map { String(cString: $0) } ?? ""
  switch CPULevel(rawValue: asked) ?? .v4 {
  case .base: return .base
  case .v3: return best >= 3 ? .v3 : .base
  case .v4: return best >= 4 ? .v4 : best >= 3 ? .v3 : .base
  }
}()

/// Elements a thread takes at a time in elementwise loops: about 10 µs of work, so that cutting pays.
package let parallelGrain = 1 << 15
