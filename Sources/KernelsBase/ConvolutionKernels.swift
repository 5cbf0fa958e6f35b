/// What the convolution engine gives to its kernels: maps, what is done to their elements on the way in
/// and out, and the shapes of passes.
///
/// A blocked map is [image][channels / 16][height][width][16]; the lanes of the last block beyond the
/// channels are 0. Planes are [image][channel][height][width]. Offsets and steps count floats.

/// Sizes of one map; `blocks` are blocks of 16 channels, or planes.
public struct MapExtent: Sendable {
  public var blocks: Int
  public var height: Int
  public var width: Int
  /// Channels that lie side by side: 16, or 1 of planes.
  public var depth: Int

  public init(blocks: Int, height: Int, width: Int, depth: Int = 16) {
    (self.blocks, self.height, self.width, self.depth) = (blocks, height, width, depth)
  }

  /// Floats of one block and of one image.
  @inlinable public var plane: Int { height &* width &* depth }
  @inlinable public var image: Int { blocks &* plane }
}

/// Where a pass reads, and what it makes of what it reads.
public struct MapSource {
  public enum Form: Sendable {
    /// x.
    case plain
    /// relu(scale·x + shift).
    case reluScale
    /// With on = [scale·y + shift > 0], y the values and g the gradient: on·g·scale + offset + slope·y.
    case normBackward
  }

  public var form: Form
  public var values: FloatIn
  /// g; what is made of it takes its place where `keeps`.
  public var gradient: FloatOut
  public var keeps: Bool
  /// A number for each channel, as many as the blocks have lanes.
  public var scale: FloatIn
  public var shift: FloatIn
  public var offset: FloatIn
  public var slope: FloatIn

  public init(_ values: FloatIn) {
    (form, keeps, self.values) = (.plain, false, values)
    gradient = FloatOut(mutating: values)
    (scale, shift, offset, slope) = (values, values, values, values)
  }
}

/// Where a pass writes, and what it does to what it writes.
public struct MapSink {
  public enum Form: Sendable {
    case plain
    /// max(v + bias, floor).
    case affine
    /// Added to what is there.
    case adding
    /// v + bias, with Σ v and Σ v² of each channel.
    case statistics
    /// v, a gradient by relu(scale·y + shift): with Σ on·v and Σ on·v·y of each channel.
    case gradientSums
  }

  public var form: Form
  public var target: FloatOut
  public var bias: FloatIn
  public var floor: Float
  public var y: FloatIn
  public var scale: FloatIn
  public var shift: FloatIn

  public init(_ target: FloatOut) {
    (form, self.target, floor) = (.plain, target, -.infinity)
    (bias, y, scale, shift) = (FloatIn(target), FloatIn(target), FloatIn(target), FloatIn(target))
  }
}

/// Distances between tiles and between the 36 points of a tile.
public struct TileSteps: Sendable {
  public var tile: Int
  public var point: Int
  public init(tile: Int, point: Int) { (self.tile, self.point) = (tile, point) }
}

/// A 3 × 3 convolution of step 1 by tiles of 4 × 4 outputs.
public struct WinogradPass {
  public var input: MapExtent
  public var output: MapExtent
  public var tileRows: Int
  public var tileColumns: Int
  /// Rows and columns of padding before the input; negative where the input is cut.
  public var top: Int
  public var left: Int
  /// The input's row (column) at each padded one, −1 where it is 0; 4·tiles + 2 of them.
  public var rowMap: UnsafePointer<Int32>
  public var columnMap: UnsafePointer<Int32>
  public var source: MapSource
  public var sink: MapSink

  public init(
    input: MapExtent, output: MapExtent, padding: (top: Int, left: Int),
    rowMap: UnsafePointer<Int32>, columnMap: UnsafePointer<Int32>, source: MapSource, sink: MapSink
  ) {
    (self.input, self.output, self.source, self.sink) = (input, output, source, sink)
    (top, left, self.rowMap, self.columnMap) = (padding.top, padding.left, rowMap, columnMap)
    (tileRows, tileColumns) = ((output.height + 3) / 4, (output.width + 3) / 4)
  }
}

/// 3 × 3 weights as the caller holds them: element (o, i, tap) is at o·outStep + i·inStep + tap, or
/// + 8 − tap where `isFlipped`.
public struct WeightView {
  public var base: FloatIn
  public var outStep: Int
  public var inStep: Int
  public var isFlipped: Bool
  /// The numbers of outputs and inputs that are there; those beyond are 0.
  public var outputs: Int
  public var inputs: Int
  /// Multiplies the weights of each output, where there is one.
  public var scale: FloatIn?

