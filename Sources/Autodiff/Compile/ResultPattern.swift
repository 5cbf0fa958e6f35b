import Catalog
import Tensors

/// The nesting of a function's results: places for the tensors of a run, and the values around them,
/// which stay as they were recorded.
struct ResultPattern {
  private indirect enum Part {
    case tensor(Int)
    case value(Value)
    case list([Part])
    case map([(key: Value.Key, value: Part)])
  }

  private let parts: [Part]

  init(_ results: [Value]) {
    var count = 0
    func part(_ value: Value) -> Part {
      switch value {
      case .object(let object) where object is Tensor:
        defer { count += 1 }
        return .tensor(count)
      case .list(let values): return .list(values.map(part))
      case .map(let pairs), .record(_, let pairs):
        return .map(pairs.map { ($0.key, part($0.value)) })
      default: return .value(value)
      }
    }
    parts = results.map(part)
  }

  func values(_ tensors: [Tensor]) -> [Value] {
    func value(_ part: Part) -> Value {
      switch part {
      case .tensor(let place): .object(tensors[place])
      case .value(let value): value
      case .list(let parts): .list(parts.map(value))
      case .map(let pairs): .map(pairs.map { ($0.key, value($0.value)) })
      }
    }
    return parts.map(value)
  }

  /// Pushes the results without making values of them.
  func push(_ tensors: [Tensor], _ frame: Frame) -> Int32 {
    _ = frame.host.pointee.reserve(frame.state, Int32(clamping: parts.count + 4))
    for part in parts { push(part, tensors, frame) }
    return Int32(parts.count)
  }

  private func push(_ part: Part, _ tensors: [Tensor], _ frame: Frame) {
    let host = frame.host.pointee
    switch part {
    case .tensor(let place): _ = tensors[place].push(frame)
    case .value(let value): _ = value.push(frame)
    case .list(let parts):
      _ = host.reserve(frame.state, 4)
      _ = host.pushTable(frame.state, Int32(clamping: parts.count), 0)
      for (place, part) in parts.enumerated() {
        push(part, tensors, frame)
        host.setIndex(frame.state, -2, place + 1)
      }
    case .map(let pairs):
      _ = host.reserve(frame.state, 4)
      _ = host.pushTable(frame.state, 0, Int32(clamping: pairs.count))
      for pair in pairs {
        push(pair.value, tensors, frame)
        pair.key.setField(of: -2, frame)
      }
    }
  }
}

/// What a call of a compiled function gives: tensors in the places of a pattern, or plain values.
struct CompiledResults: Results {
  private let pattern: ResultPattern
  private let tensors: [Tensor]

  static var resultTypes: [String] { ["any"] }

  init(_ pattern: ResultPattern, _ tensors: [Tensor]) {
    self.pattern = pattern
    self.tensors = tensors
  }

  init(_ values: [Value]) {
    var tensors: [Tensor] = []
    for value in values { TensorTree.collect(value, &tensors) }
    pattern = ResultPattern(values)
    self.tensors = tensors
  }

  var values: [Value] { pattern.values(tensors) }

  func push(_ frame: Frame) -> Int32 { pattern.push(tensors, frame) }
}
