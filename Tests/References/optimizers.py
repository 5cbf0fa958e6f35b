"""Trajectories of optimizers and learning rates of schedules by PyTorch, in float64.

run: python3 Tests/References/optimizers.py > Tests/References/optimizers.txt    (needs torch; made with 2.13)

`case name length : numbers`. The function is 1/2 sum a_i x_i^2 with a_i = 0.1 + 0.05 i, from x_i = 1 - 0.07 i, i = 0 ... 36.
"""

import torch

STEPS = 60


def show(case, name, numbers):
    print(case, name, len(numbers), ":", " ".join(f"{float(v):.12g}" for v in numbers))


def trajectory(case, make, schedule=None):
    i = torch.arange(37, dtype=torch.float64)
    a, x = 0.1 + 0.05 * i, torch.nn.Parameter(1 - 0.07 * i)
    rule = make([x])
    rates = schedule(rule) if schedule else None
    for step in range(1, STEPS + 1):
        rule.zero_grad()
        (0.5 * (a * x**2).sum()).backward()
        rule.step()
        if rates:
            rates.step()
        if step in (1, 10, STEPS):
            show(case, f"step_{step}", x.detach())


trajectory(0, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.05))
trajectory(1, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True))
trajectory(2, lambda p: torch.optim.AdamW(p, lr=0.01),
           lambda rule: torch.optim.lr_scheduler.CosineAnnealingLR(rule, 60, 1e-3))
trajectory(3, lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
           lambda rule: torch.optim.lr_scheduler.StepLR(rule, 10, 0.5))


def rates(case, make):
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = make(rule)
    found = []
    for _ in range(STEPS):
        found.append(rule.param_groups[0]["lr"])
        rule.step()
        schedule.step()
    show(case, "rates", found)


module = torch.optim.lr_scheduler
rates(4, lambda rule: module.StepLR(rule, 7, 0.3))
rates(5, lambda rule: module.ExponentialLR(rule, 0.97))
# PyTorch's falls and rises again; here the first half of a period, then its end
rates(6, lambda rule: module.SequentialLR(
    rule, [module.CosineAnnealingLR(rule, 40, 0.01), module.ConstantLR(rule, 0.1, 1000)], [40]))
rates(7, lambda rule: module.SequentialLR(
    rule, [module.LinearLR(rule, 1 / 10, 1, 9), module.CosineAnnealingLR(rule, 50, 0)], [10]))
rates(8, lambda rule: module.LambdaLR(rule, lambda e: min(1, (e + 1) / 8) / max((e + 1) / 20, 1) ** 0.5))
