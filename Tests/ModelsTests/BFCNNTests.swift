// BF-CNN against PyTorch, by weights that follow from a counter formula, and what the paper says of it.

import Autodiff
import Catalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

private let size = 21

private func network(width: Count = 64, depth: Count = 21, size: Count = 21) throws -> BFCNN {
  try BFCNN(
    .init {
      $0.point.shape = [1, size, size]
      ($0.width, $0.depth) = (width, depth)
    }, shape: [1, size.value, size.value], seed: 1, restoring: nil)
}

private func prepared() throws -> NetworkReference {
  try NetworkReference(network(), "bf_cnn")
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
    let reference = try prepared()
    let (net, x) = (reference.network, try reference.x.converted(to: .float32))
    let writes = BufferWrites()
    let y = try reference.output(x, writes: writes)
    #expect(try relative(y.doubles(), reference.numbers("output")) < 1e-4)
    for (view, value) in zip(net.parameters.buffers, try writes.values(of: net.parameters)) {
      try view.view.assign(value)
    }
    let sd = try net.parameters.buffers[0].view.doubles()
    for (a, b) in zip(sd, try reference.numbers("running")) { #expect(abs(a - b) < 1e-5) }
    let evaluated = try reference.output(x)
    let wanted = try reference.numbers("evaluation")
    #expect(try relative(evaluated.doubles(), wanted) < 1e-4)
    // The same with a tape watching, where the norms are not folded into the weights.
    let watched = try vjp([x]) { try sum(square(reference.output($0[0]))) }
    let norm = wanted.reduce(0) { $0 + $1 * $1 }
    #expect(abs(try watched.value.item() / norm - 1) < 1e-3)
  }

  @Test("gradients are those of PyTorch in float64 but for masks that flip at rounding")
  func gradients() throws {
    let errors = try prepared().gradientErrors()
    for (number, error) in errors.enumerated() {
      #expect(error < (number >= errors.count - 2 ? 1e-3 : 0.02), "tensor \(number): \(error)")
    }
  }

  @Test("pictures without an axis of channels are those of one channel")
  func flatPictures() throws {
    let reference = try prepared()
    let flat = try BFCNN(
      .init { $0.point.shape = [21, 21] }, shape: [21, 21], seed: 1, restoring: nil)
    let x = try reference.x.converted(to: .float32)
    let call = NetworkCall(flat.parameters, at: reference.network.parameters.views)
    let y = try flat.output(reshape(x, to: [2, size, size]), nil, call)
    #expect(y.shape == [2, size, size])
    #expect(try y.floats() == reference.output(x).floats())
  }

  @Test("homogeneous in evaluation: f(c y) = c f(y)")
  func homogeneity() throws {
    try expectHomogeneous(prepared(), tolerance: 4e-5)
  }
}

/// f(c y) = c f(y) in evaluation. Powers of two are exact; otherwise the rounding of Winograd convolutions in a row
/// shows.
func expectHomogeneous(_ reference: NetworkReference, tolerance: Double) throws {
  let x = try reference.x.converted(to: .float32)
  let y = try reference.output(x).doubles()
  for (c, tolerance) in [
    (0.25, 0), (1024, 0), (0.01, tolerance), (3, tolerance), (250, tolerance),
  ] {
    let scaled = try reference.output(x * c).doubles()
    #expect(relative(scaled.map { $0 / c }, y) <= tolerance)
  }
}
