// The U-Net of Kadkhodaie et al. 2024 against PyTorch, and what the paper says of it.

import Autodiff
import Catalog
import Layers
import Models
import Runtime
import Tensors
import TestSupport
import Testing

private func network(blocks: Count = 3, width: Count = 64, size: Int = 24) throws -> UNet {
  let shape: Shape = [1, size, size]
  return try UNet(
    .init { ($0.blocks, $0.width) = (blocks, width) }, shape: shape, seed: 1, restoring: nil)
}

@Suite struct UNetTests {
  @Test(
    "counts of the paper's table",
    arguments: [(1, 366_080), (2, 1_825_024), (3, 7_659_264), (4, 30_993_152)])
  func counts(blocks: Int, count: Int) throws {
    #expect(try network(blocks: Count(blocks), size: 16).parameters.trained.count == count)
  }

  @Test("other widths, channels and counts of convolutions by the formula")
  func otherCounts() throws {
    for (channels, width, convolutions) in [(3, 8, 2), (2, 5, 3)] {
      let (wide, many) = (try Count(width), try Count(convolutions))
      let net = try UNet(
        .init {
          $0.blocks = 2
          ($0.width, $0.convolutions) = (wide, many)
        }, shape: [channels, 8, 12], seed: 1, restoring: nil)
      func block(_ inputs: Int, _ c: Int) -> Int {
        9 * inputs * c + (convolutions - 1) * (9 * c * c + c) + c
      }
      let c = [width, 2 * width, 4 * width]
      // The first norm and that of the last convolution are not there.
      let encoder = block(channels, c[0]) - c[0] + block(c[0], c[1])
      let up = 4 * (c[2] * c[1] + c[1] * c[0])
      let last = block(c[1], c[0]) - 9 * c[0] * c[0] - c[0] + 9 * c[0] * channels
      let expected = encoder + block(c[1], c[2]) + up + block(c[2], c[1]) + last
      #expect(net.parameters.trained.count == expected)
    }
  }

  @Test(
    "an output reads as many places as the table says, by its gradient",
    arguments: [(1, 18, 18), (2, 44, 44), (3, 92, 100)])
  func receptiveField(blocks: Int, least: Int, most: Int) throws {
    let size = 128
    let net = try network(blocks: Count(blocks), width: 1, size: size)
    let stated = net.receptiveField
    #expect(stated == (least, most))
    // Positive weights, so that nothing cancels and no ReLU is off; in float64 zeros are exact.
    let weights = try net.parameters.items.map {
      try Tensor.full($0.shape, $0.shape.rank == 1 ? 1 : 0.1, .float64)
    }
    let x = try Tensor.full([1, 1, size, size], 1, .float64)
    let widths = try (0..<1 << blocks).map { place in
      let at = size / 2 + place
      let flow = try vjp([x]) {
        let y = try net.output($0[0], nil, NetworkCall(net.parameters, at: weights))
        return try sum(slice(slice(y, axis: 2, at..<at + 1), axis: 3, at..<at + 1))
      }.cotangents[0].doubles()
      return (0..<size).count { column in
        (0..<size).contains { flow[$0 * size + column] != 0 }
      }
    }
    #expect(widths.min() == least && widths.max() == most, "\(widths)")
  }

  @Test("output, running deviations and evaluation are those of PyTorch")
  func outputs() throws {
    let reference = try NetworkReference(network(), "unet")
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
    #expect(try relative(evaluated.doubles(), reference.numbers("evaluation")) < 1e-4)
    try expectHomogeneous(reference, tolerance: 1e-4)
  }

  @Test("gradients are those of PyTorch in float64 but for masks that flip at rounding")
  func gradients() throws {
    for (number, error) in try NetworkReference(network(), "unet").gradientErrors().enumerated() {
      #expect(error < 0.02, "tensor \(number): \(error)")
    }
  }

  @Test("a small one in float64 is that of PyTorch to rounding")
  func precise() throws {
    let net = try network(blocks: 2, width: 3, size: 8)
    for error in try NetworkReference(net, "unet").preciseErrors() { #expect(error < 1e-9) }
  }

  @Test("the same bits at any number of threads")
  func threads() throws {
    let reference = try NetworkReference(network(blocks: 2, width: 20), "unet")
    let x = try reference.x.converted(to: .float32)
    let threads = WorkerPool.shared.threadCount
    defer { WorkerPool.shared.threadCount = threads }
    let results = try [1, 2, 3, 7].map { count in
      WorkerPool.shared.threadCount = count
      return try [
        reference.output(x).floats(), reference.output(x, writes: BufferWrites()).floats(),
      ]
        + reference.gradient(.float32).map { try $0.floats() }
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test("a picture that cannot be halved so often is refused by its size")
  func sizes() {
    let error = #expect(throws: UserError.self) { try network(blocks: 3, size: 20) }
    #expect(
      error?.message
        == "shape must have a height and a width that are multiples of 2^blocks = 8, which are halved 3 times, "
        + "got 20×20")
  }
}
