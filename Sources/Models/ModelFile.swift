// `m:save(path)` and `nn.load(path)`: a network in one file of the safetensors form. The tensors are the
// parameters by name, frozen ones too; the metadata say which constructor of `nn` makes the network, with
// which options, and which diffusion it belongs to:
//
//   format "moondrift.model"   version "1"
//   network "score_mlp"        options {"dimension": 1, "width": 16, …}
//   sde "ve_power"             sde_options {"base": 25}
//
// What is loaded has the same bits in every parameter, and so gives the same score.

import Catalog
import Files
import Layers
import Processes
import Runtime
import Tensors

package enum ModelFile {
  static let format = "moondrift.model"
  static let version = "1"

  static let entries: [Entry] = [
    .method(
      ScoreModel.self, "save", "Writes a network to a file, from which nn.load makes it again.",
      .arg("path", "usually ends in .safetensors"),
      .option(
        "dtype", default: "float32", "of the parameters in the file; float16 is half as large",
        in: .oneOf(["float32", "float16"])),
      details:
        "The file is of the safetensors form: the parameters by name, with the network's options and "
        + "its diffusion in the metadata. file.load reads its tensors. It is written whole or not at "
        + "all.",
      source: "safetensors",
      example: """
        m = nn.score_mlp{sde = sde.vp(), seed = 1}
        n = os.tmpname() .. ".safetensors"
        m:save(n)
        return nn.load(n)
        """
    ) { (model: ScoreModel, path: FilePath, dtype: String) in
      try save(model, to: path, half: dtype == "float16")
      return Nothing()
    },
    .function(
      "load", "Reads a network that m:save wrote: the same parameters, bit for bit.",
      .arg("path"),
      .option("score", default: nil, "the function of a model of nn.define, which no file holds"),
      .option("forward", default: nil, "the same, where it predicts something else than the score"),
      returns: "a model", source: "safetensors"
    ) { (path: FilePath, score: Callback?, forward: Callback?) in
      try load(path, score: forward ?? score)
    },
  ]

  static func save(_ model: ScoreModel, to path: FilePath, half: Bool = false) throws {
    let metadata = try [("format", format), ("version", version)] + metadata(of: model)
    try AtomicFile.write(
      try Safetensors.bytes(
        of: tensors(of: model), metadata: metadata.map { (key: $0.0, value: $0.1) },
        half: half),
      to: path)
  }

  /// What makes a network again, beside its tensors.
  package static func metadata(of model: ScoreModel) throws -> [(key: String, value: String)] {
    guard let score = model.networkScore, model.network != nil, score.network.parameters.count > 0
    else {
      throw UserError(
        "\(model.function.name) has no parameters, so there is nothing to save; it is made again "
          + "from what it was made of")
    }
    return [
      ("network", type(of: score.network).constructor),
      ("options", try JSON.line(score.network.storedOptions(score.parametrization.options))),
      ("sde", type(of: model.process).constructor),
      ("sde_options", try JSON.line(model.process.options.stored)),
    ]
  }

  package static func tensors(of model: ScoreModel) -> [(name: String, tensor: Tensor)] {
    guard let score = model.networkScore else { return [] }
    let parameters = score.network.parameters
    return score.parametrization.tensors
      + zip(parameters.items, parameters.views).map { ($0.name, $1) }
  }

  static func load(_ path: FilePath, score: Callback?) throws -> ScoreModel {
    do { return try read(path, score: score) } catch let error as UserError {
      // What a constructor says of settings that do not go together.
      throw error.message.hasPrefix("\(path)") ? error : UserError("\(path): \(error)")
    }
  }

  private static func read(_ path: FilePath, score: Callback?) throws -> ScoreModel {
    let file = try Safetensors.read(InputFile.bytes(of: path), path: "\(path)")
    guard file.metadata.first(where: { $0.key == "format" })?.value == format else {
      throw FileError(
        "\(path) is not a file of a model: its metadata have no format '\(format)', which m:save "
          + "writes")
    }
    let found = try text("version", file.metadata, path: "\(path)")
    guard found == version else {
      throw FileError("\(path): version is '\(found)', this program reads '\(version)'")
    }
    return try model(file.metadata, file.tensors, path: "\(path)", score: score)
  }

  private static func text(
    _ key: String, _ metadata: [(key: String, value: String)], path: String
  ) throws -> String {
    guard let entry = metadata.first(where: { $0.key == key }) else {
      throw FileError("\(path): the metadata have no '\(key)'")
    }
    return entry.value
  }

  /// The model that `metadata(of:)` and `tensors(of:)` describe.
  ///
  /// - Parameter path: the file, for errors.
  package static func model(
    _ metadata: [(key: String, value: String)], _ tensors: [(name: String, tensor: Tensor)],
    path: String, score: Callback?
  ) throws -> ScoreModel {
    func options(_ key: String) throws -> (Value, place: String) {
      let place = "\(path): \(key)"
      return (try JSONReader.value(of: text(key, metadata, path: path), path: place), place)
    }
    let name = try text("network", metadata, path: path)
    guard let kind = NNModule.stored.first(where: { $0.constructor == name }) else {
      let known = NNModule.stored.map { $0.constructor }
      throw FileError("\(path): \(unknownName("network", name, known: known))")
    }
    if score != nil, kind != DefinedNetwork.self, kind != LayeredNetwork.self {
      throw FileError("\(path): score is for models of nn.define, the file holds \(name)")
    }
    let sde = try SDE(
      name: text("sde", metadata, path: path), restoring: options("sde_options"))
    let stored = StoredTensors(path: path, tensors: tensors)
    return try made(kind, restoring: options("options"), stored, sde, score: score)
  }

  private static func made<Kind: Network>(
    _ kind: Kind.Type, restoring stored: (Value, place: String), _ tensors: StoredTensors,
    _ sde: SDE, score: Callback?
  ) throws -> ScoreModel {
    var options = try Kind.Options(restoring: stored.0, place: stored.place)
    try tensors.check(options, place: stored.place)
    Kind.setFunction(score, of: &options)
    return try Kind.model(options, sde: sde, seed: 0, restoring: tensors)
  }
}
