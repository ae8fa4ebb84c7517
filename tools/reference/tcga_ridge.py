"""Chooses the ridge penalty of a Cox model on FLamby's TCGA-BRCA training rows, and checks it on the test rows.

    python3 tools/reference/tcga_ridge.py FOLDER      (with brca.csv and train_test_split.csv)

Covariates are divided by the training rows' standard deviation. theta is the penalty of
loglik - theta / 2 * sum of squared coefficients, Efron ties, as survival/cox with `ridge` and `standardise`.
It is chosen by cross-validation on training rows alone: 10 folds, 5 shuffles, Harrell's C of the left-out fold.
The test rows are read once, after the choice. Needs numpy and pandas.
"""

import sys

import numpy as np
import pandas as pd

THETAS = [1, 2, 5, 10, 20, 30, 50, 70, 100, 150, 200, 300, 500, 1000]


def efron(x, time, event, beta):
    """Log-likelihood, gradient and information."""
    order = np.argsort(-time, kind="stable")
    x, time, event = x[order], time[order], event[order]
    w = np.exp(x @ beta)
    p = x.shape[1]
    s0, s1, s2 = 0.0, np.zeros(p), np.zeros((p, p))
    ll, u, info = 0.0, np.zeros(p), np.zeros((p, p))
    i, n = 0, len(time)
    while i < n:
        j = i
        while j < n and time[j] == time[i]:
            j += 1
        block = slice(i, j)
        s0 += w[block].sum()
        s1 += w[block] @ x[block]
        s2 += (x[block] * w[block, None]).T @ x[block]
        dead = np.flatnonzero(event[block]) + i
        d = len(dead)
        if d:
            t0, t1 = w[dead].sum(), w[dead] @ x[dead]
            t2 = (x[dead] * w[dead, None]).T @ x[dead]
            ll += (x[dead] @ beta).sum()
            u += x[dead].sum(axis=0)
            for k in range(d):
                r0, r1, r2 = s0 - k / d * t0, s1 - k / d * t1, s2 - k / d * t2
                ll -= np.log(r0)
                u -= r1 / r0
                info += r2 / r0 - np.outer(r1, r1) / r0**2
        i = j
    return ll, u, info


def fit(x, time, event, theta):
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        _, u, info = efron(x, time, event, beta)
        step = np.linalg.solve(info + theta * np.eye(len(beta)), u - theta * beta)
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    return beta


def c_index(score, time, event):
    good = known = 0.0
    for i in np.flatnonzero(event):
        later = (time > time[i]) | ((time == time[i]) & (event == 0))
        good += (score[later] < score[i]).sum() + 0.5 * (score[later] == score[i]).sum()
        known += later.sum()
    return good / known


def standardise(train, other):
    centre, sd = train.mean(axis=0), train.std(axis=0, ddof=1)
    sd[sd == 0] = 1
    return (train - centre) / sd, (other - centre) / sd


def cross_validated(x, time, event, theta, folds=10, shuffles=5):
    found = []
    for seed in range(shuffles):
        fold = np.random.default_rng(seed).permutation(len(time)) % folds
        for k in range(folds):
            inside = fold != k
            a, b = standardise(x[inside], x[~inside])
            beta = fit(a, time[inside], event[inside], theta)
            found.append(c_index(b @ beta, time[~inside], event[~inside]))
    return float(np.mean(found))


def main():
    folder = sys.argv[1]
    rows = pd.read_csv(f"{folder}/brca.csv").merge(pd.read_csv(f"{folder}/train_test_split.csv"), on="pid")
    names = [c for c in rows.columns if c not in ("pid", "E", "T", "fold", "fold2")]
    train, test = rows[rows.fold == "train"], rows[rows.fold == "test"]
    part = lambda d: (d[names].to_numpy(float), d["T"].to_numpy(float), d["E"].to_numpy(int))
    x, time, event = part(train)
    print(f"{len(train)} training rows with {event.sum()} events, {len(names)} covariates")
    best = max((cross_validated(x, time, event, theta), theta) for theta in THETAS)
    for theta in THETAS:
        print(f"theta {theta}: cross-validated C {cross_validated(x, time, event, theta):.4f}")
    theta = best[1]
    x2, time2, event2 = part(test)
    a, b = standardise(x, x2)
    print(f"chosen theta {theta}: test C {c_index(b @ fit(a, time, event, theta), time2, event2):.4f}")


if __name__ == "__main__":
    main()
