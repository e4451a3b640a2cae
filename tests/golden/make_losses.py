#!/usr/bin/env python3
"""Writes losses.txt beside itself: values and gradients of pytorch-metric-learning's losses in float64, which
tests/losses hold the float64 references to. Needs PyTorch and pytorch-metric-learning; run by hand:

    python3 tests/golden/make_losses.py

A record is the loss as siamese-train takes it; rows, dimensions; labels; embeddings; for losses that may have a
parameter the number of classes, and the parameter if there is one; the value; its gradient by each embedding, and
by the parameter. Losses get embeddings as they are (normalize_embeddings=False), of length 1 up to rounding.
"""
import pathlib

import numpy as np
import pytorch_metric_learning
import torch
from pytorch_metric_learning import distances, losses, miners

from make_golden import spread

DIMENSIONS = 5
CLASSES = 6  # One or two more than a batch has.
LABELS = {"balanced": [0, 1, 2, 3] * 3, "ragged": [0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 4]}


def embeddings_of(number, labels):
    """Classes that overlap: a centre for each, noise around it, brought to length 1, exact in float32."""
    centres = spread(2 * number, (max(labels) + 1) * DIMENSIONS).reshape(-1, DIMENSIONS)
    noise = spread(2 * number + 1, len(labels) * DIMENSIONS).reshape(-1, DIMENSIONS)
    rows = centres[labels] + 0.7 * noise
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)


def euclidean():
    return distances.LpDistance(normalize_embeddings=False)


def triplet(mining, margin):
    loss = losses.TripletMarginLoss(margin=margin, distance=euclidean())
    if mining == "all":
        return loss, None
    if mining == "hardest":
        return loss, miners.BatchHardMiner(distance=euclidean())
    return loss, miners.TripletMarginMiner(margin=margin, type_of_triplets="semihard", distance=euclidean())


def cosine():
    """Their cosine, which some losses insist on, of what has length 1 already."""
    distance = distances.CosineSimilarity()
    distance.normalize_embeddings = False
    return distance


def multi_similarity(alpha, beta, base, epsilon):
    loss = losses.MultiSimilarityLoss(alpha=alpha, beta=beta, base=base, distance=cosine())
    return loss, miners.MultiSimilarityMiner(epsilon=epsilon, distance=cosine())


def circle(margin, gamma):
    loss = losses.CircleLoss(m=margin, gamma=gamma, distance=cosine())
    # PyTorch's own leaves log(1 + exp(-x)) out from x = 20 on.
    loss.soft_plus = torch.nn.Softplus(beta=1, threshold=700)
    return loss, None


def margin(beta, learn, classes):
    loss = losses.MarginLoss(margin=0.2, beta=beta, learn_beta=learn, num_classes=classes, distance=euclidean())
    # Theirs begin in float32. Boundaries of their own for each class lie apart, to tell them from one another.
    if learn:
        apart = (beta + 0.01 * torch.arange(len(loss.beta))).float().double()
        loss.beta = torch.nn.Parameter(apart)
    else:
        loss.beta = torch.full_like(loss.beta, beta, dtype=torch.float64)
    return loss, None


class CosineOfProxies(distances.CosineSimilarity):
    """Brings the proxies to length 1 and leaves the embeddings as they are."""

    def compute_mat(self, query, proxies):
        return torch.matmul(query, torch.nn.functional.normalize(proxies).t())


def with_proxies(loss, name, number):
    """The loss with proxies of its own, which its parameter `name` holds as columns or rows."""
    shape = (CLASSES, DIMENSIONS)
    proxies = spread(100 + number, CLASSES * DIMENSIONS).reshape(shape).astype(np.float32).astype(np.float64)
    proxies = torch.tensor(proxies.T.copy() if name == "W" else proxies)
    setattr(loss, name, torch.nn.Parameter(proxies))
    loss.distance = CosineOfProxies()
    loss.distance.normalize_embeddings = False
    return loss, None


def proxy_anchor(margin, alpha):
    return with_proxies(losses.ProxyAnchorLoss(CLASSES, DIMENSIONS, margin=margin, alpha=alpha), "proxies", 1)


