// Derivatives of every layer against differences in float64, and what every layer keeps to.

import Autodiff
import Catalog
import Layers
import Tensors
import TestSupport
import Testing

/// A layer's output as a function of its inputs and parameters.
private struct Trial {
  let layer: any Layer
  let set: ParameterSet
  let isTraining: Bool
  /// Inputs, then the values of all parameters, float64.
  let point: [Tensor]

  init(_ trial: LayerCase, isTraining: Bool, seed: Int) throws {
    layer = trial.layer
    self.isTraining = isTraining
    let stream = RandomStream(seed: seed)
    set = try ParameterSet(sorting: layer.allStarts(stream, path: ""))
    // What starts at 0 or 1 would hide errors.
    let values = try set.items.map { item in
      let noise = try stream.normal(item.shape, .float64) * 0.5
      return item.isBuffer ? try square(noise) + 0.7 : noise
    }
    point = try trial.shapes.map { try stream.normal($0, .float64) } + values
  }

  func output(_ point: [Tensor]) throws -> Tensor {
    let count = type(of: layer).inputs.count
    let examples = try Tensor(
      (0..<point[0].shape[0]).flatMap { [7.0, Double($0)] }, shape: [point[0].shape[0], 2])
    let call = NetworkCall(
      set, at: Array(point[count...]),
      writes: isTraining ? BufferWrites(examples: examples) : nil)
    return try layer.checkedOutput(
      Array(point[..<count]), LayerCall(call, path: "", name: "layer"))
  }

  /// A number made of all outputs.
  func number(_ point: [Tensor]) throws -> Tensor {
    let y = try output(point)
    let weights = try RandomStream(seed: 99).normal(y.shape, .float64)
    return try sum(y * weights + square(y) * 0.3)
  }

  /// Places of the point that a gradient goes to: all but buffers in training.
  var moving: [Int] {
    let count = type(of: layer).inputs.count
    return point.indices.filter { $0 < count || set.items[$0 - count].isTrained }
  }

  func moved(_ direction: [Tensor], by step: Double) throws -> [Tensor] {
    var all = point
    for (place, shift) in zip(moving, direction) { all[place] = try all[place] + shift * step }
    return all
  }

  func replaced(_ values: [Tensor]) -> [Tensor] {
    var all = point
    for (place, value) in zip(moving, values) { all[place] = value }
    return all
  }

  func direction(_ seed: Int) throws -> [Tensor] {
    let stream = RandomStream(seed: seed)
    return try moving.map { try stream.normal(point[$0].shape, .float64) }
  }
}

private func inner(_ a: [Tensor], _ b: [Tensor]) throws -> Double {
  try zip(a, b).reduce(0) { try $0 + sum($1.0 * $1.1).item() }
}

/// What differs between derivatives and differences in float64: the slope along a direction, the same by jvp, and
/// the curvature along two.
private func flaws(_ trial: LayerCase, isTraining: Bool, seed: Int) throws -> [String] {
  let f = try Trial(trial, isTraining: isTraining, seed: seed)
  let (u, v, h) = (try f.direction(51), try f.direction(50), 1e-5)
  let point = f.moving.map { f.point[$0] }
  func gradient(_ at: [Tensor]) throws -> [Tensor] {
    try vjp(f.moving.map { at[$0] }) { try f.number(f.replaced($0)) }.cotangents
  }
  var found: [String] = []
  func compare(_ name: String, _ own: Double, _ wanted: Double, _ tolerance: Double) {
    if !(abs(own - wanted) <= tolerance * (1 + abs(wanted))) {
      found.append("\(name) of \(trial): \(own), \(wanted)")
    }
  }
  let (ahead, behind) = (try f.moved(v, by: h), try f.moved(v, by: -h))
  let slope = try inner(gradient(f.point), v)
  compare("slope", slope, try (f.number(ahead).item() - f.number(behind).item()) / (2 * h), 1e-5)
  let along = try jvp(point, tangents: v) { try f.number(f.replaced($0)) }
  compare("jvp", try along.tangent.item(), slope, 1e-8)
  let product = try hessianProduct(point, along: v) { try f.number(f.replaced($0)) }
  compare(
    "curvature", try inner(product, u),
    try (inner(gradient(ahead), u) - inner(gradient(behind), u)) / (2 * h), 1e-4)
  return found
}

/// x² with a slope that is wrong by a thousandth.
private struct WrongLayer: Layer {
  private struct Square: Operation, DifferentiableOperation {
    let name = "wrong_square"
    let saves = Saves(inputs: [0], outputs: [])
    func results(of inputs: [Tensor]) throws -> [Tensor] {
      [try Tensor(inputs[0].doubles().map { $0 * $0 }, shape: inputs[0].shape)]
    }
    func pullback(_ flow: JointFlow) throws -> [Tensor?] {
      [try flow.cotangent(0) * flow.input(0) * 2.002]
    }
  }

  static let constructor = "wrong"
  static let entry = ReLULayer.entry
  let options = NoLayerOptions()
  init(_ options: NoLayerOptions) {}
  func output(_ inputs: [Tensor], _ call: LayerCall) throws -> Tensor {
    try perform(Square(), inputs)[0]
  }
}

@Suite struct LayerGradientTests {
  @Test("first and second derivatives and jvp are those of differences", arguments: [false, true])
  func derivatives(isTraining: Bool) throws {
    for (number, trial) in try LayerCase.all().enumerated() {
      #expect(try flaws(trial, isTraining: isTraining, seed: 3 + number) == [])
    }
    let wrong = LayerCase(WrongLayer(NoLayerOptions()), [2, 3])
    #expect(try flaws(wrong, isTraining: isTraining, seed: 3).count == 2)
  }

  @Test("what shape(of:) says is what output gives, in both precisions")
  func shapes() throws {
    for trial in try LayerCase.all() {
      let f = try Trial(trial, isTraining: false, seed: 1)
      let said = try trial.layer.shape(of: trial.shapes.map { Shape(Array($0.dropFirst())) })
      let double = try f.output(f.point)
      #expect(Array(double.shape) == [trial.shapes[0][0]] + Array(said), "\(trial)")
      let single = try f.output(f.point.map { try $0.converted(to: .float32) })
      #expect(single.dtype == .float32 && double.dtype == .float64, "\(trial)")
      for (a, b) in zip(try single.doubles(), try double.doubles()) {
        #expect(abs(a - b) < 1e-4 * (1 + abs(b)), "\(trial): \(a), \(b)")
      }
    }
  }

  @Test("no layer of the module is left out of the cases")
  func allLayers() throws {
    let tried = Set(try LayerCase.all().map { type(of: $0.layer).constructor })
    #expect(tried == Set(LayerModule.layers.map { $0.constructor }))
  }

  @Test("a file's description gives back each layer")
  func files() throws {
    for trial in try LayerCase.all() {
      let again = LayerFile.layer(LayerFile.value(trial.layer))
      #expect(again?.call == trial.layer.call)
    }
  }
}
