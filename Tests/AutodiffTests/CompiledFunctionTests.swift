import Autodiff
import Catalog
import Tensors
import Testing

/// `grad.compile` as Swift calls it; what Lua sees of it is tested in Tests/lua/tensor/compile.lua.
@Suite struct CompiledFunctionTests {
  private func tensors(_ values: [Value]) -> [Tensor] {
    values.compactMap { if case .object(let object) = $0 { object as? Tensor } else { nil } }
  }

  @Test("a plan runs without the function")
  func runsWithoutTheFunction() throws {
    var runs = 0
    let compiled = CompiledFunction { arguments in
      runs += 1
      let x = tensors(arguments)[0]
      let (value, flows) = try vjp([x]) { try sum(square($0[0]) * 3) }
      return [.object(value), .object(flows[0])]
    }
    for scale in 1...4 {
      let x = try Tensor([1, 2, 3].map { Float($0 * scale) })
      let results = tensors(try compiled.call([.object(x)]))
      #expect(try results[0].item() == 42 * Double(scale * scale))
      #expect(try results[1].floats() == [6, 12, 18].map { Float($0 * scale) })
    }
    #expect(runs == 1)
  }

  @Test("calls leave nothing behind")
  func memoryIsFlat() throws {
    let compiled = CompiledFunction { arguments in
      let x = tensors(arguments)[0]
      return [.object(try sum(matmul(exp(x), x), axis: 0))]
    }
    let x = try RandomStream(seed: 1).normal([16, 16])
    _ = try compiled.call([.object(x)])
    let once = try compiled.call([.object(x)])
    for _ in 0..<100_000 {
      let again = try compiled.call([.object(x)])
      guard try tensors(again)[0].floats() == tensors(once)[0].floats() else {
        Issue.record("another result")
        return
      }
    }
    // Two buffers of 16 × 16 numbers stay; other suites run beside this one.
    #expect(compiled.describe() == "grad.compile(function, 1 plan, 3 instructions)")
  }

  @Test("reading a recorded tensor past its operations is an error, not a constant")
  func unseenReading() throws {
    let compiled = CompiledFunction { arguments in
      let x = tensors(arguments)[0]
      return [.object(try x * Double(x.pointer(Float.self)[0]))]
    }
    #expect {
      try compiled.call([.object(Tensor([1, 2] as [Float]))])
    } throws: {
      "\($0)" == "an operation in it reads the elements of a tensor and cannot be replayed"
    }
  }

  @Test("a result that differs is an error that says where", arguments: [1, 2])
  func checkFindsWrongResults(every: Int) throws {
    var factor = 1.0
    let compiled = CompiledFunction(check: every) { arguments in
      [.object(try tensors(arguments)[0] * factor)]
    }
    let x = try Tensor([1, 2, 3] as [Float])
    _ = try compiled.call([.object(x)])
    factor = 1 + 1e-7
    for _ in 0..<2 { _ = try compiled.call([.object(x)]) }
    factor = 1.001
    #expect {
      for _ in 0..<every { _ = try compiled.call([.object(x)]) }
    } throws: {
      "\($0)".hasPrefix(
        "output 1 differs from the function's own by 0.003 at element 3: 3, expected")
    }
  }
}
