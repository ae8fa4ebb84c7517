#!/usr/bin/env python3
"""Prints what src/quality/distances_test.cc expects: distances between histograms, by SciPy.

usage: quality_distances.py        (needs scipy; the test has the values of SciPy 1.17.1)
"""

import numpy
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

PAIRS = {
    "alike": ([3, 7], [30, 70]),
    "apart": ([5, 0], [0, 9]),
    "three": ([10, 20, 70], [25, 25, 50]),
    "missing": ([120, 45, 0, 15, 8], [100, 60, 12, 0, 9]),
    "skewed": ([1000, 1, 1, 1], [1, 1, 1, 1000]),
}


def stability(before, now):
    """PSI with 0.5 added to every category, as a sum of two relative entropies (Jeffreys' divergence)."""
    p = (numpy.array(before) + 0.5) / (sum(before) + 0.5 * len(before))
    q = (numpy.array(now) + 0.5) / (sum(now) + 0.5 * len(now))
    return float(rel_entr(p, q).sum() + rel_entr(q, p).sum())


def main():
    for name, (a, b) in PAIRS.items():
        print(f"{name:8} js {float(jensenshannon(a, b, base=2)):.15f} psi {stability(a, b):.15f}")


if __name__ == "__main__":
    main()
