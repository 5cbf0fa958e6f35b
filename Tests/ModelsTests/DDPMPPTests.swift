// DDPM++ in the form of Karras et al. 2022 against PyTorch.

import Autodiff
import Catalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

private func network(
  size: Int = 16, channels: Count = 32, multipliers: [Count] = [1, 2, 2], blocks: Count = 2,
  attention: Count = 8, dropout: Double = 0
) throws -> DDPMPP {
  try DDPMPP(
    .init {
      ($0.channels, $0.multipliers, $0.blocks) = (channels, multipliers, blocks)
      ($0.attention, $0.classes, $0.dropout) = ([attention], 3, dropout)
    }, shape: [1, size, size], seed: 1, restoring: nil)
}

private func reference(_ net: DDPMPP) throws -> NetworkReference {
  try NetworkReference(
    net, "ddpmpp", levels: Tensor([-1.1, 0.4]), labels: Tensor([2, 0]).converted(to: .int64))
}

@Suite struct DDPMPPTests {
  @Test("output and gradients at two levels and classes are those of PyTorch")
  func values() throws {
    let reference = try reference(network())
    let y = try reference.output(reference.x.converted(to: .float32))
    #expect(try relative(y.doubles(), reference.numbers("output")) < 1e-4)
    for (number, error) in try reference.gradientErrors().enumerated() {
      #expect(error < 2e-3, "tensor \(number): \(error)")
    }
  }

  @Test("a small one in float64 is that of PyTorch to rounding")
  func precise() throws {
    let net = try network(size: 8, channels: 4, multipliers: [1, 2], blocks: 1, attention: 4)
    for error in try reference(net).preciseErrors() { #expect(error < 1e-9) }
  }

  @Test("the count of the published network for CIFAR-10, without classes and augmentation")
  func count() throws {
    let net = try DDPMPP(
      .init {
        ($0.channels, $0.multipliers, $0.blocks) = (128, [2, 2, 2], 4)
        $0.attention = [16]
      }, shape: [3, 32, 32], seed: 1, restoring: nil)
    #expect(net.parameters.trained.count == 55_732_739)
  }

  @Test("dropout draws in training alone")
  func dropout() throws {
    let net = try network(size: 8, channels: 8, multipliers: [1, 2], blocks: 1, dropout: 0.5)
    #expect(net.drawsNumbers)
    #expect(try !network(size: 8, channels: 8, multipliers: [1]).drawsNumbers)
    let trial = try reference(net)
    let x = try trial.x.converted(to: .float32)
    func output(_ seed: Double?) throws -> [Float] {
      let examples = try seed.map { try Tensor([$0, 0, $0, 1], shape: [2, 2]) }
      return try trial.output(x, writes: examples.map { BufferWrites(examples: $0) }).floats()
    }
    #expect(try output(1) == output(1))
    #expect(try output(1) != output(2))
    #expect(try output(nil) != output(1))
  }

  @Test("a picture that cannot be halved so often is refused by its size")
  func sizes() {
    let error = #expect(throws: UserError.self) { try network(size: 18) }
    #expect(error?.message.contains("multiples of 2^(multipliers - 1) = 4") == true)
  }
}
