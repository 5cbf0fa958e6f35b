// BF-CNN against PyTorch, by weights that follow from a counter formula, and what the paper says of it.

import Autodiff
import Catalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Numbers from −1/2 to 1/2 that follow from a number k and their places; the formula of
/// Tests/References/bf_cnn.py.
private func counter(_ k: Int, _ count: Int) -> [Double] {
  (0..<count).map { i in
    var u = UInt64(i) &* 2_654_435_761 &+ UInt64(k) &* 97531 &+ 12345
    u &= 0xFFFF_FFFF
    u = ((u ^ (u >> 15)) &* 2_246_822_519) & 0xFFFF_FFFF
    u ^= u >> 13
    return Double(u) / 4_294_967_296 - 0.5
  }
}

private let size = 21

private func network(width: Count = 64, depth: Count = 21, size: Count = 21) throws -> BFCNN {
  try BFCNN(
    .init {
      $0.point.shape = [1, size, size]
      ($0.width, $0.depth) = (width, depth)
    }, shape: [1, size.value, size.value], seed: 1, restoring: nil)
}

/// The network with the weights of the reference, the pictures and the vector of its loss.
private func prepared() throws -> (net: BFCNN, x: Tensor, r: Tensor) {
  let net = try network()
  var k = 0
  for (item, view) in zip(net.parameters.items, net.parameters.views) where item.isTrained {
    let numbers = counter(k, item.shape.elementCount)
    let isWeight = item.shape.rank == 4
    let scale = isWeight ? (24 / Double(9 * item.shape[1])).squareRoot() : 1
    let values = numbers.map { isWeight ? scale * $0 : 1 + $0 }
    try view.assign(Tensor(values, shape: item.shape).converted(to: .float32))
    k += 1
  }
  func pictures(_ k: Int) throws -> Tensor {
    try Tensor(counter(k, 2 * size * size), shape: [2, 1, size, size]).converted(to: .float32)
  }
  return (net, try pictures(k), try pictures(k + 1))
}

private func numbers(_ references: References, _ name: String, _ number: Int) throws -> [Double] {
  try references[number, name]?.doubles() ?? []
}

private func relative(_ a: [Double], _ b: [Double]) -> Double {
  let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return (square / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

@Suite struct BFCNNTests {
  @Test("counts of the paper")
  func counts() throws {
    #expect(try network().parameters.trained.count == 702_784)
    #expect(try network(depth: 20).parameters.trained.count == 665_856)
    #expect(try network().summary.contains("receptive field 43"))
  }

  @Test("output, running deviations and evaluation are those of PyTorch")
  func outputs() throws {
    let (net, x, _) = try prepared()
    let reference = try References("bf_cnn")
    let writes = BufferWrites()
    let y = try net.output(x, nil, NetworkCall(net.parameters, writes: writes))
    #expect(try relative(y.doubles(), numbers(reference, "output", 0)) < 1e-4)
    for (view, value) in zip(net.parameters.buffers, try writes.values(of: net.parameters)) {
      try view.view.assign(value)
    }
    let sd = try net.parameters.buffers[0].view.doubles()
    for (a, b) in zip(sd, try numbers(reference, "running", 0)) { #expect(abs(a - b) < 1e-5) }
    let evaluated = try net.output(x, nil, NetworkCall(net.parameters))
    #expect(try relative(evaluated.doubles(), numbers(reference, "evaluation", 0)) < 1e-4)
    // The same with a tape watching, where the norms are not folded into the weights.
    let watched = try vjp([x]) {
      try sum(square(net.output($0[0], nil, NetworkCall(net.parameters))))
    }
    let norm = try numbers(reference, "evaluation", 0).reduce(0) { $0 + $1 * $1 }
    #expect(abs(try watched.value.item() / norm - 1) < 1e-3)
  }

  @Test("gradients are those of PyTorch in float64 but for masks that flip at rounding")
  func gradients() throws {
    let (net, x, r) = try prepared()
    let reference = try References("bf_cnn")
    let places = net.parameters.items.indices.filter { net.parameters.items[$0].isTrained }
    let flows = try vjp(places.map { net.parameters.views[$0] }) { variables in
      var values = net.parameters.views
      for (place, variable) in zip(places, variables) { values[place] = variable }
      let call = NetworkCall(net.parameters, at: values, writes: BufferWrites())
      return try sum(net.output(x, nil, call) * r)
    }.cotangents
    for (number, flow) in flows.enumerated() {
      let (g, wanted) = (try flow.doubles(), try numbers(reference, "gradient", number))
      #expect(wanted.count == 9)
      // The mean square of a difference on vectors of signs is that of the difference itself.
      let squares = (0..<8).map { j -> Double in
        let signs = counter(1000 + j, g.count)
        let own = zip(g, signs).reduce(0) { $0 + ($1.1 < 0 ? -$1.0 : $1.0) }
        return (own - wanted[j + 1]) * (own - wanted[j + 1])
      }
      let error = (squares.reduce(0, +) / 8).squareRoot() / wanted[0]
      #expect(error < (number >= flows.count - 2 ? 1e-3 : 0.02), "tensor \(number): \(error)")
      let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm / wanted[0] - 1) < 0.02)
    }
  }

  @Test("homogeneous in evaluation: f(c y) = c f(y)")
  func homogeneity() throws {
    let (net, x, _) = try prepared()
    let call = NetworkCall(net.parameters)
    let y = try net.output(x, nil, call).doubles()
    // Powers of two are exact; otherwise the rounding of 19 Winograd convolutions in a row shows.
    for (c, tolerance) in [(0.25, 0), (1024, 0), (0.01, 4e-5), (3, 4e-5), (250, 4e-5)] {
      let scaled = try net.output(x * c, nil, call).doubles()
      #expect(relative(scaled.map { $0 / c }, y) <= tolerance)
    }
  }
}
