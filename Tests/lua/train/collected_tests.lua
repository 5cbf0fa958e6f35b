-- A run goes on when Lua has collected the fit and the compiled loss that it came with.
local x = random.stream(1):normal{64, 1}
local function start()
  train.start(nn.score_mlp{sde = sde.vp(), seed = 1}, x, {steps = 6, seed = 1, progress = false,
    loss = grad.compile(function(score, batch)
      return ((batch.sigma:unsqueeze(2) * score(batch.noised, batch.t) + batch.noise)^2):sum(2):mean()
    end)})
end
start()
for i = 1, 3 do collectgarbage() end
train.last:advance(2)
for i = 1, 3 do collectgarbage() end
train.last:finish()
assert(train.last.step == 6)
