import Autodiff
import Catalog
import Tensors

/// y = x + f(x), or y = s(x) + f(x) with a layer s that gives the shapes of f (He et al. 2016).
package struct ResidualLayer: Layer {
  package struct Options: OptionGroup {
    package var body = LayerList()
    package var shortcut = LayerList()

    package init() {}

    package static let options: [Option<Options>] = [
      Option(stored: "layer", \.body),
      Option(stored: "beside", \.shortcut),
    ]
  }

  package static let constructor = "residual"
  package static let entry = Entry.function(
    constructor, "The sum of points and what a layer makes of them.", .arg("body", "a layer"),
    .option("shortcut", default: nil, "a layer for the points, where the shapes differ"),
    returns: "a layer", source: "He et al. 2016",
    example: "return nn.residual(nn.linear{3, 3})(tensor.ones{2, 3})"
  ) { (body: LayerObject, shortcut: LayerObject?) in
    LayerObject(
      try ResidualLayer(
        Options {
          $0.body = LayerList([body.layer])
          $0.shortcut = LayerList(shortcut.map { [$0.layer] } ?? [])
        }))
  }

  package let options: Options
  let body: any Layer
  let shortcut: (any Layer)?

  package init(_ options: Options) throws {
    self.options = options
    guard let body = options.body.layers.first else { throw UserError("body is required") }
    self.body = try body.takingPoints()
    shortcut = try options.shortcut.layers.first?.takingPoints()
  }

  package var parts: [(name: String, layer: any Layer)] {
    [("body", body)] + (shortcut.map { [("shortcut", $0)] } ?? [])
  }

  package var call: String {
    let rest = shortcut.map { ", {shortcut = \($0.call)}" } ?? ""
    return "\(Self.constructor)(\(body.call)\(rest))"
  }

  package func shape(of inputs: [Shape]) throws -> Shape {
    let (own, other) = (
      try body.shape(of: inputs), try shortcut?.shape(of: inputs) ?? inputs[0]
    )
    guard own == other else {
      throw UserError("the body gives points of shape \(own), beside it stand \(other)")
    }
    return own
  }

  package func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    if takesFeatures(inputs[0], call) { return try features(Features(inputs[0]), call).images() }
    let direct =
      try shortcut?.checkedOutput(inputs, call.part("shortcut", shortcut ?? body)) ?? inputs[0]
    return try direct + body.checkedOutput(inputs, call.part("body", body))
  }
}
