// Losses and errors by noise level against the Bayes loss, closed forms and themselves.
import Metrics
import Testing

@Suite("Losses and errors by noise level") struct ScoreLossTests {
  @Test(
    "the loss of the exact score is d − σ² E‖∇ ln p_t‖² at each level, within four standard errors",
    arguments: ["sde.vp()", "sde.ve_power{base = 25}", "sde.linear_flow()"])
  func bayesLoss(process: String) throws {
    // The weighting λ = σ² with all its mass at one time: the Bayes loss at narrow times by linearity.
    let worst = try numbers(
      """
      mix = target.gaussian_mixture{means = {-3, 3}, stds = 0.7}
      process = \(process)
      m = mix:model(process)
      r = metric.dsm_loss(m, mix:sample(20000, {seed = 1}), {seed = 2})
      worst = 0
      for k = 1, #r.times do
        local t = r.times[k]:item()
        local p = mix:noised(process, t)
        local sigma = process:sigma(t)
        local x = p:sample(200000, {seed = 3})
        local s = p:score(x):to("float64")
        local squares = sigma^2 * (s^2):sum(2)
        local se = squares:std():item() / 200000^0.5
        local off = r.loss[k]:item() - (1 - squares:mean():item())
        worst = math.max(worst, math.abs(off) / (r.se[k]:item()^2 + se^2)^0.5)
      end
      return worst, #r.times
      """)
    #expect(worst[0] < 4, "\(worst)")
    #expect(worst[1] == 10)
  }

  @Test("its mean over uniform times is dsm_bayes_loss")
  func meanOverTimes() throws {
    let off = try numbers(
      """
      mix = target.gaussian_mixture{means = {-3, 3}}
      process = sde.vp()
      times = {}
      for k = 1, 100 do times[k] = 1e-3 + (1 - 1e-3) * (k - 0.5) / 100 end
      r = metric.dsm_loss(mix:model(process), mix:sample(4000, {seed = 1}), {times = times, seed = 2})
      return (r.loss:mean():item() - metric.dsm_bayes_loss(mix, process))
        / ((r.se^2):sum():item()^0.5 / 100)
      """)
    #expect(abs(off[0]) < 5, "\(off)")
  }

  @Test("the noise of a row depends on seed, level, draw and row alone")
  func commonNoise() throws {
    let text = try results(
      """
      mix = target.gaussian_mixture{means = {-3, 3}}
      m = mix:model(sde.vp())
      x = mix:sample(5000, {seed = 1})
      local function loss(model, points, options)
        options.seed = options.seed or 3
        return metric.dsm_loss(model, points, options)
      end
      -- A score of 0 has the loss |z|², whatever the points are.
      zero = nn.define{name = "zero", dimension = 1, sde = sde.vp(), parameters = {a = tensor.zeros{1}},
        score = function(p, x, t) return x * 0 + p.a end}
      a = loss(zero, x, {times = {0.2, 0.7}})
      b = loss(zero, x * 2 + 1, {times = {0.3, 0.9}})
      c = loss(zero, x, {times = {0.2, 0.7}, seed = 4})
      both = loss(zero, x, {times = {0.2}, draws = 2})
      return a.loss[1]:item() == b.loss[1]:item(), a.loss[2]:item() == b.loss[2]:item(),
        a.loss[1]:item() ~= a.loss[2]:item(), a.loss[1]:item() ~= c.loss[1]:item(),
        math.abs(a.loss[1]:item() - 1) < 4 * a.se[1]:item(), both.se[1]:item() < 0.8 * a.se[1]:item(),
        a.n, both.draws, a.seed
      """)
    #expect(text == ["true", "true", "true", "true", "true", "true", "5000", "2", "3"])
  }

  @Test("the error is 0 for the exact score, and exact for a score that is off by a constant")
  func scoreError() throws {
    let text = try numbers(
      """
      mix = target.gaussian_mixture{means = {{-3, 0}, {3, 1}}}
      exact = mix:model(sde.vp())
      off = nn.define{name = "off", dimension = 2, sde = sde.vp(), parameters = {a = tensor{3, 4}},
        score = function(p, x, t) return exact:score(x, t) + p.a end}
      same = metric.score_error(exact, exact, {points = mix, seed = 1})
      r = metric.score_error(off, exact, {points = mix:sample(50, {seed = 1}), times = {0.2, 0.6}, seed = 1})
      process = sde.vp()
      return same.error:abs():max():item(), r.error[1]:item() / (25 * process:sigma(0.2)^2),
        r.error[2]:item() / (25 * process:sigma(0.6)^2), r.se:max():item(), same.n
      """)
    #expect(text[0] == 0)
    #expect(abs(text[1] - 1) < 1e-4 && abs(text[2] - 1) < 1e-4 && text[3] < 1e-3, "\(text)")
    #expect(text[4] == 1000)
  }

  @Test("the loss above the Bayes loss is the error, with the same points and noise")
  func excess() throws {
    let text = try numbers(
      """
      mix = target.gaussian_mixture{means = {-3, 3}}
      exact = mix:model(sde.vp())
      m = nn.score_mlp{dimension = 1, sde = sde.vp(), seed = 1}
      x = mix:sample(20000, {seed = 1})
      times = {0.1, 0.3, 0.9}
      local a, b = metric.dsm_loss(m, x, {times = times, seed = 2}), metric.dsm_loss(exact, x, {times = times, seed = 2})
      local e = metric.score_error(m, exact, {points = x, times = times, seed = 2})
      local off = ((a.loss - b.loss - e.error) / (a.se + b.se)):abs():max():item()
      return off, a.loss[1]:item() - b.loss[1]:item()
      """)
    #expect(text[0] < 3 && text[1] > 0, "\(text)")
  }

  @Test("pictures too; bad input is told")
  func badInput() throws {
    let two = "mix = target.gaussian_mixture{means = {-3, 3}} m = mix:model(sde.vp()) "
    for (call, error) in [
      (
        "dsm_loss(m, tensor{{1}, {2}}, {times = {2}})",
        "dsm_loss: times must lie from 0 to time_max = 1, got 2"
      ),
      (
        "dsm_loss(m, tensor{{1}, {2}}, {times = {0}})",
        "dsm_loss: times must have noise, got sigma = 0 at t = 0"
      ),
      ("dsm_loss(m, tensor{{1}, {2}}, {times = {}})", "dsm_loss: times must not be empty"),
      ("dsm_loss(m, tensor{{1}})", "dsm_loss: x must hold 2 points or more, got 1"),
      (
        "dsm_loss(m, tensor{{1, 2}, {3, 4}})",
        "dsm_loss: x has shape [2, 2], expected [n d] with d = 1"
      ),
      ("score_error(m, m)", "score_error: points is required"),
      (
        "score_error(m, mix:model(sde.edm()), {points = mix})",
        "score_error: exact must have the diffusion of model"
      ),
    ] {
      #expect(try message(two + "metric." + call).hasPrefix("code:1: metric." + error), "\(call)")
    }
    #expect(
      try numbers(
        """
        e = target.empirical(random.stream(1):normal{5, 2, 3})
        return metric.dsm_loss(e:model(sde.vp()), random.stream(2):normal{8, 2, 3}, {times = {0.5}, seed = 1}).n
        """) == [8])
  }
}