  public init(
    _ base: FloatIn, steps: (out: Int, in: Int), isFlipped: Bool, outputs: Int, inputs: Int,
    scale: FloatIn?
  ) {
    (self.base, outStep, inStep) = (base, steps.out, steps.in)
    (self.isFlipped, self.outputs, self.inputs) = (isFlipped, outputs, inputs)
    self.scale = scale
  }
}

/// Sizes of products by tiles: a row of `inner` numbers a tile and point times `panels` panels.
public struct TileProduct: Sendable {
  public var tiles: Int
  public var inner: Int
  public var panels: Int
  /// Vectors a panel.
  public var vectors: Int
  public var from: TileSteps
  public var to: TileSteps
  /// Whether what is there is the start of the sums.
  public var adds: Bool

  public init(
    tiles: Int, inner: Int, panels: Int, vectors: Int, from: TileSteps, to: TileSteps, adds: Bool
  ) {
    (self.tiles, self.inner, self.panels, self.vectors) = (tiles, inner, panels, vectors)
    (self.from, self.to, self.adds) = (from, to, adds)
  }
}

/// Part of the work of a direct pass: whole images, or rows of one.
public struct PixelBand: Sendable {
  public var firstImage: Int
  public var images: Int
  public var firstRow: Int
  public var rows: Int
  public init(firstImage: Int, images: Int, firstRow: Int, rows: Int) {
    (self.firstImage, self.images, self.firstRow, self.rows) = (firstImage, images, firstRow, rows)
  }
}

/// A convolution by its taps over a grid of output pixels.
///
/// A band copies what it reads into a window, [image][block][row][column][depth], through source and
/// padding; each tap is an offset in it.
public struct DirectPass {
  public var input: MapExtent
  public var output: MapExtent
  /// The grid: `columns` pixels a row; its pixel (j, i) reads from row j·inStep.y of the padded input and
  /// writes row origin.y + j·outStep.y of the output.
  public var columns: Int
  public var inStep: (y: Int, x: Int)
  public var outStep: (y: Int, x: Int)
  public var origin: (y: Int, x: Int)
  /// Rows and columns of the window of a full band.
  public var windowRows: Int
  public var windowColumns: Int
  /// Rows that the taps span.
  public var span: Int
  /// Whether the map itself serves as the window: nothing is done to its elements, and no tap reads padding.
  public var readsMap = false
  /// The input's row (column) at each padded one, −1 where it is 0.
  public var rowMap: UnsafePointer<Int32>
  public var columnMap: UnsafePointer<Int32>
  /// The columns of the window where the map is the identity, shifted.
  public var plainColumns: Range<Int>
  public var source: MapSource
  public var sink: MapSink

  @inlinable public var windowPlane: Int { windowRows &* windowColumns &* input.depth }
  @inlinable public var windowImage: Int { input.blocks &* windowPlane }

  public init(
    input: MapExtent, output: MapExtent, columns: Int, rowMap: UnsafePointer<Int32>,
    columnMap: UnsafePointer<Int32>, source: MapSource, sink: MapSink
  ) {
    (self.input, self.output, self.columns) = (input, output, columns)
    (inStep, outStep, origin) = ((1, 1), (1, 1), (0, 0))
    (windowRows, windowColumns, span, plainColumns) = (0, 0, 1, 0..<0)
    (self.rowMap, self.columnMap, self.source, self.sink) = (rowMap, columnMap, source, sink)
  }
}

/// Some blocks of a map.
public struct MapPart: Sendable {
  public var extent: MapExtent
  public var blocks: Range<Int>
  public init(_ extent: MapExtent, blocks: Range<Int>) {
    (self.extent, self.blocks) = (extent, blocks)
  }
}

/// Rows of the window that one panel of outputs reads: `length` numbers at each offset.
public struct TapRuns {
  public var offsets: UnsafePointer<Int>
  public var count: Int
  public var length: Int
  public init(_ offsets: UnsafePointer<Int>, count: Int, length: Int) {
    (self.offsets, self.count, self.length) = (offsets, count, length)
  }
}

/// Convolution, after Lavin & Gray 2016 ("Fast algorithms for convolutional neural networks") for 3 × 3
/// kernels of step 1, by taps for all others. None allocates; `sums` are two rows of numbers a channel.
public protocol ConvolutionKernels {
  /// Vectors of a panel for so many blocks of outputs, and lanes of a vector.
  static func panelVectors(blocks: Int) -> Int
  static var vectorLanes: Int { get }

