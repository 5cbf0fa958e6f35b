// The residual network of a small receptive field against PyTorch, and what its outputs read.

import Autodiff
import Catalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

private func network(
  size: Int = 16, width: Count = 32, layers: Count = 6,
  _ change: (inout LocalCNN.Options) -> Void = { _ in }
) throws -> LocalCNN {
  try LocalCNN(
    .init {
      ($0.width, $0.layers, $0.classes) = (width, layers, 3)
      change(&$0)
    }, shape: [1, size, size], seed: 1, restoring: nil)
}

private func reference(_ net: LocalCNN) throws -> NetworkReference {
  try NetworkReference(
    net, "local_cnn", levels: Tensor([-1.1, 0.4]), labels: Tensor([2, 0]).converted(to: .int64))
}

@Suite struct LocalCNNTests {
  @Test("output and gradients at two levels and classes are those of PyTorch")
  func values() throws {
    let reference = try reference(network())
    let y = try reference.output(reference.x.converted(to: .float32))
    #expect(try relative(y.doubles(), reference.numbers("output")) < 1e-4)
    for (number, error) in try reference.gradientErrors().enumerated() {
      #expect(error < 0.02, "tensor \(number): \(error)")
    }
  }

  @Test("a small one in float64 is that of PyTorch to rounding")
  func precise() throws {
    let reference = try reference(network(size: 6, width: 4, layers: 2))
    for error in try reference.preciseErrors() { #expect(error < 1e-9) }
  }

  @Test("an output reads 17 places in a row, on the other side too where the padding is circular")
  func receptiveField() throws {
    for (mode, at) in [("zero", 16), ("circular", 0)] {
      let net = try network(size: 32, width: 8) { ($0.paddingMode, $0.classes) = (mode, nil) }
      #expect(net.summary.contains("receptive field 17"))
      // Positive weights, so that nothing cancels and no ReLU is off; in float64 zeros are exact.
      let weights = try net.parameters.items.map {
        try Tensor.full($0.shape, $0.shape.rank == 4 ? 0.02 : 0.1, .float64)
      }
      let flow = try vjp([.full([1, 1, 32, 32], 1, .float64)]) {
        let call = NetworkCall(net.parameters, at: weights)
        let y = try net.output($0[0], .full([1], 0.5, .float64), call)
        return try sum(slice(slice(y, axis: 2, at..<at + 1), axis: 3, at..<at + 1))
      }.cotangents[0].doubles()
      let columns = (0..<32).filter { column in (0..<32).contains { flow[$0 * 32 + column] != 0 } }
      #expect(columns == (0..<32).filter { min(abs($0 - at), 32 - abs($0 - at)) <= 8 })
    }
  }
}
