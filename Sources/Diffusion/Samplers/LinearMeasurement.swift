import Autodiff
import Catalog
import Tensors

/// b = A x, what is known of a sample in an inverse problem, in the space of the data: the projection
/// P = A⁺A onto what A sees, and A⁺b, the least x with A x = b.
///
/// A⁺ is Mᵀ where M has orthonormal rows (Kadkhodaie and Simoncelli 2021).
struct LinearMeasurement {
  /// A⁺b, shape [1] and that of a point.
  let known: Tensor
  /// P x of each row.
  let projected: (_ x: Tensor) throws -> Tensor

  /// - Parameters:
  ///   - measurement: a mask of bools with the shape of a point, a matrix [m, d], or the functions M and
  ///     Mᵀ, the first from [n] + shape to the measurements of n points and the second back.
  ///   - observed: b, without an axis of samples: for a mask the whole point.
  init(_ measurement: OneOf<Tensor, [Callback]>, _ observed: Tensor, shape: Shape) throws {
    let observed = try observed.constant("observed").converted(to: .float64)
    guard try observed.isFinite() else {
      throw UserError("observed must hold finite numbers, got NaN or infinity")
    }
    switch measurement {
    case .first(let mask) where mask.dtype == .bool:
      try self.init(mask: mask, observed, shape: shape)
    case .first(let matrix):
      try self.init(matrix: matrix.constant("measurement"), observed, shape: shape)
    case .second(let functions):
      try self.init(functions: functions, observed, shape: shape)
    }
  }

  private init(mask: Tensor, _ observed: Tensor, shape: Shape) throws {
    guard mask.shape == shape, observed.shape == shape else {
      throw UserError(
        "a mask and what is observed must have the shape of a point, \(shape), got \(mask.shape) and "
          + "\(observed.shape)")
    }
    let factors = try mask.converted(to: .float64)
    known = try (observed * factors).expanded(axis: 0)
    projected = { try $0 * factors.converted(to: $0.dtype) }
  }

  private init(matrix: Tensor, _ observed: Tensor, shape: Shape) throws {
    let (d, m) = (shape.elementCount, observed.elementCount)
    guard matrix.shape == [m, d], observed.rank == 1 else {
      throw UserError(
        "a matrix must have shape [m, d] with d = \(d) and what is observed [m], got "
          + "\(matrix.shape) and \(observed.shape)")
    }
    let a = try matrix.converted(to: .float64)
    let gram = try matmul(a, transpose(a))
    let unit = try Tensor((0..<m * m).map { $0 % (m + 1) == 0 ? 1.0 : 0 }, shape: [m, m])
    let excess = try sum(square(gram - unit)).item()
    // Rows that are orthonormal already have their transpose for it.
    let inverse = excess < 1e-9 * Double(m) ? try transpose(a) : try Linalg.pinv(a)
    known = try matmul(inverse, observed.reshaped(to: [m, 1])).reshaped(to: [1] + Array(shape))
    let (onto, back) = (try transpose(a), try transpose(inverse))
    projected = { x in
      let flat = try x.reshaped(to: [x.shape[0], d])
      let seen = try matmul(flat, onto.converted(to: x.dtype))
      return try matmul(seen, back.converted(to: x.dtype)).reshaped(to: Array(x.shape))
    }
  }

  private init(functions: [Callback], _ observed: Tensor, shape: Shape) throws {
    guard functions.count == 2 else {
      throw UserError(
        "measurement must be a tensor or two functions, M and its transpose, got "
          + "\(functions.count) functions")
    }
    func lifted(_ b: Tensor) throws -> Tensor {
      let x = try functions[1].call(b, returning: Tensor.self, name: "the second of measurement")
      guard x.shape == Shape([b.shape[0]] + shape) else {
        throw UserError(
          "the second of measurement must return shape \(Shape([b.shape[0]] + shape)), got \(x.shape)"
        )
      }
      return x.value
    }
    func seen(_ x: Tensor) throws -> Tensor {
      try functions[0].call(x, returning: Tensor.self, name: "the first of measurement").value
    }
    let b = observed.expanded(axis: 0)
    known = try lifted(b)
    let again = try seen(known)
    guard again.shape == b.shape else {
      throw UserError(
        "observed has shape \(observed.shape), the first of measurement gives \(again.shape) for one point"
      )
    }
    let size = try sum(square(b)).item()
    guard try sum(square(again - b)).item() <= 1e-6 * size else {
      throw UserError(
        "measurement must be M and its transpose with M Mᵀ = 1; on observed that is not so: orthonormalise "
          + "its rows")
    }
    projected = { try lifted(seen($0)) }
    try LinearMeasurement.check(seen, lifted, points: Shape([1] + shape), again.shape)
  }

  /// Whether M is linear and the second function its transpose, on random points:
  /// M(2x + y) = 2 M x + M y and ⟨M x, b⟩ = ⟨x, Mᵀ b⟩.
  private static func check(
    _ seen: (Tensor) throws -> Tensor, _ lifted: (Tensor) throws -> Tensor, points: Shape,
    _ observed: Shape
  ) throws {
    let stream = RandomStream(seed: 11)
    let (x, y) = (try stream.normal(points, .float64), try stream.normal(points, .float64))
    let b = try stream.normal(observed, .float64)
    let (first, second) = (try seen(x), try seen(y))
    func size(_ x: Tensor) throws -> Double { try sum(square(x)).item().squareRoot() }
    let sizes = try size(first) + size(second)
    guard try size(seen(x * 2 + y) - first * 2 - second) <= 1e-5 * sizes else {
      throw UserError(
        "the first of measurement must be linear, M(2x + y) = 2 M x + M y; on random points it is not"
      )
    }
    let (here, there) = (try sum(first * b).item(), try sum(x * lifted(b)).item())
    guard try abs(here - there) <= 1e-5 * size(first) * size(b) else {
      throw UserError(
        "the second of measurement must be the transpose of the first, (M x)·b = x·(Mᵀ b); on random points "
          + "they are \(shortNumber(here)) and \(shortNumber(there))")
    }
  }
}
