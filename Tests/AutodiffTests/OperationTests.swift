// Operations that are objects: several results, one pullback, what a tape keeps, planned memory.

import Autodiff
import Catalog
import Tensors
import Testing

/// x → (x², x³), in memory that is given; the square may be written over x.
private struct Powers: PlannedOperation, DifferentiableOperation {
  final class Calls { var pullbacks: [[Bool]] = [] }

  let name = "powers"
  let saves = Saves(inputs: [0], outputs: [])
  var calls = Calls()
  /// Where the square is written, for the test of memory.
  var overwrites = true

  func results(of inputs: [TensorSpec]) -> [TensorSpec] { [inputs[0], inputs[0]] }
  func overwritten(by output: Int) -> Int? { output == 0 && overwrites ? 0 : nil }
  func workspaceByteCount(for inputs: [TensorSpec]) throws -> Int { try inputs[0].byteCount }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let (x, count) = (inputs[0].pointer(Double.self), inputs[0].elementCount)
    let copy = workspace.bindMemory(to: Double.self, capacity: count)
    copy.update(from: x, count: count)
    let (square, cube) = (outputs[0].pointer(Double.self), outputs[1].pointer(Double.self))
    for i in 0..<count {
      square[i] = copy[i] * copy[i]
      cube[i] = copy[i] * copy[i] * copy[i]
    }
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    calls.pullbacks.append(flow.cotangents.map { $0 != nil })
    let x = flow.input(0)
    return [try flow.cotangent(0) * x * 2 + flow.cotangent(1) * square(x) * 3]
  }
}

/// a, b → a b, of which the tape needs both, and says which cotangents are asked for.
private struct Times: Operation, DifferentiableOperation {
  final class Calls { var wanted: [[Bool]] = [] }

  let name = "times"
  let saves = Saves(inputs: nil, outputs: [])
  let calls = Calls()

  func results(of inputs: [Tensor]) throws -> [Tensor] {
    let (a, b) = (try inputs[0].doubles(), try inputs[1].doubles())
    return [try Tensor(zip(a, b).map { $0 * $1 }, shape: inputs[0].shape)]
  }

  func pullback(_ flow: JointFlow) throws -> [Tensor?] {
    calls.wanted.append(flow.wanted)
    return [
      flow.wanted[0] ? try flow.cotangent(0) * flow.input(1) : nil,
      flow.wanted[1] ? try flow.cotangent(0) * flow.input(0) : nil,
    ]
  }
}

private func tensors(_ values: [Value]) -> [Tensor] {
  values.compactMap { if case .object(let object) = $0 { object as? Tensor } else { nil } }
}

@Suite struct OperationTests {
  @Test("cotangents of several results meet in one pullback; nothing flows back from an unused one")
  func severalResults() throws {
    let powers = Powers()
    let x = try Tensor([1.0, 2, -3])
    let both = try vjp([x]) {
      let parts = try perform(powers, $0)
      return try sum(parts[0] * 10 + parts[1])
    }
    #expect(try both.cotangents[0].doubles() == [23, 52, -33])
    let cube = try vjp([x]) { try sum(perform(powers, $0)[1]) }
    #expect(try cube.cotangents[0].doubles() == [3, 12, 27])
    let square = try vjp([x]) { try sum(perform(powers, $0)[0]) }
    #expect(try square.cotangents[0].doubles() == [2, 4, -6])
    let none = try vjp([x]) {
      _ = try perform(powers, $0)
      return try sum($0[0])
    }
    #expect(try none.cotangents[0].doubles() == [1, 1, 1])
    #expect(powers.calls.pullbacks == [[true, true], [false, true], [true, false]])
  }

  @Test("pullbacks are differentiated again: second and third derivatives, and jvp")
  func higherDerivatives() throws {
    func cubes(_ x: Tensor) throws -> Tensor { try sum(perform(Powers(), [x])[1]) }
    func slope(_ x: Tensor) throws -> Tensor { try vjp([x]) { try cubes($0[0]) }.cotangents[0] }
    let x = try Tensor([2.0])
    let second = try vjp([x]) { try sum(slope($0[0])) }.cotangents[0]
    #expect(try second.doubles() == [12])
    let third = try vjp([x]) { x in try sum(vjp(x) { try sum(slope($0[0])) }.cotangents[0]) }
    #expect(try third.cotangents[0].doubles() == [6])
    let along = try jvp([x], tangents: [Tensor([0.5])]) { try cubes($0[0]) }
    #expect(try along.tangent.item() == 6)
  }

