"""JAX jit + fori_loop: the same work as ../euler_maruyama.lua. What depends on time alone is made once a
step, for all samples. usage: euler_maruyama_jax.py width"""
import math
import sys
import time

import jax
import jax.numpy as jnp

width = int(sys.argv[1])
STEPS, COUNT, ROUNDS, BASE, T_END = 500, 10000, 3, 25.0, 1e-3

keys = jax.random.split(jax.random.PRNGKey(0), 8)
p = dict(
    w1=jax.random.normal(keys[0], (1, width)), b1=jnp.zeros(width),
    e=jax.random.normal(keys[1], (4, width)) * .5, w2=jax.random.normal(keys[2], (width, 1)) / width,
    b2=jnp.zeros(1), omega=jax.random.normal(keys[3], (2,)) * 30)
grid = jnp.linspace(1.0, T_END, STEPS + 1)


def std(t):
    return jnp.sqrt((BASE ** (2 * t) - 1) / 2 / math.log(BASE))


def score(p, x, t):
    q = 2 * math.pi * p["omega"] * t
    h = x @ p["w1"] + (p["b1"] + jnp.concatenate([jnp.sin(q), jnp.cos(q)]) @ p["e"])
    return (jax.nn.silu(h) @ p["w2"] + p["b2"]) / (16 * std(t))


@jax.jit
def sample(p, key):
    def step(i, carry):
        x, key = carry
        t = grid[i]
        dt = t - grid[i + 1]
        g = BASE ** t
        key, part = jax.random.split(key)
        noise = jnp.where(i < STEPS - 1, 1.0, 0.0) * jax.random.normal(part, x.shape)
        return x + g * g * dt * score(p, x, t) + g * jnp.sqrt(dt) * noise, key

    first, key = jax.random.split(key)
    x = std(1.0) * jax.random.normal(first, (COUNT, 1))
    return jax.lax.fori_loop(0, STEPS, step, (x, key))[0]


@jax.jit
def noise(key):
    def draw(i, carry):
        total, key = carry
        key, part = jax.random.split(key)
        return total + jax.random.normal(part, (COUNT, 1)), key

    return jax.lax.fori_loop(0, STEPS, draw, (jnp.zeros((COUNT, 1)), key))[0]


def seconds(body):
    body().block_until_ready()
    best = math.inf
    for _ in range(ROUNDS):
        start = time.perf_counter()
        body().block_until_ready()
        best = min(best, time.perf_counter() - start)
    return best


print(f"s {seconds(lambda: sample(p, keys[4])):.5f}")
print(f"noise {seconds(lambda: noise(keys[4])):.5f}")
