import Catalog
import Tensors

/// An operation that is an object, in memory that the plan has laid out.
final class PlannedInstruction: Instruction {
  typealias Place = (slot: Int, layout: Recording.Layout)

  let operation: any PlannedOperation
  let inputs: [Place]
  let outputs: [Place]
  let workspace: Int

  init(_ operation: any PlannedOperation, inputs: [Place], outputs: [Place], workspace: Int) {
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.workspace = workspace
  }

  override func run(_ plan: Plan) throws {
    try operation.run(
      inputs.map { plan.view($0.slot, $0.layout) },
      into: outputs.map { plan.view($0.slot, $0.layout) }, workspace: plan.slots[workspace])
  }
}

/// An operation that makes the memory of its results itself.
final class FreeInstruction: Instruction {
  typealias Place = PlannedInstruction.Place

  let operation: any Operation
  let inputs: [Place]
  let outputs: [Place]

  init(_ operation: any Operation, inputs: [Place], outputs: [Place]) {
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
  }

  override func run(_ plan: Plan) throws {
    let results = try operation.results(of: inputs.map { plan.view($0.slot, $0.layout) })
    for (result, output) in zip(results, outputs) {
      guard result.layout == output.layout else {
        throw UserError("an operation gave shape \(result.shape), recorded \(output.layout.shape)")
      }
      plan.storages[output.slot] = result.storage
      plan.slots[output.slot] = result.storage.base
    }
  }
}
