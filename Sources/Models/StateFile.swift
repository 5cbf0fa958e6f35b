// `nn.load_state(network, path)` and `nn.save_state(network, path)`: the parameters and buffers of a network by
// their names, as other programs write and read them: files of PyTorch, safetensors and npz. Weights have
// PyTorch's layout on both sides: linear [outputs, inputs], convolutions [outputs, inputs, height, width],
// transposed ones [inputs, outputs, height, width].

import Catalog
import Files
import Layers
import Runtime
import Tensors

package enum StateFile {
  static let endings = ["pt", "pth", "safetensors", "npz"]
  static let writtenEndings = ["safetensors", "npz"]

  package static let entries: [Entry] = [
    .function(
      "load_state", "Fills the parameters of a network from a file of PyTorch, safetensors or npz.",
      .arg("network", "a network or a model"), .arg("path", ".pt, .pth, .safetensors or .npz"),
      .option(
        "map", default: nil,
        "from names of the file to those of the network: a table {[\"conv.weight\"] = \"1.weight\"}, or "
          + "function(name) → name; false leaves a tensor out"),
      .option(
        "key", default: nil, "which table of a checkpoint holds the parameters"),
      .option(
        "partial", default: false, "loads what fits, in place of an error where something does not"),
      returns:
        "a table with the names that were `loaded`, are `missing` in the file, are `unexpected` in it, or are "
        + "`misshapen`",
      details: """
        Nothing is changed unless every parameter and buffer finds a tensor of its name and shape, and every \
        tensor its parameter; an error tells what does not fit, with the nearest names. Axes of length 1 do not \
        count: [1, 64, 1, 1] fits [64]. Numbers become float32.

        Of a checkpoint with tables in place of tensors the one called state_dict, model_state_dict, model, \
        network, net or module is taken, or the one that `key` names. The prefixes `module.` (DataParallel) and \
        `_orig_mod.` (torch.compile) are taken off where all names have them. PyTorch's running_var is \
        running_variance here, and its num_batches_tracked is left out. Layers of a list are counted from 1 \
        here: `nn.sequential` calls 1.weight what torch.nn.Sequential calls 0.weight.

        Weights lie as in PyTorch: linear [outputs, inputs], convolutions [outputs, inputs, height, width], \
        transposed ones [inputs, outputs, height, width].
        """,
      source: "torch.save; safetensors; numpy.lib.format",
      example: """
        a = nn.bf_cnn{shape = {1, 8, 8}, width = 4, depth = 3, seed = 1}
        b = nn.bf_cnn{shape = {1, 8, 8}, width = 4, depth = 3, seed = 2}
        n = os.tmpname() .. ".safetensors"
        nn.save_state(a, n)
        return nn.load_state(b, n).loaded
        """
    ) {
      (
        object: OneOf<NetworkObject, ScoreModel>, path: FilePath, map: OneOf<Callback, NameTable>?,
        key: String?, partial: Bool
      ) in
      try load(network(of: object), path, map: map, key: key, partial: partial)
    },
    .function(
      "save_state",
      "Writes the parameters and buffers of a network by their names, and nothing else.",
      .arg("network", "a network or a model"), .arg("path", ".safetensors or .npz"),
      details:
        "`safetensors.torch.load_file(path)` and `numpy.load(path)` read it in Python, nn.load_state here. To have "
        + "the whole model again, with its options and its diffusion, write it with `m:save` in place of this.",
      source: "safetensors; numpy.lib.format",
      example: """
        n = os.tmpname() .. ".npz"
        nn.save_state(nn.score_mlp{dimension = 2, width = 4, seed = 1}, n)
        return file.load(n).w1
        """
    ) { (object: OneOf<NetworkObject, ScoreModel>, path: FilePath) in
      let parameters = try network(of: object).parameters
      try check(path, writtenEndings)
      try ArrayFiles.save(
        .named(zip(parameters.items, parameters.views).map { ($0.name, .object($1)) }), path)
      return Nothing()
    },
  ]

  private static func network(of object: OneOf<NetworkObject, ScoreModel>) throws -> any Network {
    switch object {
    case .first(let object): return object.network
    case .second(let model):
      guard let network = model.network, network.parameters.count > 0 else {
        throw UserError("network must have parameters, got \(model.describe())")
      }
      return network
    }
  }

  private static func check(_ path: FilePath, _ endings: [String]) throws {
    guard endings.contains(path.ending) else {
      throw UserError("path must end in .\(endings.joined(separator: ", .")), got '\(path)'")
    }
  }

  // MARK: Loading

  static func load(
    _ network: any Network, _ path: FilePath, map: OneOf<Callback, NameTable>?, key: String?,
    partial: Bool
  ) throws -> Value {
    try check(path, endings)
    let given = try StateTensors(ArrayFiles.load(path).values[0], path: "\(path)", key: key)
    let fit = try StateFit(given.renamed(map), network.parameters)
    guard partial || fit.isWhole else {
      throw UserError("\(path) does not fit \(network.name): \(fit.flaws)")
    }
    try fit.write(to: network.parameters)
    return fit.report
  }
}

