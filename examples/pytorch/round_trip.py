"""Takes models from PyTorch to BlazeFL4J and back, and compares every bit: python round_trip.py BLAZEFL4J FOLDER

BLAZEFL4J is the built command, target/dist/bin/blazefl4j; FOLDER a new folder. Needs torch, numpy and safetensors.
"""

import csv
import gzip
import struct
import subprocess
import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

blazefl4j = Path(sys.argv[1]).absolute()
folder = Path(sys.argv[2])
images = Path(__file__).parents[2] / "src/main/resources/org/blazefl4j/data/fashion-mnist"


class Cnn(nn.Module):
    """The network of --model-name cnn, for images of 1x28x28 pixels."""

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


def run(*args):
    print("$ blazefl4j", *args)
    done = subprocess.run([blazefl4j, *args], cwd=folder, text=True, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def load(name):
    path = folder / name
    return load_file(path) if name.endswith(".safetensors") else torch.load(path, weights_only=True)


def equal(first, second):
    """Whether both have the same names, types, shapes and bits."""
    assert set(first) == set(second), (set(first), set(second))
    for name, tensor in first.items():
        other = second[name]
        assert (tensor.dtype, tensor.shape) == (other.dtype, other.shape), name
        raw = [each.contiguous().flatten().view(torch.uint8) for each in (tensor, other)]
        assert torch.equal(*raw), name
    return f"{len(first)} tensors, {sum(each.numel() for each in first.values())} numbers, all bits equal"


def read(name):
    data = gzip.decompress((images / name).read_bytes())
    dimensions = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).copy()).view(dimensions)


def accuracy(model):
    """The share of test images that a model gets right; pixels as --pixels normalised."""
    train = read("train-images-idx3-ubyte.gz").double() / 255
    test = read("t10k-images-idx3-ubyte.gz").double() / 255
    x = ((test - train.mean()) / train.std(correction=0)).float().unsqueeze(1)
    labels = read("t10k-labels-idx1-ubyte.gz")
    with torch.no_grad():
        return (model.eval()(x).argmax(1) == labels).double().mean().item()


folder.mkdir(parents=True)
print("PyTorch", torch.__version__)

# From PyTorch, through BlazeFL4J, to PyTorch
torch.manual_seed(1)
cnn = Cnn()
torch.save(cnn.state_dict(), folder / "cnn.pt")
save_file(cnn.state_dict(), folder / "cnn.safetensors")
for source, target in ("cnn.pt", "a.safetensors"), ("cnn.safetensors", "b.pt"), ("b.pt", "c.pt"):
    run("export", source, target)
    print(" ", equal(cnn.state_dict(), load(target)))

# A run that begins with PyTorch's parameters; PyTorch evaluates what it has learnt
run("run", "--initial-model", "cnn.pt", "--global-round", "3", "--sample-ratio", "0.2", "--output", "runs/cnn")
run("export", "runs/cnn", "trained.pt")
trained = Cnn()
print(" ", trained.load_state_dict(load("trained.pt")))
with open(folder / "runs/cnn/metrics.csv") as rows:
    recorded = float(list(csv.DictReader(rows))[-1]["accuracy"])
print("  accuracy by BlazeFL4J", recorded, "by PyTorch", accuracy(trained))
assert abs(recorded - accuracy(trained)) < 0.002  # a tie may be rounded either way

# The network itself, trained as it is
torch.jit.script(cnn).save(folder / "cnn.ts")
run("run", "--model-file", "cnn.ts", "--global-round", "3", "--sample-ratio", "0.2", "--output", "runs/script")
run("export", "runs/script", "script.pt")
script = Cnn()
print(" ", script.load_state_dict(load("script.pt")))
with open(folder / "runs/script/metrics.csv") as rows:
    recorded = float(list(csv.DictReader(rows))[-1]["accuracy"])
print("  accuracy by BlazeFL4J", recorded, "by PyTorch", accuracy(script))
assert abs(recorded - accuracy(script)) < 0.002  # a tie may be rounded either way

# A network with buffers: running means, and counters of 64 bits
run("run", "--model-name", "resnet18", "--global-round", "1", "--sample-ratio", "0.01", "--epochs", "1", "--output",
    "runs/resnet")
run("export", "runs/resnet", "resnet.pt")
run("export", "runs/resnet", "resnet.safetensors")
print(" ", equal(load("resnet.pt"), load("resnet.safetensors")))
print("  a buffer: bn1.num_batches_tracked", load("resnet.pt")["bn1.num_batches_tracked"])
torch.save(load("resnet.pt"), folder / "again.pt")
save_file(load("resnet.pt"), folder / "again.safetensors")
for source, target in ("again.pt", "from-pt.safetensors"), ("again.safetensors", "from-safetensors.pt"):
    run("export", source, target)
    print(" ", equal(load("resnet.pt"), load(target)))
print("  mapped into memory:", equal(load("resnet.pt"), torch.load(folder / "resnet.pt", weights_only=True, mmap=True)))
