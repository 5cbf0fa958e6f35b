// The score network of the tutorial of Song et al. 2021 against PyTorch.

import Autodiff
import Catalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

private func network(
  _ shape: Shape = [1, 28, 28], channels: [Count] = [32, 64, 128, 256], embedding: Count = 256
) throws -> ScoreNet {
  try ScoreNet(
    .init { ($0.channels, $0.embedding) = (channels, embedding) }, shape: shape, seed: 1,
    restoring: nil)
}

@Suite struct ScoreNetTests {
  private let times = [0.02, 0.7]

  @Test("1,115,297 trained numbers and 128 frozen ones, as in the tutorial")
  func counts() throws {
    let parameters = try network().parameters
    #expect(parameters.trained.count == 1_115_297)
    #expect(parameters.count == 1_115_297 + 128)
  }

  @Test("output and gradients at two times are those of PyTorch")
  func values() throws {
    let reference = try NetworkReference(network(), "score_net", levels: Tensor(times))
    let y = try reference.output(reference.x.converted(to: .float32))
    #expect(try relative(y.doubles(), reference.numbers("output")) < 1e-4)
    for (number, error) in try reference.gradientErrors().enumerated() {
      #expect(error < 1e-3, "tensor \(number): \(error)")
    }
  }

  @Test("a small one in float64 is that of PyTorch to rounding")
  func precise() throws {
    let net = try network([1, 16, 16], channels: [4, 6, 8], embedding: 6)
    let reference = try NetworkReference(net, "score_net", levels: Tensor(times))
    for error in try reference.preciseErrors() { #expect(error < 1e-9) }
  }

  @Test(
    "any size that the convolutions leave something of comes back", arguments: [17, 18, 23, 32])
  func sizes(size: Int) throws {
    let net = try network([2, size, size + 5], channels: [4, 8, 8, 8], embedding: 4)
    let x = try RandomStream(seed: 1).normal([2, 2, size, size + 5])
    let y = try net.output(x, Tensor.full([2], 0.5), NetworkCall(net.parameters))
    #expect(y.shape == x.shape)
    let error = #expect(throws: UserError.self) { try network([1, 16, 28]) }
    #expect(
      error?.message
        == "shape must have a height and a width of 17 or more for 4 convolutions, got 16×28")
  }
}
