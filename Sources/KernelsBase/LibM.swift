/// The C library's functions where no vector form stands (yet) or its range ends.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

enum LibM {
  static func sin(_ x: Float) -> Float { sinf(x) }
  static func cos(_ x: Float) -> Float { cosf(x) }
  static func power(_ x: Float, _ y: Float) -> Float { powf(x, y) }
  #if canImport(Glibc)
    static func sin(_ x: Double) -> Double { Glibc.sin(x) }
    static func cos(_ x: Double) -> Double { Glibc.cos(x) }
    static func power(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  #else
    static func sin(_ x: Double) -> Double { Darwin.sin(x) }
    static func cos(_ x: Double) -> Double { Darwin.cos(x) }
    static func power(_ x: Double, _ y: Double) -> Double { Darwin.pow(x, y) }
  #endif
}
