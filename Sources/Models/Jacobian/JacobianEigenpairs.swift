import Autodiff
import Catalog
import Runtime
import Tensors

/// The leading eigenpairs of the Jacobian of a denoiser at a picture: the Lua type `eigenpairs`.
package final class JacobianEigenpairs: Object {
  package static var typeName: String { "eigenpairs" }

  package struct Options: OptionGroup {
    package var level = Denoiser.Level()
    package var k: Count = 20
    package var tolerance = 1e-3
    package var block: Count = 4
    package var subspace: Count?
    package var maxProducts: Count = 10_000
    package var seed: Int?

    package init() {}

    package static let options: [Option<Options>] =
      Option.group(\.level) + [
        Option("k", \.k, "how many, the largest real parts first", in: .positive),
        Option(
          "tolerance", \.tolerance, "‖J v − λ v‖ that each is brought to, for ‖v‖ = 1",
          in: .positive),
        Option(
          "block", \.block,
          "vectors in one pass of the network; eigenvalues that occur more often may be missed",
          in: .positive),
        Option(
          "subspace", \.subspace,
          "vectors kept before a restart, at least 2 (k + 2 block); 20 k where absent, and 200 or more",
          in: .positive),
        Option("max_products", \.maxProducts, "J v after which it ends as it is", in: .positive),
        Option("seed", \.seed, "of the first vectors; the session's next where absent"),
      ]
  }

  let values: Tensor
  let imaginary: Tensor
  let vectors: Tensor
  let residuals: Tensor
  let asymmetry: Double
  let products: Int
  let dimension: Int
  let tolerance: Double
  let seed: Int

  package init(_ model: ScoreModel, _ y: Tensor, _ options: Options) throws {
    let picture = try DenoiserJacobian.picture(y, of: model)
    let denoiser = try Denoiser(model, options.level)
    dimension = model.dimension
    tolerance = options.tolerance
    let k = options.k.value
    guard k <= dimension else {
      throw UserError("k must be at most d = \(dimension), got \(k)")
    }
    let block = min(options.block.value, dimension)
    let least = 2 * (k + 2 * block)
    let capacity = options.subspace?.value ?? max(20 * k, 200, least)
    guard capacity >= least || capacity >= dimension else {
      throw UserError("subspace must be 2 (k + 2 block) = \(least) or more, got \(capacity)")
    }
    seed = options.seed ?? SessionSeed.next()
    let stream = RandomStream(seed: seed, purpose: .probe)
    try Memory.request(2 * block * dimension, of: Double.self)
    let jacobian = try DenoiserJacobian(denoiser, at: picture, batch: block)
    let start = try BlockArnoldi.start(block, dimension, jacobian.dtype, stream)
    let images = try jacobian.times(start)
    asymmetry = try JacobianEigenpairs.asymmetry(images, jacobian.transposedTimes(start))
    var search = try BlockArnoldi(
      BlockArnoldi.Settings(
        k: k, tolerance: tolerance, capacity: min(capacity, dimension),
        mostProducts: options.maxProducts.value),
      dimension: dimension, jacobian.dtype, stream: stream
    ) { try jacobian.times($0) }
    let pairs = try search.run(from: start, images)
    products = jacobian.products
    values = try Tensor(Array(pairs.real.prefix(k)))
    imaginary = try Tensor(Array(pairs.imaginary.prefix(k)))
    residuals = try Tensor(Array(pairs.residuals.prefix(k)))
    vectors = try pairs.vectors.slice(axis: 0, 0..<k).copied().reshaped(
      to: [k] + Array(model.shape))
  }

  /// ‖J − Jᵀ‖_F/‖J‖_F from J x and Jᵀx of random orthonormal x: E‖A x‖² = ‖A‖_F²/d.
  private static func asymmetry(_ images: Tensor, _ transposed: Tensor) throws -> Double {
    func square(_ x: Tensor) throws -> Double {
      try Autodiff.square(x.converted(to: .float64)).reduced(.sum).item()
    }
    let size = try square(images)
    return size == 0 ? 0 : (try square(images - transposed) / size).squareRoot()
  }

  package func describe() -> String {
    let numbers = (try? values.doubles()) ?? []
    let worst = ((try? residuals.doubles()) ?? []).max() ?? 0
    let complex = ((try? imaginary.doubles()) ?? []).count { $0 != 0 }
    let range =
      numbers.count == 1
      ? shortNumber(numbers[0])
      : "\(shortNumber(numbers.first ?? 0)) to \(shortNumber(numbers.last ?? 0))"
    return "eigenpairs(\(numbers.count) of \(dimension), \(range)"
      + (complex > 0 ? ", \(complex) of them complex" : "")
      + ", residuals up to \(shortNumber(worst))\(worst > tolerance ? ", not converged" : ""), "
      + "asymmetry \(shortNumber(asymmetry)), \(products) products)"
  }
}

