"""Writes Fashion-MNIST with the owners that Flower's niid_bench draws: python classes_by_numpy.py IMAGES CLASSES SEED OUT.npz

IMAGES is the folder with the four IDX files, CLASSES the number of classes of each of the ten clients. Client i has class i
and others at random; each class is shuffled and divided evenly among the clients that have it. Needs numpy.
"""

import gzip
import sys
from pathlib import Path

import numpy

CLIENTS = 10
images, classes, seed, out = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


def elements(name, header):
    file = next(images.glob(name + "*"))
    content = (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()
    return numpy.frombuffer(content, numpy.uint8, offset=header)


labels = elements("train-labels", 8).astype(numpy.int64)
random = numpy.random.default_rng(seed)
owned = []
for client in range(CLIENTS):
    mine = [client]
    while len(mine) < classes:
        drawn = int(random.choice(10, 1)[0])
        if drawn not in mine:
            mine.append(drawn)
    owned.append(mine)

owners = numpy.empty(len(labels), numpy.int64)
for label in range(10):
    positions = numpy.flatnonzero(labels == label)
    random.shuffle(positions)
    clients = [client for client in range(CLIENTS) if label in owned[client]]
    for client, part in zip(clients, numpy.array_split(positions, len(clients))):
        owners[part] = client

numpy.savez(
    out,
    x_train=elements("train-images", 16).reshape(-1, 28, 28),
    y_train=labels,
    clients_train=owners,
    x_test=elements("t10k-images", 16).reshape(-1, 28, 28),
    y_test=elements("t10k-labels", 8).astype(numpy.int64),
)
