"""PyTorch: a + b on 32x16 float32 tensors in a Python loop. usage: tensor_add_torch.py [loops]"""
import sys, time, torch
loops = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
torch.set_num_threads(1)
a, b = torch.randn(32, 16), torch.randn(32, 16)
for i in range(loops // 10): c = a + b
t0 = time.perf_counter()
for i in range(loops): c = a + b
print(f"torch add: {(time.perf_counter() - t0) / loops * 1e6:.3f} us")