extension JacobianEigenpairs {
  private static let example = """
    m = nn.unet{shape = {1, 8, 8}, blocks = 1, width = 8, sde = sde.ve(), seed = 1}
    e = m:jacobian_eigenpairs(random.stream(1):normal{1, 8, 8}, {k = 4, seed = 1})

    """

  static let entries: [Entry] = [
    .method(
      ScoreModel.self, "jacobian_eigenpairs",
      "The leading eigenvalues and eigenvectors of the Jacobian of the denoiser at a noisy picture.",
      .arg("y", "one picture: the model's shape, or [1] and that"), .group(Options.self),
      returns: "eigenpairs: values, imaginary, residuals [k], vectors [k, …], asymmetry, products",
      details: """
        J = ∂D/∂y is not formed: block Arnoldi with thick restarts takes its products with a few vectors at a time, \
        which are one pass of the network, forward over what one evaluation left. J of a trained denoiser is nearly \
        symmetric and not exactly; the pairs are those of J itself, and a residual is ‖J v − λ v‖ of J, for \
        ‖v‖ = 1. Values fall by their real part. Of a complex pair the two vectors are real and imaginary part, with \
        squares that add up to 1. asymmetry is ‖J − Jᵀ‖/‖J‖ in the Frobenius norm, estimated from as many random \
        vectors as a block has; products counts J v and Jᵀ v. Networks are evaluated as they are for sampling, \
        never as in training. With k = d it is the whole spectrum.
        """,
      source: "Saad 2011, ch. 6; Stewart 2001; Mohan et al. 2020; Kadkhodaie et al. 2024",
      example: example + "return e"
    ) { (model: ScoreModel, y: Tensor, options: OptionsOf<Options>) in
      try JacobianEigenpairs(model, y, options.values)
    },
    .property(
      JacobianEigenpairs.self, "values", "The real parts of the eigenvalues, largest first, [k].",
      example: example + "return e.values"
    ) { (e: JacobianEigenpairs) in e.values },
    .property(
      JacobianEigenpairs.self, "imaginary",
      "The imaginary parts, [k]: 0 but for pairs a ± ib, which stand together.",
      example: example + "return e.imaginary"
    ) { (e: JacobianEigenpairs) in e.imaginary },
    .property(
      JacobianEigenpairs.self, "vectors", "The eigenvectors as pictures of length 1, [k, …].",
      example: example + "return e.vectors"
    ) { (e: JacobianEigenpairs) in e.vectors },
    .property(
      JacobianEigenpairs.self, "residuals", "‖J v − λ v‖ of each, [k].",
      example: example + "return e.residuals"
    ) { (e: JacobianEigenpairs) in e.residuals },
    .property(
      JacobianEigenpairs.self, "asymmetry", "‖J − Jᵀ‖/‖J‖ in the Frobenius norm, an estimate."
    ) { (e: JacobianEigenpairs) in e.asymmetry },
    .property(JacobianEigenpairs.self, "products", "How many J v and Jᵀ v were made.") {
      (e: JacobianEigenpairs) in e.products
    },
    .property(JacobianEigenpairs.self, "seed", "Of the first vectors.") {
      (e: JacobianEigenpairs) in e.seed
    },
    .method(
      ScoreModel.self, "jacobian", "The Jacobian of the denoiser at a noisy picture, all of it.",
      .arg("y", "one picture: the model's shape, or [1] and that"), .group(Denoiser.Level.self),
      returns: "tensor of shape [d, d]: the derivative of pixel i by pixel j, in the type of y",
      details: """
        d reverse sweeps, several in one pass of the network; for pictures small enough that d² numbers fit. \
        `linalg.eigvals` gives its spectrum, `linalg.eigh` that of its symmetric part. Networks are evaluated as \
        they are for sampling, never as in training.
        """,
      source: "Mohan et al. 2020",
      example: """
        m = nn.unet{shape = {1, 4, 4}, blocks = 1, width = 4, sde = sde.ve(), seed = 1}
        return m:jacobian(random.stream(1):normal{1, 4, 4})
        """
    ) { (model: ScoreModel, y: Tensor, level: OptionsOf<Denoiser.Level>) in
      let picture = try DenoiserJacobian.picture(y, of: model)
      let denoiser = try Denoiser(model, level.values)
      let d = try Count(model.dimension)
      try Memory.request((d * d).value, of: Float.self)
      return try DenoiserJacobian(
        denoiser, at: picture, batch: DenoiserJacobian.usualBatch(model.dimension)
      ).matrix()
    },
  ]
}
