import Catalog
import Tensors

// The arithmetic of the module `tensor`: operators, the elementwise families, reductions, products.

extension TensorModule {
  static let operators: [Entry] =
    [
      binaryOperator("__add", "a + b", .add),
      binaryOperator("__sub", "a - b", .subtract),
      binaryOperator("__mul", "a * b", .multiply),
      binaryOperator("__div", "a / b", .divide),
      binaryOperator("__pow", "a ^ b", .power),
      binaryOperator("__mod", "a % b", .modulo),
      binaryOperator("__idiv", "a // b", .floorDivide),
      .metamethod(Tensor.self, "__unm", "-a", "Minus a.", .arg("a"), .rest("unused")) {
        (a: Tensor, _: Rest<Value>) in try -a
      },
      booleanOperator("__band", "a & b") { $0 && $1 },
      booleanOperator("__bor", "a | b") { $0 || $1 },
      booleanOperator("__bxor", "a ~ b") { $0 != $1 },
      .metamethod(
        Tensor.self, "__bnot", "~a", "Not a, for bool tensors.", .arg("a"), .rest("unused")
      ) {
        (a: Tensor, _: Rest<Value>) -> Tensor in
        try combineBooleans(a, a) { first, _ in !first }
      },
      orderOperator("__lt", "a < b", .less),
      orderOperator("__le", "a <= b", .lessEqual),
      .metamethod(
        Tensor.self, "__eq", "a == b",
        "Whether two 0-d tensors hold one number; otherwise whether both names are one tensor.",
        .arg("a"), .arg("b")
      ) { (a: Equated, b: Equated) -> Bool in
        guard let a = a.tensor, let b = b.tensor else { return false }
        if a === b { return true }
        guard a.rank == 0, b.rank == 0 else { return false }
        return try a.value.compared(with: b.value, .equal).item() != 0
      },
    ]

  private static func binaryOperator(_ event: String, _ form: String, _ rule: BinaryRule) -> Entry {
    .metamethod(
      Tensor.self, event, form, "\(rule.summary); operands broadcast.", .arg("a"), .arg("b"),
      example: "return tensor{1, 2} \(form.split(separator: " ")[1]) 2"
    ) { (a: Operand, b: Operand) in try apply(rule, a, b) }
  }

  static func apply(_ rule: BinaryRule, _ a: Operand, _ b: Operand) throws -> Tensor {
    switch (a, b) {
    case (.tensor(let x), .tensor(let y)): try rule(x, y)
    case (.tensor(let x), .number(let y)): try rule(x, y)
    case (.number(let x), .tensor(let y)): try rule(x, y)
    default: try rule(a.tensor(beside: b), b.tensor(beside: a))
    }
  }

  private static func booleanOperator(
    _ event: String, _ form: String, _ body: @escaping (Bool, Bool) -> Bool
  ) -> Entry {
    .metamethod(
      Tensor.self, event, form, "Element by element, for bool tensors.", .arg("a"), .arg("b"),
      example: "return tensor{true, false} \(form.split(separator: " ")[1]) tensor{true, true}"
    ) { (a: Tensor, b: Tensor) in try combineBooleans(a, b, body) }
  }

  private static func combineBooleans(
    _ a: Tensor, _ b: Tensor, _ body: @escaping (Bool, Bool) -> Bool
  ) throws -> Tensor {
    for x in [a, b] where x.dtype != .bool {
      throw UserError("& | ~ need bool tensors, got \(x.dtype.rawValue); compare first")
    }
    return try repeating("boolean", [a, b]) { try combine($0[0], $0[1], body) }
  }

  private static func combine(
    _ a: Tensor, _ b: Tensor, _ body: (Bool, Bool) -> Bool
  ) throws -> Tensor {
    let shape = try Shape.broadcast(a.shape, b.shape)
    let x = try a.broadcast(to: shape).densified()
    let y = try b.broadcast(to: shape).densified()
    let result = try Tensor(uninitialized: shape, .bool)
    let first = x.pointer(Bool.self)
    let second = y.pointer(Bool.self)
    let out = result.pointer(Bool.self)
    for i in 0..<shape.elementCount { out[i] = body(first[i], second[i]) }
    return result
  }

