"""Runs FedAvg's IID cell of the Fashion-MNIST table in PyTorch alone: python fedavg_by_pytorch.py IMAGES SEED ROUNDS

IMAGES is the folder with the four IDX files. Prints round, accuracy and the best one. Needs torch and numpy; uses one core.
"""

import gzip
import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from torch import nn

images, seed, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
torch.manual_seed(seed)


def elements(name, header):
    file = next(images.glob(name + "*"))
    content = (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()
    return torch.from_numpy(numpy.frombuffer(content, numpy.uint8, offset=header).copy())


def pixels(name):
    return elements(name, 16).view(-1, 1, 28, 28).float() / 255


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(256, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


x, y = pixels("train-images"), elements("train-labels", 8).long()
test_x, test_y = pixels("t10k-images"), elements("t10k-labels", 8).long()
server, client = Cnn(), Cnn()
shards = torch.randperm(len(y)).chunk(10)
best = 0.0
for number in range(1, rounds + 1):
    total = {name: torch.zeros_like(value) for name, value in server.state_dict().items()}
    for shard in shards:
        client.load_state_dict(server.state_dict())
        optimizer = torch.optim.SGD(client.parameters(), lr=0.01, momentum=0.9, weight_decay=0.00001)
        for _ in range(10):
            for batch in shard[torch.randperm(len(shard))].split(64):
                optimizer.zero_grad()
                F.cross_entropy(client(x[batch]), y[batch]).backward()
                optimizer.step()
        for name, value in client.state_dict().items():
            total[name] += value / len(shards)
    server.load_state_dict(total)
    with torch.no_grad():
        hits = sum((server(a).argmax(1) == b).sum().item() for a, b in zip(test_x.split(1000), test_y.split(1000)))
    best = max(best, hits / len(test_y))
    print(f"{number} {hits / len(test_y):.4f} {best:.4f}", flush=True)
