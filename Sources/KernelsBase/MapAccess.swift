/// What the convolution kernels do to elements as they read and write them, one vector of channels at a
/// time. They are types and no closures, so that each kernel is compiled for each of them.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

/// Reads vectors of the channels from `channel` on, at offsets of a map.
protocol VectorSource {
  init(_ source: MapSource, channel: Int)
  func load(_ at: Int) -> VF
  /// Asks for the cache line of an offset ahead of its load; the offset may lie outside of the map.
  func prefetch(_ at: Int)
}

struct PlainSource: VectorSource {
  let x: FloatIn
  @inline(__always) init(_ source: MapSource, channel: Int) { x = source.values }
  @inline(__always) func load(_ at: Int) -> VF { vector(x, at) }
  @inline(__always) func prefetch(_ at: Int) { prefetchLine(x, at) }
}

struct ReluSource: VectorSource {
  let x: FloatIn
  let scale, shift: VF
  @inline(__always) init(_ source: MapSource, channel: Int) {
    x = source.values
    (scale, shift) = (vector(source.scale, channel), vector(source.shift, channel))
  }
  @inline(__always) func load(_ at: Int) -> VF {
    atLeast(fma(vector(x, at), scale, shift), VF())
  }
  @inline(__always) func prefetch(_ at: Int) { prefetchLine(x, at) }
}

/// dy of relu(norm(y)) from y and the gradient g of the result.
struct NormSource: VectorSource {
  let y: FloatIn
  let g: FloatOut
  let scale, shift, offset, slope: VF
  @inline(__always) init(_ source: MapSource, channel: Int) {
    (y, g) = (source.values, source.gradient)
    (scale, shift) = (vector(source.scale, channel), vector(source.shift, channel))
    (offset, slope) = (vector(source.offset, channel), vector(source.slope, channel))
  }
  @inline(__always) func load(_ at: Int) -> VF {
    let v = vector(y, at)
    let on = VF().replacing(with: vector(g, at) * scale, where: fma(v, scale, shift) .> VF())
    return on + fma(slope, v, offset)
  }
  @inline(__always) func prefetch(_ at: Int) {
    prefetchLine(y, at)
    prefetchLine(FloatIn(g), at)
  }
}

/// The same, which leaves dy in the place of g.
struct KeepingNormSource: VectorSource {
  let norm: NormSource
  @inline(__always) init(_ source: MapSource, channel: Int) {
    norm = NormSource(source, channel: channel)
  }
  @inline(__always) func load(_ at: Int) -> VF {
    let v = norm.load(at)
    put(v, norm.g, at)
    return v
  }
  @inline(__always) func prefetch(_ at: Int) { norm.prefetch(at) }
}

/// Writes vectors of the channels from `channel` on, at offsets of a map.
protocol VectorSink {
  init(_ sink: MapSink, channel: Int)
  mutating func put(_ v: VF, _ at: Int)
  /// Adds what was summed to two rows of `count` numbers.
  func finish(_ sums: FloatOut, _ channel: Int, _ count: Int)
}

extension VectorSink {
  @inline(__always) func finish(_ sums: FloatOut, _ channel: Int, _ count: Int) {}
}

struct PlainSink: VectorSink {
  let y: FloatOut
  @inline(__always) init(_ sink: MapSink, channel: Int) { y = sink.target }
  @inline(__always) mutating func put(_ v: VF, _ at: Int) {
    UnsafeMutableRawPointer(y + at).storeBytes(of: v, as: VF.self)
  }
}

struct AddingSink: VectorSink {
  let y: FloatOut
  @inline(__always) init(_ sink: MapSink, channel: Int) { y = sink.target }
  @inline(__always) mutating func put(_ v: VF, _ at: Int) {
    UnsafeMutableRawPointer(y + at).storeBytes(of: v + vector(y, at), as: VF.self)
  }
}

struct AffineSink: VectorSink {
  let y: FloatOut
  let bias, floor: VF
  @inline(__always) init(_ sink: MapSink, channel: Int) {
    (y, bias, floor) = (sink.target, vector(sink.bias, channel), all(sink.floor))
  }
  @inline(__always) mutating func put(_ v: VF, _ at: Int) {
    UnsafeMutableRawPointer(y + at).storeBytes(of: atLeast(v + bias, floor), as: VF.self)
  }
}

struct StatisticsSink: VectorSink {
  let y: FloatOut
  let bias: VF
  var sum = VF()
  var squares = VF()
  @inline(__always) init(_ sink: MapSink, channel: Int) {
    (y, bias) = (sink.target, vector(sink.bias, channel))
  }
  @inline(__always) mutating func put(_ v: VF, _ at: Int) {
    let v = v + bias
    sum = sum + v
    squares = fma(v, v, squares)
    UnsafeMutableRawPointer(y + at).storeBytes(of: v, as: VF.self)
  }
  @inline(__always) func finish(_ sums: FloatOut, _ channel: Int, _ count: Int) {
    addSums(sum, squares, sums, channel, count)
  }
}

struct GradientSink: VectorSink {
  let target: FloatOut
  let y: FloatIn
  let scale, shift: VF
  var sum = VF()
  var products = VF()
  @inline(__always) init(_ sink: MapSink, channel: Int) {
    (target, y) = (sink.target, sink.y)
    (scale, shift) = (vector(sink.scale, channel), vector(sink.shift, channel))
  }
  @inline(__always) mutating func put(_ v: VF, _ at: Int) {
    let yv = vector(y, at)
    let on = VF().replacing(with: v, where: fma(yv, scale, shift) .> VF())
    sum = sum + on
    products = fma(on, yv, products)
    UnsafeMutableRawPointer(target + at).storeBytes(of: v, as: VF.self)
  }
  @inline(__always) func finish(_ sums: FloatOut, _ channel: Int, _ count: Int) {
    addSums(sum, products, sums, channel, count)
  }
}

@inline(__always) private func addSums(
  _ a: VF, _ b: VF, _ sums: FloatOut, _ channel: Int, _ count: Int
) {
  put(vector(sums, channel) + a, sums, channel)
  put(vector(sums, count &+ channel) + b, sums, count &+ channel)
}
