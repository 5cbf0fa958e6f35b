import Catalog
import Tensors

/// The Lua module `grad`: derivatives of functions written in Lua.
public enum GradModule {
  public static let module = Module(
    "grad", "Derivatives of functions of tensors, in reverse mode.",
    entries: [
      .function(
        "vjp",
        "The value of f at x and the gradient of ⟨v, f⟩ with respect to x; v may be absent where f "
          + "has one number as its value.",
        .arg("f", "a function of one tensor"), .arg("x"),
        .arg("v", default: nil, "cotangent, shaped like the value"),
        returns: "the value, and the gradient shaped like x",
        example: "y, g = grad.vjp(function(x) return (x^2):sum() end, tensor{1, 2})  return g"
      ) { (f: Callback, x: Tensor, v: Tensor?) in
        let (value, flows) = try vjp([x], cotangent: v) {
          try f.call($0[0], returning: Tensor.self, name: "f")
        }
        return Several(value, flows[0])
      }
    ])
}