/// The tensors of a file by name, as a network may have them.
struct StateTensors {
  private(set) var tensors: [(name: String, tensor: Tensor)] = []
  private let path: String

  /// Tables that hold the parameters in a checkpoint, by what they are usually called.
  private static let usualKeys = [
    "state_dict", "model_state_dict", "model", "network", "net", "module",
  ]
  private static let prefixes = ["module.", "_orig_mod."]

  init(_ value: Value, path: String, key: String?) throws {
    self.path = path
    guard case .map(let pairs) = value else {
      throw UserError("\(path) holds \(value.describe()), expected a table of tensors by name")
    }
    let tables = pairs.filter { if case .map = $0.value { true } else { false } }
    var found = value
    if let key {
      guard let table = pairs.first(where: { $0.key.text == key }) else {
        throw UserError("\(path): \(unknownName("key", key, known: pairs.map(\.key.text)))")
      }
      found = table.value
    } else if let usual = Self.usualKeys.lazy.compactMap({ name in
      tables.first { $0.key.text == name }
    }).first {
      found = usual.value
    } else if !pairs.contains(where: { $0.value.asTensor != nil }) {
      let names = tables.map(\.key.text).joined(separator: ", ")
      throw UserError(
        "\(path) has no tensors at its top"
          + (tables.isEmpty ? "" : "; say which table holds the parameters by key: \(names)"))
    }
    collect(found, "")
    for prefix in Self.prefixes + Self.prefixes
    where !tensors.isEmpty && tensors.allSatisfy({ $0.name.hasPrefix(prefix) }) {
      tensors = tensors.map { (String($0.name.dropFirst(prefix.count)), $0.tensor) }
    }
    guard !tensors.isEmpty else {
      throw UserError("\(path) has no tensors" + (key.map { " in \($0)" } ?? ""))
    }
  }

  /// Tables within tables have their names joined by dots; what is no tensor is passed over.
  private mutating func collect(_ value: Value, _ name: String) {
    func below(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
    switch value {
    case .object(let tensor as Tensor): tensors.append((name, tensor))
    case .map(let pairs): for (key, value) in pairs { collect(value, below(key.text)) }
    case .list(let items):
      for (place, value) in items.enumerated() { collect(value, below("\(place + 1)")) }
    default: break
    }
  }

  /// The tensors under the names of the network.
  func renamed(_ map: OneOf<Callback, NameTable>?) throws -> [(name: String, tensor: Tensor)] {
    var result: [(name: String, tensor: Tensor)] = []
    for (name, tensor) in tensors {
      let wanted: String?
      switch map {
      case nil: wanted = name
      case .second(let table): wanted = table.names[name] ?? name
      case .first(let function):
        switch try function.callForAll([.string(name)], name: "map").first ?? .none {
        case .string(let new): wanted = new
        case .none, .boolean(false): wanted = nil
        case let other:
          throw UserError(
            "map must return a name, or false to leave it out, got \(other.describe())")
        }
      }
      if let wanted { result.append((wanted, tensor)) }
    }
    if case .second(let table)? = map,
      let stranger = table.names.keys.sorted().first(where: { key in
        !tensors.contains { $0.name == key }
      })
    {
      throw UserError(
        "\(path): map: " + unknownName("tensor", stranger, known: tensors.map(\.name)))
    }
    if let doubled = Names.firstDoubled(result.map(\.name)) {
      throw UserError("\(path): map gives the name '\(doubled)' to two tensors")
    }
    return result
  }
}

/// New names by the old ones; `false` leaves a tensor out.
package struct NameTable: Argument {
  let names: [String: String?]

  package static var expectation: String { "a function or a table of names" }
  package static var luaType: String { "table" }
  package var literal: String { "table" }

  package static func read(_ frame: Frame, _ index: Int32) throws -> NameTable {
    guard frame.type(at: index) == LuaType.table else { throw Mismatch(expected: expectation) }
    guard case .map(let pairs) = try Value.read(frame, index) else {
      throw Mismatch(expected: expectation, got: "a list")
    }
    var names: [String: String?] = [:]
    for (key, value) in pairs {
      switch value {
      case .string(let name) where key.index == nil: names[key.text] = .some(name)
      case .boolean(false) where key.index == nil: names[key.text] = .some(nil)
      default:
        throw Mismatch(
          sentence: "must have names or false by names, got \(value.describe()) at \(key)")
      }
    }
    return NameTable(names: names)
  }
}

/// Which parameter each tensor of a file fills.
struct StateFit {
  private(set) var loaded: [(place: Int, tensor: Tensor)] = []
  private(set) var missing: [String] = []
  private(set) var unexpected: [String] = []
  private var misshapen: [(name: String, what: String)] = []
  private let names: [String]

