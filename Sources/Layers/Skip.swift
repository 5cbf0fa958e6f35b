import Autodiff
import Catalog
import Tensors

/// The channels of the points and of what a layer makes of them, one behind the other: the skip connection
/// of U-Nets (Ronneberger et al. 2015).
package struct SkipLayer: Layer {
  package struct Options: OptionGroup {
    package var body = LayerList()

    package init() {}

    package static let options: [Option<Options>] = [Option(stored: "layer", \.body)]
  }

  package static let constructor = "skip"
  package static let entry = Entry.function(
    constructor, "Points and what a layer makes of them, one behind the other in their channels.",
    .arg("body", "a layer"), returns: "a layer", source: "Ronneberger et al. 2015",
    example: "return nn.skip(nn.linear{3, 5})(tensor.ones{2, 3})"
  ) { (body: LayerObject) in
    LayerObject(try SkipLayer(Options { $0.body = LayerList([body.layer]) }))
  }

  package let options: Options
  let body: any Layer

  package init(_ options: Options) throws {
    self.options = options
    guard let body = options.body.layers.first else { throw UserError("body is required") }
    self.body = try body.takingPoints()
  }

  package var parts: [(name: String, layer: any Layer)] { [("body", body)] }

  package var call: String { "\(Self.constructor)(\(body.call))" }

  package func shape(of inputs: [Shape]) throws -> Shape {
    let (x, y) = (inputs[0], try body.shape(of: inputs))
    guard x.rank == y.rank, x.rank > 0, x.dropFirst().elementsEqual(y.dropFirst()) else {
      throw UserError("the body gives points of shape \(y), which do not lie beside \(x)")
    }
    return Shape([x[0] + y[0]] + Array(x.dropFirst()))
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    if takesFeatures(inputs[0], call) { return try features(Features(inputs[0]), call).images() }
    return try concatenate(
      [inputs[0], body.checkedOutput(inputs, call.part("body", body))], axis: 1)
  }
}
