// Networks as tables of their layers.

import Catalog
import Layers
import Models
import Tensors
import Testing

@Suite struct NetworkSummaryTests {
  private func pictures() throws -> [any Network] {
    try [
      UNet(.init { ($0.blocks, $0.width) = (2, 6) }, shape: [2, 8, 12], seed: 1),
      ScoreNet(.init { ($0.channels, $0.embedding) = ([4, 8], 6) }, shape: [9, 9], seed: 1),
      LocalCNN(.init { ($0.width, $0.layers, $0.classes) = (4, 2, 3) }, shape: [1, 6, 6], seed: 1),
      DDPMPP(
        .init { ($0.channels, $0.multipliers, $0.blocks, $0.classes) = (4, [1, 2], 1, 2) },
        shape: [1, 16, 16], seed: 1),
      BFCNN(.init { ($0.width, $0.depth) = (5, 4) }, shape: [1, 6, 7], seed: 1),
    ]
  }

  @Test("the lines have all parameters, once each, and the shapes that layers give")
  func parameters() throws {
    for net in try pictures() {
      let outline = NetworkOutline(net.shape)
      let labels = try net.classes.map { _ in try Tensor.zeros([1], .int64) }
      let x = try Tensor.zeros(Shape([1] + Array(net.shape)))
      let call = NetworkCall(net.parameters, labels: labels, outline: outline)
      let y = try net.output(x, .zeros([1]), call)
      #expect(y.shape == x.shape)
      #expect(outline.lines.reduce(0) { $0 + $1.parameters } == net.parameters.trained.count)
      let last = try #require(outline.lines.last)
      #expect(last.shape.elementCount == net.shape.elementCount)
      #expect(Set(outline.lines.map(\.path)).count >= outline.lines.count - 2)
    }
  }

  @Test("operations are those of the definition, and an output reads what the network says")
  func operations() throws {
    let net = try UNet(.init { ($0.blocks, $0.width) = (3, 64) }, shape: [1, 80, 80], seed: 1)
    let outline = NetworkOutline(net.shape)
    _ = try net.output(.zeros([1, 1, 80, 80]), nil, NetworkCall(net.parameters, outline: outline))
    func convolution(_ inputs: Double, _ outputs: Double, _ side: Double) -> Double {
      18 * inputs * outputs * side * side
    }
    var expected = convolution(1, 64, 80) + convolution(64, 64, 80)
    expected += convolution(64, 128, 40) + convolution(128, 128, 40)
    expected += convolution(128, 256, 20) + convolution(256, 256, 20)
    expected += convolution(256, 512, 10) + convolution(512, 512, 10)
    expected += 8 * (512 * 256 * 100 + 256 * 128 * 400 + 128 * 64 * 1600)
    expected += convolution(512, 256, 20) + convolution(256, 256, 20)
    expected += convolution(256, 128, 40) + convolution(128, 128, 40)
    expected += convolution(128, 64, 80) + convolution(64, 1, 80)
    #expect(outline.lines.reduce(0) { $0 + $1.operations } == expected)
    let field = try #require(outline.lines.last?.field)
    #expect((net.receptiveField.least...net.receptiveField.most).contains(field))
  }

  @Test("a table has a line for each layer, and a sum")
  func table() throws {
    let net = try BFCNN(.init { ($0.width, $0.depth) = (5, 3) }, shape: [1, 6, 7], seed: 1)
    let table = try NetworkSummary(net, "bf_cnn(…)").display(width: 100)
    let words = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(
      words == [
        ["bf_cnn(…)"], ["layer", "shape", "parameters", "operations", "reads"],
        ["1", "conv2d", "1→5,", "3×3", "5×6×7", "45", "3.78", "kFLOP", "3"],
        ["2", "conv2d", "5→5,", "3×3", "5×6×7", "225", "18.9", "kFLOP", "5"],
        ["3", "bias_free_norm", "5×6×7", "5", "5"], ["4", "relu", "5×6×7", "5"],
        ["5", "conv2d", "5→1,", "3×3", "1×6×7", "45", "3.78", "kFLOP", "7"],
        ["all", "320", "26.46", "kFLOP"],
      ])
  }
}
