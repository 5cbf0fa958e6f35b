"""JAX jit + fori_loop: the same work as ../probability_flow.lua. The grid, alpha, sigma and their slopes are
made beforehand. What depends on time alone is made once a call of the model, for all samples."""
import math
import time

import jax
import jax.numpy as jnp
import numpy as np

WIDTH, STEPS, COUNT, ROUNDS = 256, 20, 10000, 20
BETA_MIN, BETA_MAX, T_END = 0.1, 20.0, 1e-3


def log_alpha(t):
    return -t * t * (BETA_MAX - BETA_MIN) / 4 - t * BETA_MIN / 2


def log_snr(t):
    return 2 * log_alpha(t) - np.log(-np.expm1(2 * log_alpha(t)))


def time_of(level):
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if log_snr(middle) > level else (low, middle)
    return high


levels = np.linspace(log_snr(1.0), log_snr(T_END), STEPS + 1)
times = np.array([1.0] + [time_of(level) for level in levels[1:-1]] + [T_END])
rate = BETA_MIN + times * (BETA_MAX - BETA_MIN)
grid = {name: jnp.asarray(value, jnp.float32) for name, value in dict(
    t=times, alpha=np.exp(log_alpha(times)), sigma=np.sqrt(-np.expm1(2 * log_alpha(times))),
    rate=rate, level=levels / 2).items()}

keys = jax.random.split(jax.random.PRNGKey(0), 8)
p = dict(
    w1=jax.random.normal(keys[0], (2, WIDTH)), b1=jnp.zeros(WIDTH),
    e=jax.random.normal(keys[1], (4, WIDTH)) * .5,
    w2=jax.random.normal(keys[2], (WIDTH, 2)) / WIDTH,
    b2=jnp.zeros(2), omega=jax.random.normal(keys[3], (2,)) * 30)


def score(p, x, i):
    q = 2 * math.pi * p["omega"] * grid["t"][i]
    h = x @ p["w1"] + (p["b1"] + jnp.concatenate([jnp.sin(q), jnp.cos(q)]) @ p["e"])
    return (jax.nn.silu(h) @ p["w2"] + p["b2"]) / (16 * grid["sigma"][i])


def velocity(p, x, i):
    return -grid["rate"][i] / 2 * (x + score(p, x, i))


@jax.jit
def heun(p, key):
    def step(i, x):
        h = grid["t"][i + 1] - grid["t"][i]
        v = velocity(p, x, i)
        return x + h / 2 * (v + velocity(p, x + h * v, i + 1))

    return jax.lax.fori_loop(0, STEPS, step, jax.random.normal(key, (COUNT, 2)))


@jax.jit
def dpm_solver_pp_2m(p, key):
    def step(i, carry):
        x, before = carry
        alpha, sigma, level = grid["alpha"], grid["sigma"], grid["level"]
        mean = (x + sigma[i] ** 2 * score(p, x, i)) / alpha[i]
        h = level[i + 1] - level[i]
        weight = jnp.where(i > 0, 0.5, 0.0)  # all steps have the same h
        d = mean * (1 + weight) - before * weight
        return sigma[i + 1] / sigma[i] * x - alpha[i + 1] * jnp.expm1(-h) * d, mean

    x = jax.random.normal(key, (COUNT, 2))
    return jax.lax.fori_loop(0, STEPS, step, (x, jnp.zeros_like(x)))[0]


for name, method in (("heun", heun), ("dpm_solver_pp_2m", dpm_solver_pp_2m)):
    method(p, keys[4]).block_until_ready()
    best = math.inf
    for _ in range(ROUNDS):
        start = time.perf_counter()
        method(p, keys[4]).block_until_ready()
        best = min(best, time.perf_counter() - start)
    print(f"{name} {1e3 * best:.5f}")
