"""What check_report.py holds a report against: figures of pairs and pictures with NumPy, SciPy and scikit-learn.

Nothing here knows how the toolkit computes or draws; the bootstrap has random numbers of its own.
"""
import math

import numpy
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

REPETITIONS = 2000  # Of the bootstrap here;
THEIRS = 1000  # and of the one behind the page.
DOUBT = 1e-6  # How often chance alone may put one end of an interval out of its bounds.


class Pairs:
    """Pairs with their distances, nearest first, and the units (classes, groups) that the bootstrap draws."""

    def __init__(self, distance, same, unit_a, unit_b):
        order = numpy.argsort(distance, kind="stable")
        self.distance, self.same = distance[order], numpy.asarray(same, bool)[order]
        self.unit_a, self.unit_b = numpy.asarray(unit_a)[order], numpy.asarray(unit_b)[order]
        self.ends = numpy.flatnonzero(numpy.append(numpy.diff(self.distance) > 0, True))
        self.units = max(self.unit_a.max(), self.unit_b.max()) + 1

    def figures(self, weights, threshold, rates):
        """Rows of accuracy, AUC, equal error rate, TAR at each rate; one for each row of weights."""
        accepted = [numpy.pad(numpy.cumsum(weights * kind, axis=1)[:, self.ends], ((0, 0), (1, 0)))
                    for kind in (self.same, ~self.same)]
        rows = []
        place = numpy.searchsorted(self.distance[self.ends], threshold, side="right")
        for same, different in zip(*accepted):
            tar, far = same / same[-1], different / different[-1]
            gap = 1 - tar - far
            after = int(numpy.argmax(gap <= 0))
            part = gap[after - 1] / (gap[after - 1] - gap[after])
            fits = numpy.searchsorted(different, numpy.asarray(rates) * different[-1] * (1 + 1e-9), side="right") - 1
            right = self.same.sum() * tar[place] + (~self.same).sum() * (1 - far[place])
            rows.append([right / len(self.same), numpy.trapz(tar, far),
                         far[after - 1] + part * (far[after] - far[after - 1]), *tar[fits]])
        return numpy.array(rows)

    def plain(self, threshold, rates):
        return self.figures(numpy.ones((1, len(self.same))), threshold, rates)[0]

    def draws(self, random, count):
        """Weights of `count` repetitions: classes drawn with replacement, a pair as often as both of its."""
        drawn = random.multinomial(self.units, numpy.full(self.units, 1 / self.units), count)
        return drawn[:, self.unit_a] * numpy.where(self.unit_a == self.unit_b, 1, drawn[:, self.unit_b])

    def bootstrap(self, random, threshold, rates):
        return numpy.concatenate([self.figures(self.draws(random, 250), threshold, rates)
                                  for _ in range(REPETITIONS // 250)])

    def by_sklearn(self, weights, rates):
        """AUC and TAR at rates of weighted pairs, as scikit-learn has them."""
        far, tar, _ = roc_curve(self.same, -self.distance, sample_weight=weights, drop_intermediate=False)
        return [roc_auc_score(self.same, -self.distance, sample_weight=weights),
                *[tar[far <= rate * (1 + 1e-9)].max() for rate in rates]]


def bootstrap_ratio(random, parts, wholes):
    """A quotient of sums over units, drawn again."""
    drawn = random.multinomial(len(parts), numpy.full(len(parts), 1 / len(parts)), REPETITIONS)
    return (drawn @ parts) / (drawn @ wholes)


def ends_outside(low, high, repetitions, tolerance):
    """Which ends of an interval cannot be the 2.5 and 97.5 % quantiles of another such bootstrap, of THEIRS.

    How many of our repetitions lie below the k-th of theirs is beta-binomial, whatever the figure; and a quantile
    lies between two neighbours of theirs."""
    wrong = []
    for name, end, share in (("low", low, 0.025), ("high", high, 0.975)):
        before = int(share * (THEIRS - 1)) + 1
        least = stats.betabinom.ppf(DOUBT, len(repetitions), before, THEIRS + 1 - before)
        most = stats.betabinom.isf(DOUBT, len(repetitions), before + 1, THEIRS - before)
        below, up_to = (repetitions < end - tolerance).sum(), (repetitions <= end + tolerance).sum()
        if not (up_to >= least and below <= most):
            wrong.append(f"{name} end {end}: {below} to {up_to} of {len(repetitions)} repetitions lie below, not "
                         f"{least:.0f} to {most:.0f}")
    return wrong


def one_shot_by_class(embeddings, classes, ways):
    """Chance of a right answer in a drawn trial, by the class of the query: a support of its own, and of ways − 1
    other classes a picture each."""
    squares = ((embeddings[:, None] - embeddings[None]) ** 2).sum(axis=2)
    chances = []
    for own in range(classes.max() + 1):
        rest = [numpy.sort(squares[:, classes == other], axis=1) for other in range(classes.max() + 1) if other != own]
        members, right = numpy.flatnonzero(classes == own), []
        for query in members:
            for support in members[members != query]:
                farther = [1 - numpy.searchsorted(row[query], squares[query, support], side="right") / row.shape[1]
                           for row in rest]
                # The mean, over all choices of classes, of the product of their shares.
                sums = numpy.zeros(ways)
                sums[0] = 1
                for share in farther:
                    sums[1:] += share * sums[:-1]
                right.append(sums[ways - 1] / math.comb(len(rest), ways - 1))
        chances.append(numpy.mean(right))
    return numpy.array(chances)


def fit_platt(distance, same):
    """Slope and offset of P(same) = 1 / (1 + exp(slope · d + offset)) by Platt's targets, which are weights of both
    kinds here."""
    high, low = (same.sum() + 1) / (same.sum() + 2), 1 / ((~same).sum() + 2)
    target = numpy.where(same, high, low)
    fit = LogisticRegression(penalty=None, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    fit.fit(numpy.tile(distance, 2)[:, None], numpy.repeat([1, 0], len(same)), numpy.concatenate([target, 1 - target]))
    return -fit.coef_[0, 0], -fit.intercept_[0]


def similarity(calibration, distance):
    return 1 / (1 + numpy.exp(calibration[0] * distance + calibration[1]))


def cross_fitted(pairs, folds):
    """Similarity of each pair by a fit on those without any class of either of its folds, at the mix of all."""
    fold_a, fold_b = pairs.unit_a % folds, pairs.unit_b % folds
    found = numpy.full(len(pairs.same), numpy.nan)
    for first in range(folds):
        for second in range(first, folds):
            outside = ~numpy.isin(fold_a, (first, second)) & ~numpy.isin(fold_b, (first, second))
            inside = (numpy.minimum(fold_a, fold_b) == first) & (numpy.maximum(fold_a, fold_b) == second)
            slope, offset = fit_platt(pairs.distance[outside], pairs.same[outside])
            odds = [kinds.sum() / (~kinds).sum() for kinds in (pairs.same, pairs.same[outside])]
            found[inside] = similarity((slope, offset - math.log(odds[0] / odds[1])), pairs.distance[inside])
    return found


def reliability(probability, same):
    """Fifteen bins of equally many pairs by falling similarity: mean similarity, share of same, Wilson's interval,
    count; and the expected calibration error. Pairs of one similarity share their labels."""
    _, group = numpy.unique(probability, return_inverse=True)
    label = (numpy.bincount(group, same) / numpy.bincount(group))[group]
    order = numpy.argsort(-probability, kind="stable")
    rows, error = [], 0
    for i in range(15):
        chosen = order[i * len(order) // 15:(i + 1) * len(order) // 15]
        share = label[chosen].mean()
        wilson = stats.binomtest(round(share * len(chosen)), len(chosen)).proportion_ci(0.95, "wilson")
        rows.append([probability[chosen].mean(), share, wilson.low, wilson.high, len(chosen)])
        error += abs(probability[chosen].sum() - label[chosen].sum()) / len(order)
    return numpy.array(rows), error
