// Calls that last for seconds, each of another kind: what Ctrl-C must be able to end. Sizes are as large as
// they can be below 3 GB.

extension LongCall {
  private static func call(_ setup: String, _ code: String) -> LongCall {
    LongCall(name: code, setup: setup, code: code)
  }

  static let all = elementwise + ordering + products + laws + objects + files + figures

  static let elementwise = [
    call("x = s:normal{100000000}", "x:lgamma()"),
    call("x = s:normal{50000000}", "x:cumsum()"),
    call("x = s:normal{50000000}", "x:argmax()"),
    call("x = s:normal{50000000}", "x:to('int64')"),
    call("x = s:normal{50000000}", "x:is_nan()"),
    call("x = s:normal{10000, 10000}", "x:transpose():copy()"),
    call("x = s:normal{10000, 10000}", "x:softmax(1)"),
    call("x = s:normal{100000000}", "x:std()"),
    call("x = s:normal{2, 50000000}", "x:logsumexp(2)"),
    call("x = s:normal{50000000, 2}", "x:sum(1)"),
    call("x = s:normal{30000000}", "x:table()"),
    call("x = s:normal{2, 1, 50000000}", "tostring(x)"),
    call("l = {} for i = 1, 10000000 do l[i] = i end", "tensor(l)"),
    call("x = s:normal{100000000}", "x:histogram(100)"),
    call("x = s:normal{100000000}", "grad(function(x) return (x:sin() * x:exp()):sum() end)(x)"),
  ]

  static let ordering = [
    call("x = s:normal{30000000}", "x:sort()"),
    call("x = s:normal{30000000}", "x:argsort(1, {descending = true})"),
    call("x = s:normal({20000000}, {dtype = 'float64'})", "x:sort()"),
    call("x = s:normal{30000000}", "x:median()"),
    call("x = s:normal{30000000}", "x:quantile(0.3)"),
    call("x = s:normal{30000000}", "x:topk(10)"),
    call("x = s:normal{20000000}", "x:unique()"),
    call("x = s:normal{10000000}", "metric.quantiles(x, {0.1, 0.9})"),
    call("x = s:normal{1000000}", "metric.bootstrap(x, {seed = 1})"),
  ]

  static let products = [
    call("x = s:normal{7000, 7000}", "x:matmul(x)"),
    call("x = s:normal({4000, 4000}, {dtype = 'float64'})", "x:matmul(x)"),
    call("x = s:normal{4000, 4000}", "x:transpose():matmul(x)"),
    call("x = s:normal{1000000, 300}", "x:transpose():matmul(x)"),
    call("x = s:normal{2000, 100, 200}", "x:matmul(x:permute{1, 3, 2})"),
    call("x = s:normal{5000, 5000}", "tensor.einsum('ij,jk->ik', x, x)"),
    call("x = s:normal{20000}", "x:outer(x)"),
    call("x = s:normal{8000000, 2, 2}", "x:rfft2()"),
    call("", "tensor.logspace(0, 1, 30000000)"),
    call("x = s:normal{3000}", "grad.jacobian(function(x) return x:sin():cumsum() end, x)"),
  ]

  static let laws = [
    call("", "s:normal{200000000}"),
    call("", "s:normal{1, 200000000}"),
    call("", "s:uniform({2, 50000000}, {dtype = 'float64'})"),
    call("", "s:gamma({50000000}, 2.5)"),
    call("", "s:beta({20000000}, 1, 2)"),
    call("", "s:poisson({50000000}, 3.5)"),
    call("", "s:exponential{50000000}"),
    call("", "s:permutation(50000000)"),
    call("", "s:integers(50000000, 1, 1000)"),
    call("", "s:choice(20000000, 100000000, {replace = false})"),
    call("x = s:uniform{5000000}", "s:choice(10000000, 5000000, {weights = x})"),
    call("x = s:uniform{5000000}", "s:choice(1000000, 5000000, {weights = x, replace = false})"),
    call(
      "x = tensor.eye(200)",
      "s:multivariate_normal(1000000, tensor.zeros{200}, x)"),
    call("", "s:sobol(5000000, 8)"),
    call(
      "x = s:normal{50000000} i = s:integers(50000000, 1, 50000000)", "x:gather(1, i)"),
  ]

  static let objects = [
    call("t = target.gaussian_mixture{means = {-3, 3}}", "t:sample(50000000, {seed = 1})"),
    call(
      "t = target.define{dimension = 1, energy = function(x) return x:column(1)^2/2 end}",
      "t:sample(20000000, {seed = 1})"),
    call(
      "x = s:normal{50000, 2} e = target.empirical(x):model(sde.vp())", "e:score(x, 0.5)"),
    call(
      "x = s:normal{20000000} i = s:integers(20000000, 1, 20000000)",
      "grad(function(x) return x:gather(1, i):square():sum() end)(x)"),
    call(
      "m = target.gaussian_mixture{means = {-3, 3}}:model(sde.ve_power())",
      "metric.mass_left(m, {range = {-10, 10}, points = 4000000})"),
    call("x = s:normal{50000, 8}", "metric.memorized_fraction(x, x)"),
    call("x = s:normal{50000, 8}", "metric.energy_distance(x, x, {seed = 1})"),
    call("x = s:normal{300000, 8}", "metric.sliced_wasserstein(x, x, {seed = 1})"),
    call("x = s:normal{300000, 8}", "metric.same_law(x, x, {seed = 1})"),
    call(
      "t = target.gaussian_mixture{means = {-3, 3}}",
      "metric.kl_of_score_floor(t, sde.ve_power(), {points = 4000000})"),
    call(
      "t = target.gaussian_mixture{means = {-3, 3}, stds = 0.001}",
      "metric.dsm_bayes_loss(t, sde.ve_power(), {nodes = 1024})"),
    call(
      "x = s:normal{2000, 2} e = target.empirical(x):model(sde.vp())",
      "sample.euler_maruyama(e, {count = 20000, steps = 100, seed = 1})"),
    call(
      "x = s:normal{400000, 2} m = nn.score_mlp{sde = sde.vp(), dimension = 2, width = 512, seed = 1}",
      "train(m, x, {steps = 2, batch = 400000, seed = 1, progress = false})"),
    call(
      "x = s:normal{40000, 2} m = nn.residual_mlp{sde = sde.edm(), dimension = 2, width = 512, sigma_data = 1, seed = 1}",
      "train(m, x, {steps = 2, batch = 40000, seed = 1, progress = false})"),
  ]

  static let files = [
    call("x = s:normal{100000000}", "file.save('x.npy', x)"),
    call("x = s:normal{3000000, 2}", "file.save('x.csv', x)"),
    call("x = s:normal{3000000, 2}", "file.save('x.json', x)"),
    call("x = s:normal{100000000}", "file.save('x.safetensors', {x = x})"),
    call("x = s:normal{20000000}", "file.save('x.npz', {x = x})"),
    call("file.save('y.csv', s:normal{1000000, 2})", "file.load('y.csv')"),
    call("file.save('y.json', s:normal{1000000, 2})", "file.load('y.json')"),
    call("file.save('y.npz', {x = s:normal{20000000}})", "file.load('y.npz')"),
    call("file.save('y.npy', s:normal{100000000})", "file.load('y.npy')"),
  ]

  static let figures = [
    call("x = s:normal{3000000}", "plot.scatter(x, x):text()"),
    call("x = s:normal{1000000}", "plot.scatter(x, x):save('x.svg')"),
    call("x = s:normal{2000000}", "plot.line(x, x):save('x.png')"),
    call("x = s:normal{20000000}", "plot.histogram(x)"),
  ]
}