  private static func orderOperator(
    _ event: String, _ form: String, _ comparison: Comparison
  ) -> Entry {
    .metamethod(
      Tensor.self, event, form,
      "For 0-d tensors only, since Lua makes one boolean of it; otherwise use a:less(b).",
      .arg("a"), .arg("b"), example: "return tensor(1) \(form.split(separator: " ")[1]) 2"
    ) { (a: Operand, b: Operand) -> Bool in
      func single(_ operand: Operand, _ other: Operand) throws -> Tensor {
        let x = try operand.comparable(with: other)
        guard x.elementCount == 1 else {
          throw UserError(
            "\(form) compares 0-d tensors, got shape \(x.shape); use a:less(b) and its kin")
        }
        return x.value
      }
      return try single(a, b).compared(with: single(b, a), comparison).item() != 0
    }
  }

  static let elementwise: [Entry] =
    (UnaryRule.all + UnaryRule.special).map { rule in
      .operation(
        "\(rule.name)", "Element by element: \(rule.summary).", .arg("x"),
        example: "return tensor{0.5, 1}:\(rule.name)()"
      ) { (x: Tensor) in try rule(x) }
    }
    + (BinaryRule.all + BinaryRule.special).map { rule in
      .operation(
        "\(rule.name)", "Element by element: \(rule.summary); operands broadcast.", .arg("a"),
        .arg("b"), example: "return tensor{1, 2}:\(rule.name)(3)"
      ) { (a: Tensor, b: Operand) in try apply(rule, .tensor(a), b) }
    }
    + Comparison.allCases.map { comparison in
      .operation(
        comparison.rawValue, "Element by element, a bool tensor; operands broadcast.", .arg("a"),
        .arg("b"), example: "return tensor{1, 2, 3}:\(comparison.rawValue)(2)"
      ) { (a: Tensor, b: Operand) in
        try a.value.compared(with: b.comparable(with: .tensor(a)).value, comparison)
      }
    }
    + ElementTest.allCases.map { test in
      .operation(
        test.rawValue, "Element by element, a bool tensor.", .arg("x"),
        example: "return (tensor{1, 0} / tensor{0, 0}):\(test.rawValue)()"
      ) { (x: Tensor) in try x.value.tested(test) }
    }
    + [
      .operation(
        "clamp", "x held between two bounds; slope 0 outside.", .arg("x"),
        .arg("low", default: nil, "no bound where absent"),
        .arg("high", default: nil, "no bound where absent"),
        example: "return tensor{-2, 0.5, 2}:clamp(-1, 1)"
      ) { (x: Tensor, low: Double?, high: Double?) in
        let low = low ?? -.infinity
        let high = high ?? .infinity
        guard low <= high else {
          throw UserError("low must be at most high, got \(low) and \(high)")
        }
        return try clamp(x, low, high)
      },
      .operation(
        "softmax", "e^x / Σ e^x over an axis.", .arg("x"), .arg("axis", default: -1, "1-based"),
        example: "return tensor{1, 2, 3}:softmax()"
      ) { (x: Tensor, axis: Int) in try softmax(x, axis: x.axis(axis)) },
      .operation(
        "log_softmax", "x − ln Σ e^x over an axis.", .arg("x"),
        .arg("axis", default: -1, "1-based"), example: "return tensor{1, 2, 3}:log_softmax()"
      ) { (x: Tensor, axis: Int) in try logSoftmax(x, axis: x.axis(axis)) },
    ]

  static let products: [Entry] = [
    .operation(
      "matmul", "The matrix product; 1-D operands and leading axes as in NumPy.", .arg("a"),
      .arg("b"), example: "return tensor{{1, 2}, {3, 4}}:matmul(tensor{1, 1})"
    ) { (a: Tensor, b: Tensor) in try matmul(a, b) }
  ]
}

/// An operand of `==`, which Lua asks about for any two objects.
private struct Equated: Argument {
  /// Nil where it is another object.
  let tensor: Tensor?
  static var expectation: String { "a value" }
  static var luaType: String { "any" }

  static func read(_ frame: Frame, _ index: Int32) throws -> Equated {
    // A freed tensor is an error, here as everywhere.
    do { return Equated(tensor: try Tensor.read(frame, index)) } catch is Mismatch {
      return Equated(tensor: nil)
    }
  }
}
