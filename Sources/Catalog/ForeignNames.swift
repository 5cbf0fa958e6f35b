/// Names that other libraries have for what is here, and how it is written here. The one table for
/// members of objects, functions of modules, options and globals.
public enum ForeignNames {
  /// Members of tensors: `x.T`, `x:numel()`.
  public static let tensorMembers: [String: String] = [
    "T": "x:transpose()", "t": "x:transpose()", "swapaxes": "x:permute{2, 1}",
    "numel": "x.count", "nelement": "x.count", "size": "x.shape", "ndim": "x.rank",
    "dim": "x.rank", "ndimension": "x.rank", "len": "#x", "length": "#x",
    "view": "x:reshape{2, 3}", "flatten": "x:reshape{-1}", "ravel": "x:reshape{-1}",
    "backward": "grad.grad(f)(x)", "requires_grad": "grad.grad(f)(x)",
    "requires_grad_": "grad.grad(f)(x)", "grad": "grad.grad(f)(x)", "no_grad": "x:detach()",
    "clone": "x:copy()", "numpy": "x:table()", "tolist": "x:table()", "type": "x.dtype",
    "astype": "x:to('float64')", "float": "x:to('float32')", "double": "x:to('float64')",
    "long": "x:to('int64')", "int": "x:to('int64')", "bool": "x:to('bool')",
    "cuda": "x as it is: everything runs on the CPU",
    "cpu": "x as it is: everything runs on the CPU",
    "device": "nothing: everything runs on the CPU", "mm": "x:matmul(y)", "bmm": "x:matmul(y)",
    "sub": "x - y", "mul": "x * y", "div": "x / y", "pow": "x ^ 2", "neg": "-x",
    "lt": "x:less(y)", "le": "x:less_equal(y)", "gt": "x:greater(y)", "ge": "x:greater_equal(y)",
    "eq": "x:equal(y)", "ne": "x:not_equal(y)", "isnan": "x:is_nan()", "isinf": "x:is_inf()",
    "isfinite": "x:is_finite()", "clip": "x:clamp(low, high)", "amax": "x:max(1)",
    "amin": "x:min(1)", "cat": "tensor.concatenate{x, y}", "repeat": "x:tile{2, 1}",
    "index_select": "x[tensor({1, 2}, {dtype = 'int64'})]",
    "masked_select": "x[mask]", "sigmoid_": "x:sigmoid()", "fill_": "x:fill(0)",
    "zero_": "x:fill(0)", "add_": "x:axpy(1, y)", "inverse": "linalg.inv(x)",
    "append": "tensor.concatenate{x, y}", "insert": "tensor.concatenate{x, y}",
  ]

  /// Members of other types: names that changed, and what other libraries call them.
  public static let members: [String: [String: String]] = [
    "tensor": tensorMembers,
    "network": Dictionary(
      uniqueKeysWithValues: ["denoise", "score", "noise", "velocity", "save"].map {
        ($0, "nn.model{network = …, sde = …}, which has it")
      }),
    "sde": [
      "std": "p:sigma(t)", "mean": "p:alpha(t)", "marginal_prob": "p:alpha(t) and p:sigma(t)",
      "sde": "p:drift(t) and p:diffusion(t)", "beta": "-2 * p:drift(t)", "f": "p:drift(t)",
      "g": "p:diffusion(t)", "snr": "p:log_snr(t)", "lambda": "p:log_snr(t) / 2",
    ],
  ]

