import Catalog
import Tensors

// Derivatives of functions of tensors, built on `vjp`. Each may be applied to the result of another.

/// A function from tensors to one tensor, with reverse sweeps for as many cotangents as are wanted from
/// one evaluation.
public func withPullback<R>(
  _ inputs: [Tensor], of function: ([Tensor]) throws -> Tensor,
  _ body: (_ value: Tensor, _ pullBack: (Tensor) throws -> [Tensor]) throws -> R
) throws -> R {
  let tape = Tape()
  defer { tape.close() }
  let variables = inputs.map { tape.variable($0) }
  let output = try function(variables)
  let value = trace(of: output, on: tape)?.primal ?? output
  return try body(value) { cotangent in
    try zip(tape.pullBack(output, cotangent: cotangent, to: variables), inputs).map { flow, input in
      try flow ?? Tensor.zeros(input.shape, input.dtype)
    }
  }
}

/// J v: the derivative of `function` along `tangents`, by differentiating the reverse sweep, which is
/// linear in its cotangent u: J v = ∂/∂u ⟨Jᵀu, v⟩.
public func jvp(
  _ inputs: [Tensor], tangents: [Tensor], of function: ([Tensor]) throws -> Tensor
) throws -> (value: Tensor, tangent: Tensor) {
  for (input, tangent) in zip(inputs, tangents) where input.shape != tangent.shape {
    throw UserError("v has shape \(tangent.shape), x has \(input.shape)")
  }
  return try withPullback(inputs, of: function) { value, pullBack in
    let tangent = try vjp([Tensor.zeros(value.shape, value.dtype)]) { cotangents in
      let flows = try pullBack(cotangents[0])
      var total = try sum(flows[0] * tangents[0])
      for (flow, tangent) in zip(flows, tangents).dropFirst() {
        total = try total + sum(flow * tangent)
      }
      return total
    }.cotangents[0]
    return (value, tangent)
  }
}

/// ∂fᵢ/∂xⱼ of shape [value…, x…], one reverse sweep for each number of the value.
public func jacobian(_ x: Tensor, of function: (Tensor) throws -> Tensor) throws -> Tensor {
  try withPullback([x], of: { try function($0[0]) }) { value, pullBack in
    let count = value.elementCount
    let target = Array(value.shape) + Array(x.shape)
    try checkMemory(for: target, value.dtype)
    let rows = try (0..<count).map { place -> Tensor in
      let unit = try Tensor.zeros([count], value.dtype)
      try unit.slice(axis: 0, place..<place + 1).assign(Tensor.scalar(1, value.dtype))
      let row = try pullBack(unit.reshaped(to: Array(value.shape)))[0]
      return try reshape(row, to: [1, row.elementCount])
    }
    guard !rows.isEmpty else { return try Tensor.zeros(Shape(target), x.dtype) }
    return try reshape(concatenate(rows, axis: 0), to: target)
  }
}

/// H v of a function with one number as its value.
public func hessianProduct(
  _ inputs: [Tensor], along tangents: [Tensor], of function: ([Tensor]) throws -> Tensor
) throws -> [Tensor] {
  for (input, tangent) in zip(inputs, tangents) where input.shape != tangent.shape {
    throw UserError("v has shape \(tangent.shape), x has \(input.shape)")
  }
  return try vjp(inputs) { variables in
    let gradients = try vjp(variables, of: function).cotangents
    var total = try sum(gradients[0] * tangents[0])
    for (gradient, tangent) in zip(gradients, tangents).dropFirst() {
      total = try total + sum(gradient * tangent)
    }
    return total
  }.cotangents
}

/// How a divergence is found.
public enum DivergenceMethod {
  /// d reverse sweeps.
  case exact
  /// E_ε[εᵀ J ε] over so many Rademacher probes (Hutchinson 1990).
  case hutchinson(probes: Int, stream: RandomStream)
}

/// Σₖ ∂fₖ/∂xₖ for each row of a batch whose rows do not depend on each other, shape [n].
public func divergence(
  _ x: Tensor, _ method: DivergenceMethod, of function: (Tensor) throws -> Tensor
) throws -> Tensor {
  try withPullback([x], of: { try function($0[0]) }) { value, pullBack in
    guard x.rank == 2, value.shape == x.shape else {
      throw UserError(
        "a divergence needs a function from [n d] to [n d], got \(x.shape) to \(value.shape)")
    }
    var total = try Tensor.zeros([x.shape[0]], x.dtype)
    switch method {
    case .exact:
      for axis in 0..<x.shape[1] {
        let unit = try Tensor.zeros(x.shape, value.dtype)
        try unit.slice(axis: 1, axis..<axis + 1).assign(Tensor.scalar(1, value.dtype))
        total = try total + select(pullBack(unit)[0], axis: 1, axis)
      }
    case .hutchinson(let probes, let stream):
      for _ in 0..<probes {
        let uniform = try stream.uniform(x.shape, value.dtype)
        let signs = try sign(uniform - 0.5)
        total = try total + sum(pullBack(signs)[0] * signs, axis: 1)
      }
      total = try total / Double(probes)
    }
    return total
  }
}

/// The value of `function`, whose intermediate results are forgotten and made again in the reverse
/// sweep: memory for time (Griewank and Walther 2000). The second run draws the random numbers of the
/// first.
public func checkpoint(_ inputs: [Tensor], of function: @escaping ([Tensor]) throws -> Tensor)
  throws
  -> Tensor
{
  // A recorded program does once what stands in it twice.
  if Tensor.isProgramRecorded { return try function(inputs) }
  let draws = DrawLog()
  do {
    return try record(
      "checkpoint", inputs, saves: Saves(inputs: nil, outputs: []),
      forward: { inputs in
        let value = try draws.watching { try function(inputs) }
        if value.isRecorded { throw DependsOnMore() }
        return [value]
      },
      pullback: { flow in
        try draws.repeating {
          try vjp(flow.inputs, cotangent: flow.cotangent(0), of: function).cotangents
        }
      })[0]
  } catch is DependsOnMore {
    // Of a tensor that the function captures there is a gradient too: all of it is recorded.
    draws.rewind()
    return try function(inputs)
  }
}

/// A function whose value depends on recorded tensors that are not among its arguments.
private struct DependsOnMore: Error {}
