import Catalog
import KernelsBase
import Runtime

/// Windows that pooling takes the mean or the largest of.
public struct Pooling: Equatable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case average
    /// NaN where a window has one; its gradient goes to the first of the largest.
    case maximum
  }

  public let kind: Kind
  public let kernel: (y: Int, x: Int)
  public let stride: (y: Int, x: Int)
  /// Rows above and below, columns left and right: zeros of a mean, nothing of a maximum.
  public let padding: (y: Int, x: Int)
  /// Whether means divide by the size of the window, padding included.
  public let countsPadding: Bool

  /// - Parameter stride: of the kernel's size where nil.
  public init(
    _ kind: Kind, kernel: (y: Int, x: Int), stride: (y: Int, x: Int)? = nil,
    padding: (y: Int, x: Int) = (0, 0), countsPadding: Bool = true
  ) throws {
    (self.kind, self.kernel, self.padding) = (kind, kernel, padding)
    (self.stride, self.countsPadding) = (stride ?? kernel, countsPadding)
    for (name, pair) in [("kernel", kernel), ("stride", self.stride)] {
      guard min(pair.y, pair.x) >= 1, max(pair.y, pair.x) <= 1 << 24 else {
        throw UserError(
          "\(name) must be a positive integer, got \(min(pair.y, pair.x) < 1 ? min(pair.y, pair.x) : max(pair.y, pair.x))"
        )
      }
    }
    guard padding.y >= 0, padding.x >= 0, 2 * padding.y <= kernel.y, 2 * padding.x <= kernel.x
    else {
      throw UserError(
        "padding must be from 0 to half of the kernel, \(kernel.y / 2) rows and \(kernel.x / 2) columns, "
          + "got \(padding.y) and \(padding.x)")
    }
  }

  public static func == (a: Pooling, b: Pooling) -> Bool {
    a.kind == b.kind && a.kernel == b.kernel && a.stride == b.stride && a.padding == b.padding
      && a.countsPadding == b.countsPadding
  }

  /// Height and width of what comes out; throws where not even one window fits.
  public func size(of height: Int, _ width: Int) throws -> (height: Int, width: Int) {
    let (rows, columns) = (height + 2 * padding.y, width + 2 * padding.x)
    guard rows >= kernel.y, columns >= kernel.x else {
      throw UserError(
        "kernel must fit the padded image: it is \(kernel.y)×\(kernel.x), the image \(height)×\(width), "
          + "\(rows)×\(columns) with its padding")
    }
    return ((rows - kernel.y) / stride.y + 1, (columns - kernel.x) / stride.x + 1)
  }
}

extension FeatureMap {
  public func pooled(_ pooling: Pooling) throws -> FeatureMap {
    let size = try pooling.size(of: height, width)
    let result = try FeatureMap(
      batch: batch, channels: channels, height: size.height, width: size.width)
    try pool(pooling, into: result)
    return result
  }

  public func pool(_ pooling: Pooling, into result: FeatureMap) throws {
    let pass = pooling.pass(extent, result.extent)
    let (x, y) = (FloatIn(base), result.base)
    try eachPlane { plane in
      let (from, to) = (x + plane * pass.input.plane, y + plane * pass.output.plane)
      switch pooling.kind {
      case .average: kernels.averagePool(pass, from, to)
      case .maximum: kernels.maximumPool(pass, from, to)
      }
    }
  }

  /// The gradient of what was pooled, `self`, from that of the result.
  public func poolingGradient(_ pooling: Pooling, _ dy: FeatureMap) throws -> FeatureMap {
    let size = try pooling.size(of: height, width)
    try FeatureMap.check(dy, "dy", [batch, channels, size.height, size.width])
    let result = try FeatureMap(batch: batch, channels: channels, height: height, width: width)
    try spread(pooling, dy, into: result)
    return result
  }

  /// The same into a map; of means, which do not depend on what was pooled, `self` may be that map.
  public func spread(_ pooling: Pooling, _ dy: FeatureMap, into result: FeatureMap) throws {
    let pass = pooling.pass(extent, dy.extent)
    let (x, g, dx) = (FloatIn(base), FloatIn(dy.base), result.base)
    try eachPlane { plane in
      let (from, to) = (plane * pass.output.plane, plane * pass.input.plane)
      switch pooling.kind {
      case .average: kernels.averagePoolBackward(pass, g + from, dx + to)
      case .maximum: kernels.maximumPoolBackward(pass, x + to, g + from, dx + to)
      }
    }
  }

  /// Each plane of each image: a block of channels, or one of a few.
  func eachPlane(_ body: (Int) throws -> Void) throws {
    try WorkerPool.shared.run(
      count: batch * blocks, grain: max(1, parallelGrain / max(1, extent.plane))
    ) { for plane in $0 { try body(plane) } }
  }
}

extension Pooling {
  fileprivate func pass(_ input: MapExtent, _ output: MapExtent) -> PoolPass {
    var pass = PoolPass(input: input, output: output)
    (pass.kernel, pass.stride, pass.padding) = (kernel, stride, padding)
    pass.countsPadding = countsPadding
    return pass
  }
}
