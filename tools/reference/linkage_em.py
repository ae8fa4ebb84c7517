#!/usr/bin/env python3
"""Prints what src/linkage/fellegi_sunter_test.cc expects: a Fellegi-Sunter model by EM, by recordlinkage.

usage: linkage_em.py        (needs recordlinkage; the test has the values of recordlinkage 0.16)

20,000 pairs over three fields of three levels and two of two, drawn from a mixture whose fields are not quite
independent, so that the estimate is not simply what they were drawn from.
"""

import itertools

import numpy
import pandas
import recordlinkage

M = [[0.02, 0.08, 0.90], [0.05, 0.15, 0.80], [0.03, 0.07, 0.90], [0.02, 0.98], [0.30, 0.70]]
U = [[0.85, 0.10, 0.05], [0.80, 0.12, 0.08], [0.90, 0.08, 0.02], [0.50, 0.50], [0.95, 0.05]]
LEVELS = [[0, 2, 3], [0, 2, 3], [0, 2, 3], [0, 3], [0, 3]]


def counts():
    rows = []
    for i, pattern in enumerate(itertools.product(*(range(len(m)) for m in M))):
        match, other = 0.15, 0.85
        for f, level in enumerate(pattern):
            match *= M[f][level]
            other *= U[f][level]
        n = int(20000 * (match + other) * (1 + 0.2 * (i % 5 - 2) / 2))
        if n > 0:
            rows.append((pattern, n))
    return rows


def main():
    rows = counts()
    for pattern, n in rows:
        print("{{" + ", ".join(str(LEVELS[f][level]) for f, level in enumerate(pattern)) + f"}}, {n}}},")
    expanded = [list(pattern) for pattern, n in rows for _ in range(n)]
    features = pandas.DataFrame(expanded, columns=[f"f{i}" for i in range(5)])
    features.index = pandas.MultiIndex.from_arrays([range(len(features)), range(len(features))])
    numpy.random.seed(3)  # the start; the maximum is the same, the sides may be exchanged
    model = recordlinkage.ECMClassifier(init="random", binarize=None, max_iter=100_000, atol=1e-12)
    model.fit(features)
    print("prior", repr(float(model.p)))
    for side, probabilities in (("m", model.m_probs), ("u", model.u_probs)):
        for field, levels in probabilities.items():
            print(side, field, [(int(level), round(float(p), 12)) for level, p in sorted(levels.items())])


if __name__ == "__main__":
    main()
