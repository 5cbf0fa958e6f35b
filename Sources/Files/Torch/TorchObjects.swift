// What the pickles of torch.save describe: storages, tensors as views of them, and the few functions of Python
// that make them.

import Catalog
import Runtime
import Tensors

/// The functions and types that a pickle may name.
enum TorchGlobal {
  case orderedTable
  case sequence
  /// Something that is only shown, as a device.
  case text(String)
  case tensor
  case parameter
  /// The element type of a storage; nil for one of bytes.
  case storage(ElementKind?)
  case dtype(ElementKind)

  init?(_ module: String, _ name: String) {
    switch "\(module).\(name)" {
    case "collections.OrderedDict": self = .orderedTable
    case "torch.Size", "builtins.set", "__builtin__.set", "builtins.list", "__builtin__.list":
      self = .sequence
    case "torch.device": self = .text("device")
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
      "torch._utils._rebuild_tensor_v3":
      self = .tensor
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      self = .parameter
    case "torch.storage.UntypedStorage", "torch.UntypedStorage": self = .storage(nil)
    default:
      guard module == "torch" else { return nil }
      let storage = "Storage"
      if name.hasSuffix(storage) {
        guard let kind = TorchGlobal.storages[String(name.dropLast(storage.count))] else {
          return nil
        }
        self = .storage(kind)
      } else {
        guard let kind = TorchGlobal.kinds[name] else { return nil }
        self = .dtype(kind)
      }
    }
  }

  private static let storages: [String: ElementKind] = [
    "Double": ElementKind(.float, 8), "Float": ElementKind(.float, 4),
    "Half": ElementKind(.float, 2), "BFloat16": ElementKind(.brainFloat, 2),
    "Long": ElementKind(.signed, 8), "Int": ElementKind(.signed, 4),
    "Short": ElementKind(.signed, 2), "Char": ElementKind(.signed, 1),
    "Byte": ElementKind(.unsigned, 1), "Bool": ElementKind(.boolean, 1),
  ]

  private static let kinds: [String: ElementKind] = [
    "float64": ElementKind(.float, 8), "float32": ElementKind(.float, 4),
    "float16": ElementKind(.float, 2), "bfloat16": ElementKind(.brainFloat, 2),
    "int64": ElementKind(.signed, 8), "int32": ElementKind(.signed, 4),
    "int16": ElementKind(.signed, 2), "int8": ElementKind(.signed, 1),
    "uint64": ElementKind(.unsigned, 8), "uint32": ElementKind(.unsigned, 4),
    "uint16": ElementKind(.unsigned, 2), "uint8": ElementKind(.unsigned, 1),
    "bool": ElementKind(.boolean, 1),
  ]
}

/// Elements that lie one after the other in the file; several tensors may be views of them.
struct TorchStorage {
  let key: String
  /// nil where it is one of bytes, whose element type the tensors say.
  let kind: ElementKind?
  /// Elements, or bytes.
  let count: Int
  /// Where it is a part of another storage, as files of PyTorch before 1.6 have it: elements before it.
  let start: Int

  /// From what a pickle says: `("storage", type, key, device, count)`, and in old files where it lies in another
  /// one: `(key, start, count)`.
  init?(_ description: [PickleValue]) {
    guard description.count >= 5, case .text("storage") = description[0],
      case .global(.storage(let kind)) = description[1], case .text(let key) = description[2],
      case .integer(let count) = description[4], count >= 0
    else { return nil }
    (self.key, self.kind) = (key, kind)
    if description.count > 5, case .sequence(let view) = description[5] {
      guard view.items.count == 3, case .integer(let start) = view.items[1],
        case .integer(let part) = view.items[2], start >= 0, part >= 0, start <= count - part
      else { return nil }
      (self.start, self.count) = (start, part)
    } else {
      (start, self.count) = (0, count)
    }
  }
}

/// A view of a storage.
struct TorchTensor {
  let storage: TorchStorage
  let kind: ElementKind
  let offset: Int
  let lengths: [Int]
  let strides: [Int]

  /// From the arguments of `torch._utils._rebuild_tensor_v2` and its kin: storage, offset, size, strides; that of
  /// version 3 has the element type in seventh place.
  init?(_ arguments: [PickleValue]) {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], case .sequence(let lengths) = arguments[2],
      case .sequence(let strides) = arguments[3]
    else { return nil }
    func integers(_ values: [PickleValue]) -> [Int]? {
      let found = values.compactMap { value -> Int? in
        if case .integer(let number) = value, number >= 0 { number } else { nil }
      }
      return found.count == values.count ? found : nil
    }
    guard let sizes = integers(lengths.items), let steps = integers(strides.items),
      sizes.count == steps.count, offset >= 0
    else { return nil }
    if let kind = storage.kind {
      self.kind = kind
    } else {
      guard arguments.count > 6, case .global(.dtype(let kind)) = arguments[6] else { return nil }
      self.kind = kind
    }
    (self.storage, self.offset, self.lengths, self.strides) = (storage, offset, sizes, steps)
  }

  /// The place behind its last element in the storage; nil where no storage is as large.
  var end: Int? {
    if lengths.contains(0) { return 0 }
    var last = offset
    for (length, step) in zip(lengths, strides) {
      let (span, isTooLarge) = (length - 1).multipliedReportingOverflow(by: step)
      let (sum, isBeyond) = last.addingReportingOverflow(span)
      if isTooLarge || isBeyond { return nil }
      last = sum
    }
    return last < .max ? last + 1 : nil
  }
}
