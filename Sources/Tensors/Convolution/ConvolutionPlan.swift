import Catalog
import KernelsBase
import Runtime

/// How a convolution is computed.
public enum ConvolutionWay: String, CaseIterable, Sendable {
  /// F(4 × 4, 3 × 3): 3 × 3 kernels of stride 1. About 4 times fewer products; relative error about 1e-6.
  case winograd
  /// Products tap by tap: everything.
  case direct
}

/// How the passes of one convolution are computed: a rule of its shape and the CPU level, never of timing,
/// so that a run keeps its bits. All passes give the same bits at any number of threads.
public final class ConvolutionPlan: CustomStringConvertible {
  public let shape: ConvolutionShape
  /// The way of all three passes.
  public let way: ConvolutionWay
  private let correlation: Correlation

  /// - Parameter way: in place of the rule's.
  public init(_ shape: ConvolutionShape, way: ConvolutionWay? = nil) throws {
    self.shape = shape
    correlation = Correlation(shape)
    let canTransform = ConvolutionPlan.canTransform(correlation)
    if way == .winograd, !canTransform {
      throw UserError(
        "way must be direct for this convolution: winograd needs a 3×3 kernel of stride 1 without dilation "
          + "and groups, and more than \(FeatureMap.mostPlanes) channels on both sides")
    }
    self.way =
      way ?? (canTransform && ConvolutionPlan.gains(correlation) ? .winograd : .direct)
  }

  private static func canTransform(_ c: Correlation) -> Bool {
    c.kernel == (3, 3) && c.options.stride == (1, 1) && c.options.dilation == (1, 1)
      && c.options.groups == 1 && c.input.depth == 16 && c.output.depth == 16
  }

  /// Whether 36 products a tile are clearly fewer than 9 a pixel.
  private static func gains(_ c: Correlation) -> Bool {
    let tiles = ((c.outputHeight + 3) / 4) * ((c.outputWidth + 3) / 4)
    return 36 * tiles <= 5 * c.outputHeight * c.outputWidth
  }

  // MARK: Passes

  /// y = sink(x ⋆ w).
  /// - Parameter scale: multiplies the weights of each output channel: a norm folded into them.
  /// - Returns: the sums of the sink, if it makes any.
  @discardableResult
  public func forward(
    _ x: FeatureSource, weights: Tensor, scale: [Float]? = nil, into y: FeatureMap,
    _ sink: FeatureSink = .plain
  ) throws -> ChannelSums? {
    try check(x.map, "x", shape.inputShape)
    try check(y, "y", shape.outputShape)
    if let scale, scale.count != shape.outputs {
      throw UserError(
        "scale must have a number for each of the \(shape.outputs) channels, got \(scale.count)")
    }
    return try pass(shape.options.isTransposed, x, try ready(weights), scale, y, sink)
  }

  /// dx = sink(the gradient of x, from that of y).
  @discardableResult
  public func backwardData(
    _ dy: FeatureSource, weights: Tensor, into dx: FeatureMap, _ sink: FeatureSink = .plain
  ) throws -> ChannelSums? {
    try check(dy.map, "dy", shape.outputShape)
    try check(dx, "dx", shape.inputShape)
    return try pass(!shape.options.isTransposed, dy, try ready(weights), nil, dx, sink)
  }

  /// dw = the gradient of the weights, a dense float32 tensor of `weightShape`.
  public func backwardWeights(_ x: FeatureSource, _ dy: FeatureSource, into dw: Tensor) throws {
    try check(x.map, "x", shape.inputShape)
    try check(dy.map, "dy", shape.outputShape)
    guard dw.shape == shape.weightShape, dw.dtype == .float32, dw.isDense else {
      throw UserError(
        "dw must be a dense float32 tensor of shape \(shape.weightShape), got \(dw.dtype.rawValue) of "
          + "shape \(dw.shape)")
    }
    let table = ChannelTable()
    // What slides over the input is x, or dy of a transposed convolution.
    let (slides, stands) = shape.options.isTransposed ? (dy, x) : (x, dy)
    let (a, b) = (try table.source(slides), try table.source(stands))
    let target = dw.pointer(Float.self)
    if shape.batch == 0 {
      target.update(repeating: 0, count: dw.elementCount)
      return
    }
    switch way {
    case .winograd: try WinogradSlopePlan(correlation).run(a, b, into: target)
    case .direct:
      try DirectSlopePlan(correlation, maySwap: !(b.keeps || a.keeps)).run(a, b, into: target)
    }
    try keepRest(slides, a)
    withExtendedLifetime((table, x, dy)) {}
  }

  /// What slides is read several times and keeps nothing: it is made anew.
  private func keepRest(_ source: FeatureSource, _ access: MapSource) throws {
    guard access.keeps, case .normBackward(let norm) = source else { return }
    try norm.keep(access)
  }

  private func pass(
    _ isBackward: Bool, _ x: FeatureSource, _ w: Tensor, _ scale: [Float]?, _ y: FeatureMap,
    _ sink: FeatureSink
  ) throws -> ChannelSums? {
    let table = ChannelTable()
    let (source, target) = (try table.source(x), try table.sink(sink, into: y))
    if shape.batch == 0 { return SumTable(channels: 1).total(target.form, channels: y.channels) }
    defer { withExtendedLifetime((table, x.map, y, w)) {} }
    let c = correlation
    guard isBackward, c.folds else {
      return try pass(isBackward, false, source, w, scale, target)
    }
    let padded = try FeatureMap(
      batch: y.batch, channels: y.channels, height: c.paddedHeight, width: c.paddedWidth)
    _ = try pass(true, true, source, w, nil, MapSink(padded.base))
    return try BorderFold(c, padded).run(into: y, target)
  }

