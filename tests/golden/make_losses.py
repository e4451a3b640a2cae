#!/usr/bin/env python3
"""Writes losses.txt beside itself: values and gradients of pytorch-metric-learning's losses in float64, which
tests/losses hold the float64 references to. Needs PyTorch and pytorch-metric-learning; run by hand:

    python3 tests/golden/make_losses.py

A record is the loss as siamese-train takes it; rows, dimensions; labels; embeddings; for losses that may have a
parameter the number of classes, and the parameter if there is one; the value; its gradient by each embedding, and
by the parameter. Losses get embeddings as they are (normalize_embeddings=False), of length 1 up to rounding.

Behind `drawn_` the loss looks at the pairs (i, i + rows / 2) alone, and the first half of the labels says which are
same. After `margin_weights` stands, in place of value and gradients, how likely each row draws each other row.
"""
import pathlib

import numpy as np
import pytorch_metric_learning
import torch
from pytorch_metric_learning import distances, losses, miners, reducers
from pytorch_metric_learning.miners import distance_weighted_miner

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


def half_squares(kind):
    """A reducer of theirs over half the square of each hinge: theirs is linear where Hadsell's is squared."""

    class HalfSquares(kind):
        def reduce_the_loss(self, losses, *rest):
            return super().reduce_the_loss(losses**2 / 2, *rest)

    return HalfSquares()


def contrastive(margin, same_margin=0, hardest=0):
    """Same pairs by their mean; different ones by that of those within the margin, or of the hardest."""
    different = reducers.MeanReducer if hardest else reducers.AvgNonZeroReducer
    reducer = reducers.MultipleReducers(
        {"pos_loss": half_squares(reducers.MeanReducer), "neg_loss": half_squares(different)})
    loss = losses.ContrastiveLoss(same_margin, margin, distance=euclidean(), reducer=reducer)
    if hardest == 1:
        return loss, miners.BatchEasyHardMiner(pos_strategy="all", neg_strategy="hard", distance=euclidean())
    return loss, nearest(hardest) if hardest else None


def nearest(count):
    """Their pairs of a batch, of the different ones the `count` nearest of each row; they have no miner for that."""

    def mine(x, classes):
        distance, same = torch.cdist(x, x), classes[:, None] == classes[None, :]
        rows = torch.arange(len(x))
        first, second = torch.where(same & ~torch.eye(len(x), dtype=torch.bool))
        near = distance.masked_fill(same, torch.inf).topk(count, largest=False).indices
        return first, second, rows.repeat_interleave(count), near.flatten()

    return mine


def drawn(margin, same_margin=0):
    """Each pair once, half of the rows with the other half: the mean over all of them."""

    def mine(x, same):
        pairs = len(x) // 2
        rows, same = torch.arange(pairs), same[:pairs] == 1
        return rows[same], rows[same] + pairs, rows[~same], rows[~same] + pairs

    class Share(reducers.MeanReducer):
        def element_reduction(self, losses, indices, embeddings, _):
            return torch.sum(losses) / (len(embeddings) // 2)

    reducer = half_squares(Share)
    return losses.ContrastiveLoss(same_margin, margin, distance=euclidean(), reducer=reducer), mine


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


def distance_weighted(cutoff, far):
    """Their miner, which insists on bringing to length 1 what has it already."""
    miner = miners.DistanceWeightedMiner(cutoff=cutoff, nonzero_loss_cutoff=far)
    miner.distance.normalize_embeddings = False
    return miner


def margin_drawn(far):
    """Where each row has one different row nearer than `far`, their draws are no chance, and ours are the same."""
    return margin(1.2, False, None)[0], distance_weighted(0.5, far)


def embeddings_without_choice(labels, far):
    for number in range(100000):
        x = embeddings_of(number, labels)
        different = np.not_equal.outer(labels, labels)
        near = np.linalg.norm(x[:, None] - x[None, :], axis=2) < far
        if (np.sum(near & different, axis=1) == 1).all():
            return x
    raise AssertionError("no such batch")


def weights_of(cutoff, far, labels, embeddings):
    """What their miner hands to its draws."""
    kept, miner = [], distance_weighted(cutoff, far)
    draw = distance_weighted_miner.lmu.get_random_triplet_indices
    try:
        distance_weighted_miner.lmu.get_random_triplet_indices = (
            lambda labels, **more: kept.append(more["weights"]) or draw(labels, **more))
        miner(torch.tensor(embeddings), torch.tensor(labels))
    finally:
        distance_weighted_miner.lmu.get_random_triplet_indices = draw
    return kept[0].numpy()


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
    "contrastive": lambda: contrastive(1),
    "contrastive margin=0.75 same_margin=0.5": lambda: contrastive(0.75, 0.5),
    "contrastive margin=1.25 hardest=1": lambda: contrastive(1.25, 0, 1),
    "contrastive margin=1.25 hardest=3 same_margin=0.25": lambda: contrastive(1.25, 0.25, 3),
    "drawn_contrastive": lambda: drawn(1),
    "drawn_contrastive margin=1.5 same_margin=0.75": lambda: drawn(1.5, 0.75),
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


# Draws of theirs that are none: labels, and from where on nothing is drawn.
FORCED = {"margin far=0.75": ([0, 0, 1, 1, 2, 2], 0.75)}
WEIGHTS = {"margin_weights": (0.5, 1.4), "margin_weights cutoff=0.75 far=1.25": (0.75, 1.25)}


def write_batch(file, line, labels, embeddings):
    print(line, file=file)
    write_numbers(file, embeddings.shape, "%d")
    write_numbers(file, labels, "%d")
    write_numbers(file, embeddings, "%.9g")


def write_record(file, line, case, labels, embeddings):
    value, gradient, parameter = run(case, labels, embeddings)
    assert value > 0, line
    write_batch(file, line, labels, embeddings)
    if parameter is not None:
        print(CLASSES, file=file)
        write_numbers(file, parameter[0], "%.9g")
    write_numbers(file, value, "%.14e")
    write_numbers(file, gradient, "%.14e")
    if parameter is not None:
        write_numbers(file, parameter[1], "%.14e")


def write_weights(file):
    for line, limits in WEIGHTS.items():
        for number, labels in enumerate(LABELS.values()):
            embeddings = embeddings_of(number, labels)
            write_batch(file, line, labels, embeddings)
            print(CLASSES, file=file)
            write_numbers(file, weights_of(*limits, labels, embeddings), "%.14e")


def write_numbers(file, numbers, form):
    print(*(form % number for number in np.ravel(numbers)), file=file)


def main():
    path = pathlib.Path(__file__).with_name("losses.txt")
    with path.open("w") as file:
        print(f"# Made by make_losses.py with pytorch-metric-learning {pytorch_metric_learning.__version__} and "
              f"PyTorch {torch.__version__}; it says what this holds.", file=file)
        for line, case in CASES.items():
            for number, labels in enumerate(LABELS.values()):
                if line.startswith("drawn_"):
                    labels = ([1, 0, 0, 1, 0, 1] * 2)[:12]
                write_record(file, line, case, labels, embeddings_of(number, labels))
        for line, (labels, far) in FORCED.items():
            write_record(file, line, lambda far=far: margin_drawn(far), labels, embeddings_without_choice(labels, far))
        write_weights(file)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
