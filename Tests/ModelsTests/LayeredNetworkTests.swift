// Networks made of layers: one set of parameters for all of them, and buffers of a step of training.

import Autodiff
import Catalog
import Layers
import Models
import Tensors
import Testing

@Suite struct LayeredNetworkTests {
  private func network(seed: Int) throws -> LayeredNetwork {
    let layers = try SequentialLayer(
      .init {
        $0.layers = LayerList([
          try LinearLayer(.init { ($0.inputs, $0.outputs) = (3, 4) }),
          try BatchNormLayer(.init { $0.channels = 4 }), TanhLayer(),
          try LinearLayer(.init { ($0.inputs, $0.outputs) = (4, 3) }),
        ])
      })
    return try LayeredNetwork(
      .init {
        $0.point.dimension = 3
        $0.layers = LayerTable(layers)
      }, shape: [3], seed: seed)
  }

  @Test("names are paths; what is trained comes before buffers; a seed gives the weights")
  func parameters() throws {
    let (a, b) = (try network(seed: 1), try network(seed: 1))
    #expect(
      a.parameters.items.map(\.name) == [
        "1.weight", "1.bias", "2.weight", "2.bias", "4.weight", "4.bias", "2.running_mean",
        "2.running_variance",
      ])
    #expect(a.parameters.trained.count == 16 + 8 + 15)
    #expect(try a.parameters.flat.floats() == b.parameters.flat.floats())
    #expect(try a.parameters.flat.floats() != network(seed: 2).parameters.flat.floats())
    #expect(a.replays && !a.callsLua && !a.drawsNumbers)
  }

  @Test("running moments of a compiled step are those of an eager one")
  func buffers() throws {
    let net = try network(seed: 3)
    func step(_ x: Tensor, _ values: [Tensor]) throws -> [Tensor] {
      let writes = BufferWrites()
      let y = try net.output(x, nil, NetworkCall(net.parameters, at: values, writes: writes))
      return try [y] + writes.values(of: net.parameters)
    }
    let compiled = CompiledFunction { arguments in
      let tensors = arguments.compactMap { value -> Tensor? in
        if case .object(let object) = value { object as? Tensor } else { nil }
      }
      return try step(tensors[0], Array(tensors.dropFirst())).map { .object($0) }
    }
    for seed in 1...3 {
      let x = try RandomStream(seed: seed).normal([6, 3])
      let own = try step(x, net.parameters.views)
      let planned = try compiled.call(([x] + net.parameters.views).map { .object($0) })
      for (a, b) in zip(own, planned) {
        guard case .object(let object) = b, let tensor = object as? Tensor else {
          Issue.record("no tensor")
          return
        }
        #expect(try a.floats() == tensor.floats())
      }
      let mean = try own[1].floats()
      #expect(mean.contains { abs($0) > 1e-3 })
    }
  }
}