  private func pass(
    _ isBackward: Bool, _ padded: Bool, _ source: MapSource, _ w: Tensor, _ scale: [Float]?,
    _ sink: MapSink
  ) throws -> ChannelSums? {
    let (c, weights) = (correlation, FloatIn(w.pointer(Float.self)))
    switch way {
    case .direct:
      return try DirectPlan(c, isBackward: isBackward, padded: padded).run(
        weights, scale: scale, source, sink)
    case .winograd:
      return try (scale ?? []).withUnsafeBufferPointer { numbers in
        let view = WeightView(
          weights, steps: isBackward ? (9, 9 * c.inputs) : (9 * c.inputs, 9), isFlipped: isBackward,
          outputs: isBackward ? c.inputs : c.outputs, inputs: isBackward ? c.outputs : c.inputs,
          scale: scale == nil ? nil : numbers.baseAddress)
        return try WinogradPlan(c, isBackward: isBackward, padded: padded).run(view, source, sink)
      }
    }
  }

  private func check(_ map: FeatureMap, _ name: String, _ shape: Shape) throws {
    try FeatureMap.check(map, name, Array(shape))
  }

  private func ready(_ weights: Tensor) throws -> Tensor {
    guard weights.shape == shape.weightShape, weights.dtype == .float32 else {
      throw UserError(
        "weights must be float32 of shape \(shape.weightShape), got \(weights.dtype.rawValue) of shape "
          + "\(weights.shape)")
    }
    return try weights.densified()
  }

  // MARK: Description

  /// The way of each pass with its chunks, workspace and operations.
  public var description: String {
    let s = shape
    let kind = s.options.isTransposed ? "transposed convolution" : "convolution"
    let head =
      "\(kind) \(s.inputs)→\(s.outputs), kernel \(s.kernelHeight)×\(s.kernelWidth), "
      + "[\(s.batch), \(s.inputs), \(s.height), \(s.width)] → [\(s.batch), \(s.outputs), "
      + "\(s.outputHeight), \(s.outputWidth)], \(formatNumber(s.operations / 1e9)) GFLOP a pass"
    let backward = s.options.isTransposed
    return
      ([head] + [
        "forward: " + describe(isBackward: backward), "data: " + describe(isBackward: !backward),
        "weights: " + describeSlopes(),
      ]).joined(separator: "\n")
  }

  private func describe(isBackward: Bool) -> String {
    let padded = isBackward && correlation.folds
    switch way {
    case .winograd:
      let plan = WinogradPlan(correlation, isBackward: isBackward, padded: padded)
      let (shared, perThread) = plan.workspace
      return
        "winograd F(4×4, 3×3) by \(plan.goesByOutputs ? "outputs" : "tiles"), \(plan.tileCount) tiles in "
        + "\(plan.chunkCount) chunks, \(shared) bytes and \(perThread) a thread"
    case .direct:
      let plan = DirectPlan(correlation, isBackward: isBackward, padded: padded)
      let bands = plan.rows.flatMap { row in plan.columns.map { plan.bands(row, $0).count } }
      return
        "direct, \(plan.usesDots ? "dot products" : "panels of \(plan.panelWidth) outputs"), "
        + "\(bands.reduce(0, +)) bands in \(bands.count) grid\(bands.count == 1 ? "" : "s")"
    }
  }

  private func describeSlopes() -> String {
    switch way {
    case .winograd:
      let plan = WinogradSlopePlan(correlation)
      let (shared, perThread) = plan.workspace
      let cut = plan.goesByChannels ? "chunks of channels" : "\(plan.groups) groups of tiles"
      return "winograd F(4×4, 3×3), \(cut), \(shared) bytes and \(perThread) a thread"
    case .direct:
      let plan = DirectSlopePlan(correlation, maySwap: true)
      let bands = plan.plan.bands(plan.row, plan.column).count
      return
        "direct\(plan.isSwapped ? ", the gradient sliding" : ""), \(bands) bands in "
        + "\(plan.groups(bands)) groups"
    }
  }
}

extension NormBackward {
  /// Puts dy in the place of the gradient, element by element.
  func keep(_ source: MapSource) throws {
    let extent = y.extent
    let pixels = extent.height * extent.width
    try WorkerPool.shared.run(
      count: y.batch * extent.height, grain: max(1, parallelGrain / (extent.width * y.laneCount))
    ) { rows in
      let columns = extent.depth == 1 ? max(16, extent.blocks) : y.laneCount
      try withWorkspace(of: extent.width * columns, Float.self) { z in
        for row in rows {
          let (image, line) = row.quotientAndRemainder(dividingBy: extent.height)
          let targets = (0..<extent.width).map {
            image * extent.blocks * pixels * extent.depth + (line * extent.width + $0)
              * extent.depth
          }
          kernels.directGradients(
            MapPart(extent, blocks: 0..<extent.blocks), source, targets: targets,
            count: extent.width, into: z, rowStep: columns)
        }
      }
    }
  }
}