  init(_ given: [(name: String, tensor: Tensor)], _ parameters: ParameterSet) throws {
    names = parameters.items.map(\.name)
    let places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    var found: Set<Int> = []
    for (name, tensor) in given {
      guard let place = StateFit.place(of: name, places) else {
        if !name.hasSuffix("num_batches_tracked") { unexpected.append(name) }
        continue
      }
      guard found.insert(place).inserted else {
        throw UserError("two tensors of the file are \(names[place]) of the network")
      }
      let wanted = parameters.items[place].shape
      if !tensor.dtype.isFloatingPoint {
        misshapen.append((names[place], "is \(tensor.dtype.rawValue), expected float32"))
      } else if tensor.shape.filter({ $0 != 1 }) != wanted.filter({ $0 != 1 }) {
        misshapen.append((names[place], "has shape \(tensor.shape), expected \(wanted)"))
      } else {
        loaded.append((place, tensor))
      }
    }
    missing = names.indices.filter { !found.contains($0) }.map { names[$0] }
  }

  private static func place(of name: String, _ places: [String: Int]) -> Int? {
    if let place = places[name] { return place }
    let torch = "running_var"
    guard name == torch || name.hasSuffix(".\(torch)") else { return nil }
    return places[name + "iance"]
  }

  var isWhole: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

  var report: Value {
    func list(_ names: [String]) -> Value { .list(names.map { .string($0) }) }
    return .named([
      ("loaded", list(loaded.map { names[$0.place] })), ("missing", list(missing)),
      ("unexpected", list(unexpected)), ("misshapen", list(misshapen.map(\.name))),
    ])
  }

  /// What does not fit, with the nearest names.
  var flaws: String {
    func listed(_ what: String, _ items: [String]) -> String? {
      if items.isEmpty { return nil }
      let most = 6
      let more = items.count > most ? " and \(items.count - most) more" : ""
      return "\(what): \(items.prefix(most).joined(separator: ", "))\(more)"
    }
    // Where all numbers are one less, the nearest names are wrong ones.
    let near = missing.prefix(countsFromZero ? 0 : 6).map { name -> String in
      guard let found = nearestName(to: name, among: unexpected),
        nearestName(to: found, among: missing) == name
      else { return name }
      return "\(name) (the file has \(found))"
    }
    let strange = unexpected.prefix(countsFromZero ? 0 : 6).map { name in
      nearestName(to: name, among: missing).map { "\(name) (did you mean \($0)?)" } ?? name
    }
    let parts = [
      listed("missing", near + missing.dropFirst(near.count)),
      listed("unexpected", strange + unexpected.dropFirst(strange.count)),
      listed("misshapen", misshapen.map { "\($0.name) \($0.what)" }),
    ].compactMap { $0 }
    return parts.joined(separator: "; ") + (countsFromZero ? StateFit.countingHint : "")
  }

  private static let countingHint =
    "; layers are counted from 1 here: map = function(name) return (name:gsub(\"%d+\", function(i) return i + 1 "
    + "end)) end"

  /// Whether the names of the file would be those that are missing if numbers counted from 1.
  private var countsFromZero: Bool {
    func shifted(_ name: String) -> String {
      name.split(separator: ".", omittingEmptySubsequences: false)
        .map { part in Int(part, radix: 10).map { "\($0 &+ 1)" } ?? String(part) }
        .joined(separator: ".")
    }
    let all = Set(names)
    let fitting = unexpected.filter { all.contains(shifted($0)) && shifted($0) != $0 }.count
    return fitting > 0 && fitting == unexpected.count
  }

  /// All values are made before the first is written.
  func write(to parameters: ParameterSet) throws {
    let values = try loaded.map { place, tensor in
      (place, try tensor.converted(to: .float32).densified())
    }
    for (place, value) in values {
      parameters.views[place].pointer(Float.self).update(
        from: value.pointer(Float.self), count: value.elementCount)
    }
    parameters.flat.storage.noteWrite()
  }
}

extension Value {
  fileprivate var asTensor: Tensor? {
    if case .object(let object) = self { object as? Tensor } else { nil }
  }
}