  /// Functions of modules, by module.
  public static let functions: [String: [String: String]] = [
    "tensor": [
      "randn": "random.stream(seed):normal{2, 3}", "rand": "random.stream(seed):uniform{2, 3}",
      "randint": "random.stream(seed):integers{2, 3}", "random": "random.stream(seed)",
      "randperm": "random.stream(seed):permutation(n)", "manual_seed": "random.stream(seed)",
      "normal": "random.stream(seed):normal{2, 3}", "zeros_like": "tensor.zeros(x.shape)",
      "ones_like": "tensor.ones(x.shape)", "full_like": "tensor.full(x.shape, value)",
      "empty": "tensor.zeros{2, 3}", "cat": "tensor.concatenate{x, y}",
      "concat": "tensor.concatenate{x, y}", "vstack": "tensor.concatenate{x, y}",
      "hstack": "tensor.concatenate({x, y}, 2)", "array": "tensor{1, 2, 3}",
      "asarray": "tensor{1, 2, 3}", "as_tensor": "tensor{1, 2, 3}", "from_numpy": "file.load(path)",
      "load": "file.load(path)", "save": "file.save(path, x)",
      "range": "tensor.arange(first, last)",
      "identity": "tensor.eye(n)", "inv": "linalg.inv(x)", "solve": "linalg.solve(a, b)",
      "svd": "linalg.svd(x)", "eigh": "linalg.eigh(x)", "det": "linalg.det(x)",
      "cholesky": "linalg.cholesky(x)", "trace": "linalg.trace(x)", "pow": "x ^ 2",
      "clip": "tensor.clamp(x, low, high)", "mm": "tensor.matmul(x, y)",
      "no_grad": "x:detach()", "float32": "{dtype = 'float32'}", "float64": "{dtype = 'float64'}",
      "int64": "{dtype = 'int64'}",
    ],
    "linalg": ["eig": "linalg.eigh(x)", "inverse": "linalg.inv(x)", "slog": "linalg.slogdet(x)"],
    "grad": [
      "backward": "grad.grad(f)(x)", "jit": "grad.compile(f)", "hessian": "grad.hvp(f, x, v)",
      "vmap": "a function of a batch [n d]", "no_grad": "grad.stop(x)", "detach": "grad.stop(x)",
      "stop_gradient": "grad.stop(x)",
    ],
    "nn": [
      "Module": "nn.define{…}", "Linear": "nn.define{…}", "Sequential": "nn.define{…}",
      "MLP": "nn.score_mlp{…}", "mlp": "nn.score_mlp{…}", "linear": "nn.define{…}",
      "relu": "x:relu()", "ReLU": "x:relu()", "silu": "x:silu()", "SiLU": "x:silu()",
      "softmax": "x:softmax()",
    ],
    "optim": [
      "AdamW": "optim.adamw{}", "Adam": "optim.adam{}", "SGD": "optim.sgd{rate = 0.1}",
      "lr_scheduler": "rate.cosine{steps = 1000}", "swa_utils": "optim.ema{half_life = 1000}",
    ],
    "rate": [
      "constant": "a number", "linear": "rate.warm_up{steps = 100}",
      "warmup": "rate.warm_up{steps = 100}",
      "chain": "rate.sequence{rates = {0.1, 0.01}, steps = {100}}",
      "halving": "rate.step_decay{every = 1000}",
    ],
    "random": [
      "seed": "random.stream(seed)", "normal": "random.stream(seed):normal{2, 3}",
      "uniform": "random.stream(seed):uniform{2, 3}", "randn": "random.stream(seed):normal{2, 3}",
      "rand": "random.stream(seed):uniform{2, 3}", "randint": "random.stream(seed):integers{2, 3}",
      "manual_seed": "random.stream(seed)", "default_rng": "random.stream(seed)",
      "permutation": "random.stream(seed):permutation(n)", "key": "random.stream(seed)",
      "PRNGKey": "random.stream(seed)", "choice": "random.stream(seed):choice(x, n)",
    ],
    "plot": [
      "plot": "plot.line(x, y)", "hist": "plot.histogram(x)", "imshow": "plot.heat(x)",
      "show": "figure:show()", "savefig": "figure:save(path)", "figure_": "plot.figure{…}",
      "subplots": "plot.figure{…}",
    ],
    "file": [
      "open": "io.open(path)", "read": "file.read_text(path)",
      "write": "file.write_text(path, text)",
    ],
  ]

  /// Options: what may be meant, the first that the function has.
  public static let options: [String: [String]] = [
    "preconditioning": ["predicts"], "parametrization": ["predicts"],
    "prediction_type": ["predicts"],
    "lr": ["rate"], "learning_rate": ["rate"], "eta": ["rate"], "wd": ["weight_decay"],
    "eps": ["epsilon"], "n": ["count", "points", "steps"], "num": ["count", "steps"],
    "num_samples": ["count"], "n_samples": ["count"], "samples": ["count"],
    "num_steps": ["steps"], "n_steps": ["steps"], "iterations": ["steps"], "iters": ["steps"],
    "updates": ["steps"], "num_epochs": ["epochs"], "n_epochs": ["epochs"],
    "batch_size": ["batch"], "bs": ["batch"], "optim": ["optimizer"], "opt": ["optimizer"],
    "criterion": ["loss"], "loss_fn": ["loss"], "callback": ["probe"], "callbacks": ["probe"],
    "mean": ["means"], "mu": ["means", "mean"], "loc": ["means"], "sigma": ["stds", "std"],
    "scale": ["stds"], "rng": ["seed"], "random_state": ["seed"], "generator": ["seed", "stream"],
    "key": ["seed"], "hidden": ["width"], "hidden_size": ["width"], "hidden_dim": ["width"],
    "units": ["width"], "num_layers": ["layers", "blocks"], "depth": ["layers", "blocks"],
    "dim": ["dimension", "axis"], "d": ["dimension"], "input_dim": ["dimension"],
    "process": ["sde"], "diffusion": ["sde"], "schedule": ["sde", "rate"], "type": ["dtype"],
    "keepdims": ["keepdim"], "ddof": ["correction"], "nbins": ["bins"], "x0": ["start"],
    "init": ["start"], "verbose": ["progress"], "ema_decay": ["ema"], "betas": ["beta1"],
    "filename": ["path"], "xlabel": ["x"], "ylabel": ["y"], "cmap": ["map"],
    "features": ["time_features"], "denoise_last": ["final"], "denoise": ["final"],
  ]

  /// Globals of other languages.
  public static let globals: [String: String] = [
    "np": "arrays are in the module tensor", "numpy": "arrays are in the module tensor",
    "jnp": "arrays are in the module tensor", "torch": "arrays are in the module tensor",
    "plt": "figures are in the module plot", "jax": "derivatives are in the module grad",
    "F": "functions of tensors are their methods, x:relu()", "None": "Lua writes nil",
    "True": "Lua writes true", "False": "Lua writes false", "len": "Lua writes #x",
    "range": "Lua writes for i = 1, n do", "list": "x:table() makes a table",
  ]
}

extension ForeignNames {
  /// What is meant by an option of another library, where the function has it.
  static func option(_ name: String, known: [String]) -> String? {
    options[name]?.first { known.contains($0) }
  }

  /// A hint behind the message of a Lua error that speaks of a global of another language.
  public static func hint(onMessage message: String) -> String? {
    guard let start = message.firstRange(of: "(global '")?.upperBound,
      let end = message[start...].firstRange(of: "')")?.lowerBound
    else { return nil }
    return globals[String(message[start..<end])]
  }
}