  /// U = G W Gᵀ of inputs `inputs` and outputs from `firstOutput`, as [point][panel][input][panel's lanes].
  static func winogradFilters(
    _ weights: WeightView, inputs: Range<Int>, firstOutput: Int, panels: Int, vectors: Int,
    into u: FloatOut)
  /// V = Bᵀ d B of the patches of some tiles.
  static func winogradInputs(
    _ pass: WinogradPass, tiles: Range<Int>, into v: FloatOut, _ steps: TileSteps,
    scratch: FloatOut)
  /// M = V U at each point. V has a number of tiles that is a multiple of 6, and so has M.
  static func tileProducts(
    _ sizes: TileProduct, _ v: FloatIn, _ u: FloatIn, _ m: FloatOut,
    filterSteps: (point: Int, panel: Int))
  /// Aᵀ M A of some tiles, for `blocks` of the outputs; M's row begins with the first of them.
  static func winogradOutputs(
    _ pass: WinogradPass, tiles: Range<Int>, blocks: Range<Int>, from m: FloatIn,
    _ steps: TileSteps,
    scratch: FloatOut, sums: FloatOut)
  /// Z = A dy Aᵀ of the tiles of the map that the pass writes in `source`, for the weights' gradient.
  static func winogradGradients(
    _ pass: WinogradPass, tiles: Range<Int>, into z: FloatOut, _ steps: TileSteps,
    scratch: FloatOut)
  /// dU[point][row][column] += Σ over tiles of V[row] Z[column]; rows are a multiple of 16, columns of a block.
  static func winogradSlopes(
    tiles: Int, _ v: FloatIn, _ vSteps: TileSteps, rows: Int, _ z: FloatIn, _ zSteps: TileSteps,
    columns: Int, into u: FloatOut)
  /// dW = Gᵀ (Σ over groups of dU) G of some rows, as [tap][row][column].
  static func winogradWeights(
    _ u: FloatIn, groups: Int, rows: Range<Int>, of rowCount: Int, columns: Int, into w: FloatOut,
    scratch: FloatOut)

  /// Fills a band's window, and for each of its pixels the offset in the window and in the output.
  static func directWindow(
    _ pass: DirectPass, _ band: PixelBand, into window: FloatOut, pixels: UnsafeMutablePointer<Int>,
    targets: UnsafeMutablePointer<Int>)
  /// r[pixel][…] = Σ over runs of window × weights for one panel; pixels in sixes, r rows of `rowStep`.
  static func directProducts(
    _ window: FloatIn, _ runs: TapRuns, pixels: UnsafePointer<Int>, count: Int, _ weights: FloatIn,
    vectors: Int, into r: FloatOut, rowStep: Int)
  /// r[pixel][k] for few outputs: the dot product with each row of weights.
  static func directDots(
    _ window: FloatIn, _ runs: TapRuns, pixels: UnsafePointer<Int>, count: Int, _ weights: FloatIn,
    outputs: Int, into r: FloatOut, rowStep: Int)
  /// Hands a band's results of some blocks of outputs to the sink.
  static func directOutputs(
    _ pass: DirectPass, targets: UnsafePointer<Int>, count: Int, blocks: Range<Int>,
    from r: FloatIn, rowStep: Int, sums: FloatOut)
  /// z[pixel][channel] of part of the map in `source`, at offsets as `targets` has them.
  static func directGradients(
    _ map: MapPart, _ source: MapSource, targets: UnsafePointer<Int>, count: Int,
    into z: FloatOut, rowStep: Int)
  /// w[row][column] += Σ over pixels of window[pixel + offset of the row] z[pixel][column]; rows are a
  /// multiple of `rowsAtOnce`, one of the sizes that `slopeRows` gives.
  static func directSlopes(
    _ window: FloatIn, rows: UnsafePointer<Int>, rowCount: Int, rowsAtOnce: Int,
    pixels: UnsafePointer<Int>, count: Int, _ z: FloatIn, columns: Int, into w: FloatOut)
  static func slopeRows(_ rowCount: Int) -> Int

  /// y[pixel][lane] from `lanes` ≤ 16 planes of `pixels` numbers, the other lanes 0; and back.
  static func interleave(_ x: FloatIn, lanes: Int, pixels: Int, into y: FloatOut)
  static func part(_ x: FloatIn, lanes: Int, pixels: Int, into y: FloatOut)
}
