import Autodiff
import Catalog
import Tensors

/// A part of `nn.sequential` that runs as one operation: convolutions, with the norms and ReLUs between them.
struct StackSegment {
  struct Member {
    let name: String
    let convolution: Conv2dLayer
    /// The norm behind it, where there is one.
    var norm: (name: String, layer: any StackNorm)?
    /// The name of the ReLU that follows.
    var activation: String?
  }

  let members: [Member]

  /// What a row of layers is cut into: stacks where two or more convolutions follow each other, single layers
  /// elsewhere. A norm or a ReLU behind the last convolution of a stack is a layer by itself.
  static func cut(_ parts: [(name: String, layer: any Layer)]) -> [Piece] {
    var pieces: [Piece] = []
    var place = 0
    while place < parts.count {
      var members: [Member] = []
      var next = place
      while let member = member(parts, &next) {
        members.append(member)
        // Behind a link that does not fuse, the next convolution begins another stack.
        if !member.links { break }
      }
      guard members.count > 1 else {
        pieces.append(.layer(parts[place].name, parts[place].layer))
        place += 1
        continue
      }
      // The last one keeps its convolution alone; what stands behind it is not part of the stack.
      let last = Member(
        name: members[members.count - 1].name, convolution: members[members.count - 1].convolution)
      pieces.append(.stack(StackSegment(members: members.dropLast() + [last])))
      place = (parts.firstIndex { $0.name == last.name } ?? place) + 1
    }
    return pieces
  }

  enum Piece {
    case layer(String, any Layer)
    case stack(StackSegment)
  }

  /// A convolution with its norm and ReLU, beginning at a place, which moves behind them.
  private static func member(_ parts: [(name: String, layer: any Layer)], _ place: inout Int)
    -> Member?
  {
    guard place < parts.count, let convolution = parts[place].layer as? Conv2dLayer else {
      return nil
    }
    var member = Member(name: parts[place].name, convolution: convolution)
    place += 1
    if place < parts.count, let norm = parts[place].layer as? any StackNorm {
      member.norm = (parts[place].name, norm)
      place += 1
    }
    if place < parts.count, parts[place].layer is ReLULayer {
      member.activation = parts[place].name
      place += 1
    }
    return member
  }
}

extension StackSegment.Member {
  /// Whether what stands behind the convolution can be read by the next one: nothing; a ReLU; a norm of as many
  /// channels and a ReLU, where no bias goes before the norm.
  fileprivate var links: Bool {
    guard let norm else { return activation != nil || !convolution.options.bias }
    return activation != nil && !convolution.options.bias
      && norm.layer.channels == convolution.outputs
  }
}

/// A norm that a stack can do: s and t of relu(s y + t).
package protocol StackNorm: Layer {
  var channels: Int { get }
  /// How s and t follow in training from the parameters below and the moments of a batch.
  var link: ConvolutionStack.Link { get }
  func trainedParameters(_ call: LayerCall) -> [Tensor]
  /// s and t in evaluation.
  func fixed(_ call: LayerCall) throws -> (scale: Tensor, shift: Tensor)
  /// Writes the running moments, from mean and variance of a batch over `count` numbers a channel.
  func writeRunning(_ mean: Tensor, _ variance: Tensor, count: Int, _ call: LayerCall) throws
}

extension StackSegment {
  /// The result for float32 images.
  func output(_ x: Tensor, _ call: LayerCall) throws -> Tensor {
    var levels: [ConvolutionStack.Level] = []
    var inputs = [x]
    for (place, member) in members.enumerated() {
      let own = call.part(member.name, member.convolution)
      inputs.append(own["weight"])
      let (link, parameters) = try link(member, own, call, isLast: place == members.count - 1)
      levels.append(ConvolutionStack.Level(form: member.convolution.form, link: link))
      inputs += parameters
    }
    let stack = ConvolutionStack(levels: levels)
    let isFree =
      !inputs.contains(where: \.isRecorded) && !levels.contains { $0.link.epsilon != nil }
    let results =
      try isFree
      ? evaluate(ConvolutionStackInference(stack: stack), inputs.map(\.value))
      : perform(ConvolutionStackPass(stack: stack), inputs)
    if call.isTraining { try writeMoments(Array(results.dropFirst(members.count)), x, call) }
    guard let last = members.last, last.convolution.options.bias else { return results[0] }
    let bias = call.part(last.name, last.convolution)["bias"]
    return try results[0] + perChannel(bias, like: results[0])
  }

  private func link(_ member: Member, _ own: LayerCall, _ call: LayerCall, isLast: Bool) throws
    -> (ConvolutionStack.Link, [Tensor])
  {
    if isLast { return (.linear, []) }
    if let (name, norm) = member.norm {
      let part = call.part(name, norm)
      if call.isTraining { return (norm.link, norm.trainedParameters(part)) }
      let (scale, shift) = try norm.fixed(part)
      return (.given, [scale, shift])
    }
    guard member.activation != nil else { return (.linear, []) }
    let channels = member.convolution.outputs
    let shift = try member.convolution.options.bias ? own["bias"] : Tensor.zeros([channels])
    return (.given, [try Tensor.full([channels], 1), shift])
  }

  private func writeMoments(_ moments: [Tensor], _ x: Tensor, _ call: LayerCall) throws {
    var rest = moments[...]
    var shape = Shape(Array(x.shape.dropFirst()))
    for member in members.dropLast() {
      shape = try member.convolution.shape(of: [shape])
      guard let (name, norm) = member.norm, let own = rest.popFirst() else { continue }
      let flat = try own.value.converted(to: .float32)
      try norm.writeRunning(
        flat.select(axis: 0, 0), flat.select(axis: 0, 1),
        count: x.shape[0] * shape[1] * shape[2], call.part(name, norm))
    }
  }
}
