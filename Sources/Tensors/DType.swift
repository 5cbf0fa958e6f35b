/// What a tensor's elements are.
public enum DType: String, CaseIterable {
  case float32, float64, int64, bool

  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .float64, .int64: 8
    case .bool: 1
    }
  }

  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  /// The type of the result of arithmetic on two tensors: bool < int64 < float32 < float64, but int64
  /// with float32 gives float32, as in PyTorch.
  public static func promoted(_ a: DType, _ b: DType) -> DType {
    let order: [DType] = [.bool, .int64, .float32, .float64]
    for type in order.reversed() where a == type || b == type { return type }
    return a
  }
}

/// A Swift type that a tensor can hold.
public protocol Element {
  static var dtype: DType { get }
}

extension Float: Element { public static var dtype: DType { .float32 } }
extension Double: Element { public static var dtype: DType { .float64 } }
extension Int64: Element { public static var dtype: DType { .int64 } }
extension Bool: Element { public static var dtype: DType { .bool } }
