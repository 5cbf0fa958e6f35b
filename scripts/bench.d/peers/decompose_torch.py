"""PyTorch: eigh or thin svd of an n x n float32 matrix. usage: decompose_torch.py eigh|svd n loops"""
import sys, time, torch
name, n, loops = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
x = torch.randn(n, n)
run = (lambda: torch.linalg.eigh(x + x.T)) if name == "eigh" else (
    lambda: torch.linalg.svd(x, full_matrices=False))
run()
t0 = time.perf_counter()
for i in range(loops): run()
print(f"torch {name}: {(time.perf_counter() - t0) / loops * 1e3:.3f} ms, {torch.get_num_threads()} threads")
