import TestSupport
import Testing

@Suite("environment") struct EnvironmentTests {
  /// Prints sums of bits of what products, factorisations and a training give.
  private static let code = """
    local function bits(x)
      local text = {}
      for i, value in ipairs(x:reshape{-1}:table()) do text[i] = ("%a"):format(value) end
      local hash = 0
      for i = 1, #text do
        for place = 1, #text[i] do hash = hash * 31 + text[i]:byte(place) end
      end
      print(hash)
    end
    local s = random.stream(1)
    local a = s:normal{300, 300}
    local b = s:normal({200, 200}, {dtype = "float64"})
    bits(a:matmul(a))
    bits(b:matmul(b))
    bits(tensor.einsum("bij,bjk->bik", s:normal{8, 90, 70}, s:normal{8, 70, 80}))
    local w, v = linalg.eigh(b + b:transpose())
    bits(w)
    bits(v)
    bits(linalg.svdvals(a))
    bits(linalg.inv(b))
    bits(linalg.solve(b, b[1]))
    bits(linalg.eigvals(b[{ {1, 60}, {1, 60} }]))
    bits(s:normal{1000}:rfft())
    local m = nn.residual_mlp{sde = sde.edm(), dimension = 16, width = 256, blocks = 1, sigma_data = 1,
      seed = 1}
    train(m, s:normal{256, 16}, {steps = 3, batch = 256, seed = 1, progress = false})
    bits(m:parameters().w_in)
    bits(m:score(s:normal{300, 16}, 0.5))
    print(os.getenv("OPENBLAS_NUM_THREADS"), os.getenv("OMP_NUM_THREADS"))
    """

  private func run(_ environment: [String: String]) throws -> [Substring] {
    var command = Command(Products.moondrift, ["--threads", "2", "-e", Self.code])
    for name in Self.settings.keys { command.environment[name] = .some(nil) }
    for (name, value) in environment { command.environment[name] = value }
    let result = try command.run()
    #expect(result.status == 0, "\(result.err)")
    return result.out.split(separator: "\n")
  }

  private static let settings = [
    "OPENBLAS_NUM_THREADS": "2", "GOTO_NUM_THREADS": "2", "OMP_NUM_THREADS": "2",
    "OPENBLAS_DEFAULT_NUM_THREADS": "2", "OPENBLAS_CORETYPE": "Nehalem",
    "OPENBLAS_BLOCK_FACTOR": "3", "OPENBLAS_L2_SIZE": "65536", "OPENBLAS_VERBOSE": "0",
    "FFTW_WISDOM": "none", "MKL_NUM_THREADS": "2", "LC_ALL": "de_DE.UTF-8",
  ]

  @Test("no variable that other programs use changes a bit, and each is left as it was")
  func bits() throws {
    let plain = try run([:])
    #expect(plain.count == 13)
    #expect(plain.last == "nil\tnil")
    for (name, value) in Self.settings {
      let changed = try run([name: value])
      #expect(changed.dropLast() == plain.dropLast(), "\(name)=\(value)")
    }
    let all = try run(Self.settings)
    #expect(all.dropLast() == plain.dropLast())
    #expect(all.last == "2\t2")
  }
}
