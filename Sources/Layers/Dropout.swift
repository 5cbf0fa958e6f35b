import Autodiff
import Catalog
import KernelsBase
import Tensors

/// In training each number is 0 with probability `rate` and divided by 1 − rate otherwise; in evaluation the
/// points pass as they are (Srivastava et al. 2014). The numbers come from the stream of the run.
package struct DropoutLayer: Layer {
  package struct Options: OptionGroup {
    package var rate = 0.1

    package init() {}

    package static let options: [Option<Options>] = [
      Option("rate", \.rate, "probability that a number becomes 0", in: .within(0.0..<1.0)).listed
    ]
  }

  package static let constructor = "dropout"
  package static let entry = layerEntry(
    "Numbers set to 0 at random while a network is trained.",
    source: "Srivastava et al. 2014", example: "return nn.dropout{0.5}(tensor.ones{2, 3})")

  package let options: Options

  package init(_ options: Options) { self.options = options }

  package var drawsNumbers: Bool { true }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    guard call.isTraining, options.rate > 0 else { return inputs[0] }
    guard let examples = call.call.examples else {
      throw UserError("\(call.place) is trained by train alone, whose examples have numbers")
    }
    let x = inputs[0]
    return try x * convert(factors(x.shape, examples, path: call.path), to: x.dtype)
  }

  /// 0 or 1/(1 − rate) for each number; those of an example follow from the seed of the run, the number of the
  /// example and the path of the layer.
  private func factors(_ shape: Shape, _ examples: Tensor, path: String) throws -> Tensor {
    let (rate, length) = (Float(options.rate), shape.elementCount / max(shape[0], 1))
    let place = path.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    let mask = Written("dropout", shape, .float32) { inputs, result in
      let numbers = try inputs[0].doubles()
      let out = result.pointer(Float.self)
      for row in 0..<shape[0] {
        let key = mix(seed: UInt64(bitPattern: Int64(numbers[2 * row])), purpose: place)
        kernels.uniform(
          out + row * length, rows: 1, columns: length, key: key, step: 0,
          firstRow: UInt64(bitPattern: Int64(numbers[2 * row + 1])), firstBlock: 0)
        for i in row * length..<(row + 1) * length { out[i] = out[i] < rate ? 0 : 1 / (1 - rate) }
      }
    }
    return try evaluate(mask, [examples])[0]
  }
}
