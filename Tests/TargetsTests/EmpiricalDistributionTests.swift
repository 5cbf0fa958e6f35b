// The empirical distribution: its noised law is a kernel density estimate, its model denoises to data.
import Testing

@Suite struct EmpiricalDistributionTests {
  @Test("noised, it is the equal mixture of normal kernels")
  func kernels() throws {
    let values = try numbers(
      """
      data = tensor{{0}, {1}, {4}}
      sde1 = sde.ve_power{base = 25}
      noised = target.empirical(data):noised(sde1, 0.1)
      mix = target.gaussian_mixture{means = {0, 1, 4}, stds = sde1:sigma(0.1)}
      x = tensor({{-1}, {0.5}, {3}}, {dtype = 'float64'})
      model = target.empirical(data):model(sde1)
      return (noised:log_density(x) - mix:log_density(x)):abs():max():item(),
        (model(x, 0.1) - mix:score(x)):abs():max():item()
      """)
    #expect(values.allSatisfy { abs($0) < 1e-12 })
  }

  @Test("the denoiser of its model returns the data point itself at low noise")
  func memorises() throws {
    let values = try numbers(
      """
      data = target.gaussian_mixture{means = {{0, 0, 0}, {5, 5, 5}}}:sample(50, {seed = 1})
      model = target.empirical(data):model(sde.vp())
      t = 0.001
      x = data * sde.vp():alpha(t) + 0.001
      return (model:denoise(x, t) - data):abs():max():item()
      """)
    #expect(values[0] < 1e-4)
  }

  @Test("samples are its points, each about as often; n = 30,000, |z| < 5.5")
  func samples() throws {
    let values = try numbers(
      """
      x = target.empirical(tensor{{1}, {2}, {5}}):sample(30000, {seed = 1})
      return x:equal(1):to('float32'):mean():item(), x:equal(2):to('float32'):mean():item(),
        x:equal(5):to('float32'):mean():item()
      """)
    #expect(values.reduce(0, +) > 0.9999)
    let spread = (2.0 / 9 / 30000).squareRoot()
    for share in values { #expect(abs(share - 1.0 / 3) / spread < 5.5) }
  }

  @Test("says what it lacks")
  func lacks() throws {
    let e = "e = target.empirical(tensor{{1}, {2}}) "
    #expect(
      try results(e + "return e:has_score(), e:has_log_density(), e:has_noised(), e") == [
        "false", "false", "true", "empirical(2 points, d = 1)",
      ])
    #expect(
      try message(e + "e:log_density(tensor{{1}})")
        == "code:1: target.log_density: target 'empirical' has no density without noise; its noised "
        + "marginals have")
    #expect(
      try message("target.empirical(tensor{{1}, {0/0}})")
        == "code:1: target.empirical: x must be finite, got nan in row 2")
    #expect(
      try message("target.empirical(tensor{1, 2})")
        == "code:1: target.empirical: x has shape [2], expected [n d], or [n] and the shape of a "
        + "picture, with no axis of 0")
  }
}