def arcface(margin, scale):
    loss = losses.ArcFaceLoss(CLASSES, DIMENSIONS, margin=np.degrees(margin), scale=scale)
    return with_proxies(loss, "W", 2)


def cosface(margin, scale):
    return with_proxies(losses.CosFaceLoss(CLASSES, DIMENSIONS, margin=margin, scale=scale), "W", 3)


# The lines of our losses, and theirs: a loss and a miner.
CASES = {
    "triplet all margin=0.2": lambda: triplet("all", 0.2),
    "triplet semi_hard margin=0.2": lambda: triplet("semi_hard", 0.2),
    "triplet hardest margin=0.2": lambda: triplet("hardest", 0.2),
    "nt_xent temperature=0.1": lambda: (losses.NTXentLoss(0.1, distance=cosine()), None),
    "nt_xent temperature=0.5": lambda: (losses.NTXentLoss(0.5, distance=cosine()), None),
    "supervised_contrastive temperature=0.1": lambda: (losses.SupConLoss(0.1, distance=cosine()), None),
    "supervised_contrastive temperature=0.5": lambda: (losses.SupConLoss(0.5, distance=cosine()), None),
    "multi_similarity": lambda: multi_similarity(2, 50, 0.5, 0.1),
    "multi_similarity alpha=3 beta=10 base=0.25 epsilon=0.5": lambda: multi_similarity(3, 10, 0.25, 0.5),
    "circle": lambda: circle(0.4, 80),
    "circle margin=0.25 gamma=4": lambda: circle(0.25, 4),
    "margin all": lambda: margin(1.2, False, None),
    "margin all beta=0.9 learn=one": lambda: margin(0.9, True, None),
    "margin all beta=1 learn=class": lambda: margin(1, True, CLASSES),
    "proxy_anchor": lambda: proxy_anchor(0.1, 32),
    "proxy_anchor margin=0.3 alpha=4": lambda: proxy_anchor(0.3, 4),
    "arcface": lambda: arcface(0.5, 64),
    "arcface margin=1 scale=8": lambda: arcface(1, 8),
    "cosface": lambda: cosface(0.35, 64),
    "cosface margin=0.1 scale=8": lambda: cosface(0.1, 8),
}


def run(case, labels, embeddings):
    loss, miner = case()
    x = torch.tensor(embeddings, dtype=torch.float64, requires_grad=True)
    classes = torch.tensor(labels)
    value = loss(x, classes, miner(x.detach(), classes) if miner is not None else None)
    value.backward()
    return value.item(), x.grad.numpy(), parameter_of(loss)


MAY_HAVE_PARAMETERS = (losses.MarginLoss, losses.ProxyAnchorLoss, losses.ArcFaceLoss, losses.CosFaceLoss)


def parameter_of(loss):
    """None, or the parameter and its gradient [classes, dimensions]: empty ones where there is none."""
    if not isinstance(loss, MAY_HAVE_PARAMETERS):
        return None
    for name, parameter in loss.named_parameters():
        values, gradient = parameter.detach().numpy(), parameter.grad.numpy()
        return (values.T, gradient.T) if name == "W" else (values, gradient)
    return np.array([]), np.array([])


def write_numbers(file, numbers, form):
    print(*(form % number for number in np.ravel(numbers)), file=file)


def main():
    path = pathlib.Path(__file__).with_name("losses.txt")
    with path.open("w") as file:
        print(f"# Made by make_losses.py with pytorch-metric-learning {pytorch_metric_learning.__version__} and "
              f"PyTorch {torch.__version__}; it says what this holds.", file=file)
        for line, case in CASES.items():
            for number, (name, labels) in enumerate(LABELS.items()):
                embeddings = embeddings_of(number, labels)
                value, gradient, parameter = run(case, labels, embeddings)
                assert value > 0, (line, name)
                print(line, file=file)
                write_numbers(file, embeddings.shape, "%d")
                write_numbers(file, labels, "%d")
                write_numbers(file, embeddings, "%.9g")
                if parameter is not None:
                    print(CLASSES, file=file)
                    write_numbers(file, parameter[0], "%.9g")
                write_numbers(file, value, "%.14e")
                write_numbers(file, gradient, "%.14e")
                if parameter is not None:
                    write_numbers(file, parameter[1], "%.14e")
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
