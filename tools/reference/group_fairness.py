#!/usr/bin/env python3
"""Makes tests/golden/group_fairness.json: rates by race of MASS::birthwt's low birth weights under a
badly calibrated score, counted row by row.

usage: group_fairness.py        (from the root of the repository; needs only Python)

The rows are those of tests/golden/glm.json ("birthwt"), the score that of tests/golden/evaluation.json
("distorted"). Wilson's limits are found as the roots of (p - k/n)^2 = z^2 p (1 - p) / n by bisection,
so that they do not rest on the closed form.
"""

import json
import math
import statistics

THRESHOLD = 0.2
Z = statistics.NormalDist().inv_cdf(0.975)


def wilson(k, n):
    share = k / n

    def root(low, high):  # beyond share, the normal distance grows with the distance
        inside = share
        outside = low if low < share else high
        for _ in range(200):
            middle = (inside + outside) / 2
            if (middle - share) ** 2 <= Z * Z * middle * (1 - middle) / n:
                inside = middle
            else:
                outside = middle
        return inside

    return [root(0, share) if k > 0 else 0.0, root(share, 1) if k < n else 1.0]


def rate(rows, of):
    n, k = len(rows), sum(1 for row in rows if of(row))
    return {"n": n, "value": k / n, "limits": wilson(k, n)}


def group_of(rows):
    yes = [r for r in rows if r["low"]]
    no = [r for r in rows if not r["low"]]
    selected = lambda r: r["p"] >= THRESHOLD
    expected = math.fsum(r["p"] for r in rows)
    error = Z * math.sqrt((1 - len(yes) / len(rows)) / len(yes))
    ratio = len(yes) / expected
    return {
        "outcome": rate(rows, lambda r: r["low"]),
        "selected": rate(rows, selected),
        "true_positives": rate(yes, selected),
        "false_positives": rate(no, selected),
        "predicted": expected / len(rows),
        "ratio": [ratio, math.exp(math.log(ratio) - error), math.exp(math.log(ratio) + error)],
    }


def main():
    with open("tests/golden/glm.json", encoding="utf-8") as file:
        birthwt = json.load(file)["datasets"]["birthwt"]
    with open("tests/golden/evaluation.json", encoding="utf-8") as file:
        scores = json.load(file)
    columns = {column["name"]: column["values"] for column in birthwt}
    race, low = columns["race"], columns["low"]
    assert [float(x) for x in low] == [float(x) for x in scores["outcome"]]
    rows = [{"race": str(int(r)), "low": float(y) == 1, "p": p}
            for r, y, p in zip(race, low, scores["distorted"])]
    groups = {name: group_of([r for r in rows if r["race"] == name])
              for name in sorted({r["race"] for r in rows})}
    gaps = {}
    for name in ("selected", "true_positives", "false_positives"):
        values = {group: g[name]["value"] for group, g in groups.items()}
        lowest, highest = min(values, key=values.get), max(values, key=values.get)
        gaps[name] = {"lowest": lowest, "highest": highest,
                      "difference": values[highest] - values[lowest],
                      "ratio": values[lowest] / values[highest]}
    with open("tests/golden/group_fairness.json", "w", encoding="utf-8") as out:
        json.dump({"made_by": "tools/reference/group_fairness.py", "threshold": THRESHOLD,
                   "groups": groups, "gaps": gaps}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
