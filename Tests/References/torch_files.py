"""Files of torch.save in each of their forms, with what they hold and what networks make of them.

run: python3 Tests/References/torch_files.py    (needs torch and numpy; made with torch 2.13)

Writes to Tests/References/torch: files that are read, `values.npz` with their tensors (`file/name`), and
pictures with the output of the networks on them.
"""

import collections
import os
import pathlib

import numpy as np
import torch

import image_networks

torch.set_default_dtype(torch.float32)
torch.manual_seed(1)
folder = pathlib.Path(__file__).parent / "torch"
folder.mkdir(exist_ok=True)
values = {}


def keep(name, tensors):
    for key, tensor in tensors.items():
        tensor = tensor.detach()
        if tensor.dtype in (torch.float16, torch.bfloat16):
            tensor = tensor.float()
        values[f"{name}/{key}"] = tensor.numpy()


def write(name, content, tensors, **options):
    torch.save(content, folder / name, **options)
    keep(name, tensors)


x = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8 - 1
dtypes = {
    "float64": x.double() / 3, "float32": x / 3, "float16": (x / 3).half(), "bfloat16": (x / 3).bfloat16(),
    "int64": (x * 8).long() * 10**12, "int32": (x * 8).int() * 10**7, "int16": (x * 8).short() * 1000,
    "int8": (x * 8).char(), "uint8": (x * 8 + 8).byte(), "bool": x > 0, "scalar": torch.tensor(0.25),
    "empty": torch.zeros(0, 3),
}
write("types.pt", dtypes, dtypes)
write("old_types.pt", dtypes, dtypes, _use_new_zipfile_serialization=False)
write("protocol4.pt", dtypes, dtypes, pickle_protocol=4)
views = {
    "whole": x, "transposed": x.t(), "step": x[::2, 1::2], "row": x[2], "expanded": x[:, :1].expand(4, 5),
    "parameter": torch.nn.Parameter(x[1:3]),
}
write("views.pt", views, views)
write("old_views.pt", views, views, _use_new_zipfile_serialization=False)
write("tensor.pt", x, {"": x})


class Norm(torch.nn.Module):
    """Bias-free norm with the shapes that published denoisers have."""

    def __init__(self, channels):
        super().__init__()
        self.weight = torch.nn.Parameter(1 + 0.1 * torch.randn(1, channels, 1, 1))
        self.register_buffer("running_sd", 1 + 0.1 * torch.rand(1, channels, 1, 1))

    def forward(self, x):
        return x * self.weight / self.running_sd


def denoiser(width=8, depth=4):
    layers = [torch.nn.Conv2d(1, width, 3, padding=1, bias=False)]
    for _ in range(depth - 2):
        layers += [torch.nn.Conv2d(width, width, 3, padding=1, bias=False), Norm(width), torch.nn.ReLU()]
    layers.append(torch.nn.Conv2d(width, 1, 3, padding=1, bias=False))
    return torch.nn.Sequential(*layers).eval()


net = denoiser()
pictures = torch.randn(2, 1, 12, 12)
values["pictures"] = pictures.numpy()


def outputs(name, dtype=None):
    used = denoiser()
    used.load_state_dict({k: v.to(dtype or v.dtype).float() for k, v in net.state_dict().items()})
    values[f"{name}/output"] = used(pictures).detach().numpy()


state = net.state_dict()
torch.save(state, folder / "denoiser.pt")
torch.save(state, folder / "denoiser_old.pth", _use_new_zipfile_serialization=False)
torch.save({k: v.half() for k, v in state.items()}, folder / "denoiser_half.pt")
torch.save({k: v.bfloat16() for k, v in state.items()}, folder / "denoiser_bfloat16.pt")
torch.save(torch.nn.DataParallel(net).state_dict(), folder / "denoiser_parallel.pt")
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
net(pictures).square().sum().backward()
optimizer.step()
optimizer.zero_grad()
outputs("denoiser_checkpoint.pt")
torch.save(
    {"epoch": 3, "model": net.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.5},
    folder / "denoiser_checkpoint.pt")
net.load_state_dict(torch.load(folder / "denoiser.pt"))
for name in ("denoiser.pt", "denoiser_old.pth", "denoiser_parallel.pt"):
    outputs(name)
outputs("denoiser_half.pt", torch.float16)
outputs("denoiser_bfloat16.pt", torch.bfloat16)

plain = torch.nn.Sequential(
    torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.BatchNorm2d(6), torch.nn.ReLU(),
    torch.nn.ConvTranspose2d(6, 1, 3, padding=1))
for _ in range(3):
    plain(pictures)
plain.eval()
values["plain.pt/output"] = plain(pictures).detach().numpy()
torch.save(plain.state_dict(), folder / "plain.pt")


net = image_networks.UNet(2, 4).float()
image_networks.fill(net)
net = net.float().train()
large = torch.randn(2, 1, 16, 16)
for module in net.modules():
    if isinstance(module, image_networks.BiasFreeNorm):
        module.sd = module.sd.float()
for _ in range(3):
    net(large)
net.eval()
state = net.state_dict()
for name, module in net.named_modules():
    if isinstance(module, image_networks.BiasFreeNorm):
        state[f"{name}.running_sd"] = module.sd
values["large"] = large.numpy()
values["unet.pt/output"] = net(large).detach().numpy()
torch.save(state, folder / "unet.pt")


class Call:
    def __reduce__(self):
        return (os.system, ("echo this must not run > ran",))


torch.save({"weight": x, "call": Call()}, folder / "malicious.pt")
torch.save({"call": Call()}, folder / "malicious_old.pt", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), folder / "module.pt")
np.savez(folder / "values.npz", **values)
print(sum(f.stat().st_size for f in folder.iterdir()), "bytes")