  @Test("only what is wanted is made")
  func wanted() throws {
    let times = Times()
    let (a, b) = (try Tensor([2.0, 3]), try Tensor([5.0, 7]))
    let flows = try vjp([a]) { try sum(perform(times, [$0[0], b])[0]) }.cotangents
    #expect(try flows[0].doubles() == [5, 7])
    let both = try vjp([a, b]) { try sum(perform(times, $0)[0]) }.cotangents
    #expect(try both[1].doubles() == [2, 3])
    let twice = try vjp([a]) { try sum(perform(times, [$0[0], $0[0]])[0]) }.cotangents
    #expect(try twice[0].doubles() == [4, 6])
    #expect(times.calls.wanted == [[true, false], [true, true], [true, true]])
  }

  @Test("a tape keeps what the operation saves, and only there is a write an error")
  func saves() throws {
    let x = try Tensor([1.0, 2])
    weak var square: Storage?
    let flow = try vjp([x]) { variables in
      let y = try exp(variables[0])
      let parts = try perform(Powers(), [y])
      square = parts[0].storage
      // The results are not saved: writing into one spoils no gradient.
      try parts[1].assign(Tensor([0.0, 0]))
      return try sum(parts[1])
    }
    #expect(square == nil)
    let slopes = try (exp(x * 3) * 3).doubles()
    for (a, b) in zip(try flow.cotangents[0].doubles(), slopes) { #expect(abs(a / b - 1) < 1e-12) }
    #expect {
      try vjp([x]) {
        let y = try exp($0[0])
        let parts = try perform(Powers(), [y])
        try y.value.assign(Tensor([0.0, 0]))
        return try sum(parts[1])
      }
    } throws: {
      "\($0)".contains("was written to before its gradient was taken; use a copy")
    }
  }

  @Test("eager and in a program: the same bits, in memory that the plan keeps")
  func sameInPrograms() throws {
    func body(_ x: Tensor) throws -> [Tensor] {
      let y = try x * 0.5 + 1
      let parts = try perform(Powers(), [y])
      let (value, flows) = try vjp([x]) {
        let inner = try perform(Powers(), [square($0[0])])
        return try sum(inner[0] + inner[1] * 2)
      }
      return [try parts[0] - parts[1], value, flows[0]]
    }
    let compiled = CompiledFunction { try body(tensors($0)[0]).map { .object($0) } }
    for seed in 1...4 {
      let x = try RandomStream(seed: seed).normal([5, 7], .float64)
      let (own, planned) = (try body(x), tensors(try compiled.call([.object(x)])))
      for (a, b) in zip(own, planned) { #expect(try a.doubles() == b.doubles()) }
    }
  }

  @Test("a result is written over an input that is read no more, and over no other")
  func overwriting() throws {
    // The operation overwrites y, which is read again in the first program alone.
    for readsAgain in [true, false] {
      let compiled = CompiledFunction {
        let y = try tensors($0)[0] * 0.5 + 1
        let parts = try perform(Powers(), [y])
        let rest = try readsAgain ? y * 3 : parts[1]
        return [.object(try sum(matmul(parts[0], parts[1])) + sum(matmul(rest, parts[0])))]
      }
      func expected(_ x: Tensor) throws -> Double {
        let y = try x * 0.5 + 1
        let (a, b) = (try square(y), try y * y * y)
        return try (sum(matmul(a, b)) + sum(matmul(readsAgain ? y * 3 : b, a))).item()
      }
      for seed in 1...3 {
        let x = try RandomStream(seed: seed).normal([6, 6], .float64)
        let value = try tensors(compiled.call([.object(x)]))[0].item()
        #expect(abs(value / (try expected(x)) - 1) < 1e-12)
      }
    }
  }

  @Test("inputs of any layout arrive dense, alone and in a program")
  func layouts() throws {
    let compiled = CompiledFunction { arguments in
      try perform(Powers(), [transpose(tensors(arguments)[0])]).map { .object($0) }
    }
    for seed in 1...2 {
      let x = try RandomStream(seed: seed).normal([3, 4], .float64)
      let wanted = try transpose(x).doubles().map { $0 * $0 }
      #expect(try perform(Powers(), [transpose(x)])[0].doubles() == wanted)
      #expect(try tensors(compiled.call([.object(x)]))[0].doubles() == wanted)
    }
  }
}
