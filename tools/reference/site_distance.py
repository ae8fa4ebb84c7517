#!/usr/bin/env python3
"""Prints what tests/golden/site_distance_test.cc expects: the distance of each site's
counts to all sites' counts, by SciPy, after the cells that are small in either are put together.

usage: site_distance.py        (needs scipy; the test has the values of SciPy 1.17.1)
"""

import numpy
from scipy.spatial.distance import jensenshannon

MINIMUM = 10
SITES = {  # persons at stage I, II, III, IV, and without one
    "north": [120, 45, 0, 15, 8],
    "south": [100, 60, 12, 0, 9],
    "west": [20, 30, 140, 25, 11],
    "small": [3, 2, 0, 1, 1],
}


def main():
    counts = numpy.array(list(SITES.values()), dtype=float)
    everybody = counts.sum(axis=0)
    for name, own in zip(SITES, counts):
        if own.sum() < MINIMUM:
            print(f"{name:6} tells nothing")
            continue
        small = (own < MINIMUM) | (everybody < MINIMUM)
        merged = [numpy.append(c[~small], c[small].sum()) for c in (own, everybody)]
        print(f"{name:6} {float(jensenshannon(*merged, base=2)):.15f}")


if __name__ == "__main__":
    main()
