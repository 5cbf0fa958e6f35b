import Autodiff
import Catalog
import Tensors

/// A part of `nn.sequential` that runs as one operation: convolutions, with the norms and ReLUs between and behind
/// them.
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

  /// What a row of layers is cut into: stacks where there are convolutions, single layers elsewhere.
  static func cut(_ parts: [(name: String, layer: any Layer)]) -> [Piece] {
    var pieces: [Piece] = []
    var place = 0
    while place < parts.count {
      var members: [Member] = []
      var next = place
      while let member = member(parts, &next) {
        // What does not link is a layer by itself, and the next convolution begins another stack.
        guard member.links else {
          members.append(Member(name: member.name, convolution: member.convolution))
          next = (parts.firstIndex { $0.name == member.name } ?? place) + 1
          break
        }
        members.append(member)
      }
      if members.isEmpty {
        pieces.append(.layer(parts[place].name, parts[place].layer))
        place += 1
      } else {
        pieces.append(.stack(StackSegment(members: members)))
        place = next
      }
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
package protocol StackNorm: FeatureNormLayer {
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
  /// The result for features that are no images. What stands behind the last convolution is done by the stack
  /// where it needs no sums of what it writes, and in a pass of its own elsewhere.
  func features(_ x: Features, _ call: LayerCall) throws -> Features {
    if let open = call.call.open, !call.isTraining {
      return try features(x, call, open)
    }
    let x = try x.settled()
    var levels: [ConvolutionStack.Level] = []
    var inputs = [x.elements]
    for member in members {
      inputs.append(call.part(member.name, member.convolution)["weight"])
      let (link, parameters) = try link(member, call)
      levels.append(ConvolutionStack.Level(form: member.convolution.form, link: link))
      inputs += parameters
    }
    let isFree =
      !inputs.contains(where: \.isRecorded) && !levels.contains { $0.link.epsilon != nil }
    let last = levels.removeLast()
    if !isFree {
      inputs.removeLast(last.link.parameterCount)
      levels.append(ConvolutionStack.Level(form: last.form, link: .linear))
    } else {
      levels.append(last)
    }
    let stack = ConvolutionStack(levels: levels, size: x.size)
    let results =
      try isFree
      ? evaluate(ConvolutionStackInference(stack: stack), inputs.map(\.value))
      : perform(ConvolutionStackPass(stack: stack), inputs)
    if call.isTraining { try writeMoments(Array(results.dropFirst(members.count)), x.size, call) }
    let y = Features(elements: results[0], try size(of: x.size, members))
    return try isFree && last.link != .linear ? y : behind(y, call)
  }

  /// What stands behind the last convolution.
  private func behind(_ y: Features, _ call: LayerCall) throws -> Features {
    guard let last = members.last else { return y }
    if let (name, norm) = last.norm {
      return try norm.normed(y, .relu, call.part(name, norm))
    }
    let bias = call.part(last.name, last.convolution)
    let shifted = last.convolution.options.bias ? try y.shifted(by: bias["bias"]) : y
    return last.activation == nil ? shifted : try shifted.normed(.given, .relu)
  }

  /// The same where channels that are shut are noted or left out.
  private func features(_ x: Features, _ call: LayerCall, _ open: OpenChannels) throws -> Features {
    let x = try members[0].convolution.form.options.groups == 1 ? x.ready() : x.settled()
    var levels: [ConvolutionStack.Level] = []
    var inputs = [x.elements]
    var subset = x.subset
    var numbers: [Tensor] = []
    for (place, member) in members.enumerated() {
      let form = member.convolution.form
      var weight = call.part(member.name, member.convolution)["weight"].value
      if let subset { weight = try weight.picked(axis: 1, subset.kept) }
      let link: ConvolutionStack.Link
      (link, numbers) = try self.link(member, call)
      let reads = place + 1 < members.count ? members[place + 1].convolution.form : nil
      subset =
        link == .linear || form.options.groups > 1 || (reads?.options.groups ?? 1) > 1
        ? nil : open.kept(openName(member, call), of: member.convolution.outputs)
      if let subset {
        weight = try weight.picked(axis: 0, subset.kept)
        numbers = try numbers.map { try $0.value.picked(axis: 0, subset.kept) }
      }
      let isLast = place == members.count - 1
      inputs += [weight] + (isLast ? [] : numbers)
      levels.append(ConvolutionStack.Level(form: form, link: isLast ? .linear : link))
    }
    let stack = ConvolutionStack(levels: levels, size: x.size)
    let results = try perform(ConvolutionStackPass(stack: stack), inputs)
    let shapes = try stack.shapes(inputs[0], stack.split(inputs).weights)
    let sizes = shapes.map { FeatureSize($0.outputShape) }
    if open.isNoting {
      let maps = Array(results[1..<members.count]) + [results[0]]
      for (place, member) in members.enumerated() {
        try note(sizes[place].map(maps[place].value), member, call, open)
      }
    }
    let y = Features(elements: results[0], sizes[members.count - 1])
    guard subset != nil else { return try behind(y, call) }
    let z = try y.normed(.given, .relu, gamma: numbers[0], beta: numbers[1])
    return Features(elements: z.elements, z.size, subset: subset)
  }

  private func openName(_ member: Member, _ call: LayerCall) -> String {
    LayerCall.join(call.path, member.name)
  }

  private func note(
    _ y: FeatureMap, _ member: Member, _ call: LayerCall, _ open: OpenChannels
  ) throws {
    let (link, numbers) = try link(member, call)
    if link == .linear { return }
    let scale = try LevelScale(link, numbers, moments: nil)
    open.note(y.openChannels(scale.scale, scale.shift), openName(member, call))
  }

  private func size(of x: FeatureSize, _ members: some Sequence<Member>) throws -> FeatureSize {
    let point = try members.reduce(Shape(Array(x.shape.dropFirst()))) {
      try $1.convolution.shape(of: [$0])
    }
    return FeatureSize(Shape([x.batch] + Array(point)))
  }

  private func link(_ member: Member, _ call: LayerCall) throws
    -> (ConvolutionStack.Link, [Tensor])
  {
    if let (name, norm) = member.norm {
      let part = call.part(name, norm)
      if call.isTraining { return (norm.link, norm.trainedParameters(part)) }
      let (scale, shift) = try norm.fixed(part)
      return (.given, [scale, shift])
    }
    guard member.activation != nil else { return (.linear, []) }
    let channels = member.convolution.outputs
    let own = call.part(member.name, member.convolution)
    let shift = try member.convolution.options.bias ? own["bias"] : Tensor.zeros([channels])
    return (.given, [try Tensor.full([channels], 1), shift])
  }

  private func writeMoments(_ moments: [Tensor], _ x: FeatureSize, _ call: LayerCall) throws {
    var rest = moments[...]
    for (place, member) in members.dropLast().enumerated() {
      guard let (name, norm) = member.norm, let own = rest.popFirst() else { continue }
      let size = try size(of: x, members.prefix(place + 1))
      let flat = try own.value.converted(to: .float32)
      try norm.writeRunning(
        flat.select(axis: 0, 0), flat.select(axis: 0, 1), count: size.batch * size.pixels,
        call.part(name, norm))
    }
  }
}
