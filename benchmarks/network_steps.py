"""The training step of benchmarks/AlgoFactory.Benchmarks network-steps in Python: the same network, batch and optimiser.

    OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 python3 benchmarks/network_steps.py [steps] [threads] [text]    (apt-get install python3-torch)
"""
import sys
import time

import torch
from torch import nn

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
torch.set_num_threads(threads)
torch.manual_seed(1)


def conv(inputs, outputs, side, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False), nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first, self.second = conv(inputs, outputs, 3, stride), conv(outputs, outputs, 3, 1)
        self.shortcut = conv(inputs, outputs, 1, stride) if inputs != outputs or stride > 1 else nn.Identity()

    def forward(self, x):
        return (self.second(self.first(x).relu_()) + self.shortcut(x)).relu_()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv(1, 32, 3, 1)
        self.blocks = nn.Sequential(Block(32, 32, 1), Block(32, 64, 2), Block(64, 128, 2))
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.blocks(nn.functional.max_pool2d(self.stem(x).relu_(), 2)).mean((2, 3)))


class TextBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, bias):
        rows, length, width = x.shape
        q, k, v = self.attention(self.norm1(x)).view(rows, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        shares = (q * (width // self.heads) ** -0.5 @ k.transpose(2, 3) + bias).softmax(3)
        x = x + self.joined((shares @ v).transpose(1, 2).reshape(rows, length, width))
        return x + self.narrow(nn.functional.gelu(self.wide(self.norm2(x))))


class TextNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(4096, 64), nn.Parameter(torch.zeros(128, 64))
        self.blocks, self.norm, self.head = nn.ModuleList(TextBlock(64, 4) for _ in range(2)), nn.LayerNorm(64), nn.Linear(64, 10)

    def forward(self, ids, mask):
        bias = (mask * 1e9 - 1e9)[:, None, None, :]
        x = self.tokens(ids) + self.positions[:ids.shape[1]]
        for block in self.blocks:
            x = block(x, bias)
        share = (mask / mask.sum(1, keepdim=True))[:, None, :]
        return self.head((share @ self.norm(x)).squeeze(1))


text = "text" in sys.argv
net, batch = (TextNet(), 32) if text else (Net(), 64)
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, betas=(0.9, 0.99), weight_decay=0.02)
inputs = torch.randint(0, 4096, (6400, 32)) if text else torch.randint(0, 256, (6400, 28, 28, 1), dtype=torch.uint8)
labels = torch.randint(0, 10, (6400,))
wall, cpu = time.perf_counter(), time.process_time()
order = torch.randperm(6400)
for step in range(steps):
    at = step * batch % 6400
    rows = order[at:at + batch]
    if text:
        scores = net(inputs[rows], torch.ones(batch, 32))
    else:
        x = inputs[rows].float().permute(0, 3, 1, 2) * (1 / 255)
        scores = net(x * (1 / 0.29) - 0.5 / 0.29)
    optimizer.zero_grad(set_to_none=True)
    loss = nn.functional.cross_entropy(scores, labels[rows])
    loss.backward()
    optimizer.step()
    loss.item()
    if (step + 1) % max(1, steps // 10) == 0:
        print(f"{step + 1:7} steps  {1000 * (time.process_time() - cpu) / (step + 1):7.2f} ms of processor time a step, {1000 * (time.perf_counter() - wall) / (step + 1):7.2f} ms on the wall")
