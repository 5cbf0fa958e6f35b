// Networks against PyTorch, by weights and pictures that follow from the counter formula of Tests/References.

import Autodiff
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Numbers from −1/2 to 1/2 that follow from a number k and their places; the formula of
/// Tests/References/image_networks.py.
func counter(_ k: Int, _ count: Int) -> [Double] {
  (0..<count).map { i in
    var u = UInt64(i) &* 2_654_435_761 &+ UInt64(k) &* 97531 &+ 12345
    u &= 0xFFFF_FFFF
    u = ((u ^ (u >> 15)) &* 2_246_822_519) & 0xFFFF_FFFF
    u ^= u >> 13
    return Double(u) / 4_294_967_296 - 0.5
  }
}

func relative(_ a: [Double], _ b: [Double]) -> Double {
  let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return (square / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

/// A network with the weights of a reference, pictures, and the vector r of the loss ⟨F(x), r⟩.
struct NetworkReference {
  let network: any Network
  let references: References
  let x: Tensor
  let r: Tensor
  /// The parameters in float64, which the network's own round.
  private let weights: [Tensor]
  /// One for each picture; nil for a blind network.
  var levels: Tensor?
  var labels: Tensor?

  init(_ network: any Network, _ name: String, levels: Tensor? = nil, labels: Tensor? = nil) throws
  {
    self.network = network
    (self.levels, self.labels) = (levels, labels)
    references = try References(name)
    var k = 0
    weights = try zip(network.parameters.items, network.parameters.views).map { item, view in
      if item.isBuffer { return try view.converted(to: .float64) }
      // Frequencies are frozen.
      let values =
        item.isTrained
        ? try Self.values(item.name, item.shape, k)
        : try Tensor(counter(77, item.shape.elementCount).map { 3 * $0 }, shape: item.shape)
      try view.assign(values.converted(to: .float32))
      if item.isTrained { k += 1 }
      return values
    }
    func pictures(_ k: Int) throws -> Tensor {
      let shape = Shape([2] + Array(network.shape))
      return try Tensor(counter(k, shape.elementCount), shape: shape)
    }
    (x, r) = (try pictures(k), try pictures(k + 1))
  }

  private static func values(_ name: String, _ shape: Shape, _ k: Int) throws -> Tensor {
    let numbers = counter(k, shape.elementCount)
    if shape.rank > 1 {
      let scale = (24 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
      return try Tensor(numbers.map { scale * $0 }, shape: shape)
    }
    let isWeight = name.hasSuffix("weight")
    return try Tensor(numbers.map { isWeight ? 1 + $0 : 0.5 * $0 }, shape: shape)
  }

  func numbers(_ name: String, _ number: Int = 0) throws -> [Double] {
    try references[number, name]?.doubles() ?? []
  }

  var trained: [Int] {
    network.parameters.items.indices.filter { network.parameters.items[$0].isTrained }
  }

  func call(_ values: [Tensor]? = nil, writes: BufferWrites? = nil) -> NetworkCall {
    NetworkCall(network.parameters, at: values, labels: labels, writes: writes)
  }

  func output(_ x: Tensor, writes: BufferWrites? = nil) throws -> Tensor {
    try network.output(x, levels, call(writes: writes))
  }

  /// The gradient of ⟨F(x), r⟩ in training mode, in the trained parameters.
  func gradient(_ dtype: DType) throws -> [Tensor] {
    let (x, r) = (try x.converted(to: dtype), try r.converted(to: dtype))
    let values = try weights.map { try $0.converted(to: dtype) }
    let levels = try levels?.converted(to: dtype)
    return try vjp(trained.map { values[$0] }) { variables in
      var all = values
      for (place, variable) in zip(trained, variables) { all[place] = variable }
      return try sum(network.output(x, levels, call(all, writes: BufferWrites())) * r)
    }.cotangents
  }

  /// How far the gradient of each parameter is from that of PyTorch in float64, relative to its norm: by
  /// projections on vectors of signs, since the mean square of a difference on them is that of the difference.
  func gradientErrors() throws -> [Double] {
    let largest = try trained.indices.map { try numbers("gradient", $0).first ?? 0 }.max() ?? 0
    return try gradient(.float32).enumerated().map { number, flow in
      let (g, wanted) = (try flow.doubles(), try numbers("gradient", number))
      guard wanted.count == 9 else { return .infinity }
      // What a norm behind it takes away has the gradient 0, but for rounding.
      if wanted[0] < 1e-12 * largest {
        return g.reduce(0) { $0 + $1 * $1 }.squareRoot() / largest
      }
      let squares = (0..<8).map { j -> Double in
        let signs = counter(1000 + j, g.count)
        let own = zip(g, signs).reduce(0) { $0 + ($1.1 < 0 ? -$1.0 : $1.0) }
        return (own - wanted[j + 1]) * (own - wanted[j + 1])
      }
      let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return max(
        (squares.reduce(0, +) / 8).squareRoot() / wanted[0], abs(norm / wanted[0] - 1))
    }
  }

  /// How far output and gradients in float64 are from PyTorch's, relative to their norms.
  func preciseErrors() throws -> [Double] {
    let y = try network.output(
      x, levels?.converted(to: .float64), call(weights, writes: BufferWrites()))
    let gradients = try gradient(.float64).enumerated().map {
      relative(try $1.doubles(), try numbers("small_gradient", $0))
    }
    return [relative(try y.doubles(), try numbers("small_output"))] + gradients
  }
}
