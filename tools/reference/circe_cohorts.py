#!/usr/bin/env python3
"""Reference rows of OHDSI Circe cohorts, made with OHDSI's own SQL.

duckcdm (PyPI, Apache-2.0) carries circe-be's SQL templates and SqlRender; its output is compared by
its author with the Java originals. Needs: pip install duckcdm==0.4.7 duckdb.

    circe_cohorts.py cdm FOLDER                      a small made-up CDM (seeded), as CSV files
    circe_cohorts.py vocabulary FOLDER               a made-up vocabulary for the CDM in a folder that has none
    circe_cohorts.py define N SEED FOLDER > CASES    random definitions of every kind, about the rows of FOLDER
    circe_cohorts.py each SEED FOLDER > CASES        a small one for every filter of every domain
    circe_cohorts.py library N SEED FOLDER [SHARE] > CASES   in the OHDSI Phenotype Library's mix; SHARE: of those
                                                     about concepts that FOLDER has, 0.12 if not told
    circe_cohorts.py twist SEED < CASES    the same, written in the odd ways that Circe's reader takes
    circe_cohorts.py expect FOLDER < CASES           the same, with the rows that Circe's SQL gives
    circe_cohorts.py as-is FOLDER < CASES            the same, ties left to the database
    circe_cohorts.py pick N BYTES < CASES            N that use as much as so many can, none longer than so many
                                                     bytes, at most a quarter of them without rows

A case is a line of JSON: {"id": 1, "expression": {...}, "rows": ["person,start,end", ...]}.

Circe leaves the order of events of one day open (row_number() over a date alone). Essaim fixes it by
the event's id; `expect` adds the same tie-breaks to Circe's SQL, and changes nothing else.
"""
import csv
import functools
import json
import os
import random
import sys
import time

import circe_cdm
import circe_definitions
from circe_values import Cached

MORE = (", E.start_date, E.end_date, OP.observation_period_start_date, OP.observation_period_end_date, "
        "COALESCE(E.visit_occurrence_id, 0)")


def fix_ties(sql):
    for way in ("ASC", "DESC"):
        sql = sql.replace(f"ORDER BY E.sort_date {way}, E.event_id)", f"ORDER BY E.sort_date {way}, E.event_id{MORE})")
        sql = sql.replace(f"order by pe.start_date {way})", f"order by pe.start_date {way}, pe.event_id)")
        sql = sql.replace(f"order by start_date {way}) as ordinal", f"order by start_date {way}, event_id) as ordinal")
    for period in ("op.observation_period", "ppp.payer_plan_period"):
        sql = sql.replace(f"ORDER BY {period}_start_date) as ordinal",
                          f"ORDER BY {period}_start_date, {period}_id) as ordinal")
    return sql


def load(folder):
    """A DuckDB with every table of CDM 5.4, filled from the folder's CSV files."""
    import duckdb
    here = os.path.dirname(os.path.abspath(__file__))
    fields = os.path.join(here, "../../data/ohdsi/cdm/OMOP_CDMv5.4_Field_Level.csv")
    tables = {}
    with open(fields, newline="", encoding="utf-8-sig") as f:
        for row in csv.DictReader(f):
            tables.setdefault(row["cdmTableName"].lower(), {})[row["cdmFieldName"].lower().strip('"')] = \
                row["cdmDatatype"].lower()
    kinds = {"integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "float": "DOUBLE"}
    con = duckdb.connect()
    for table, columns in tables.items():
        con.execute(f"CREATE TABLE {table} (" + ", ".join(f'"{n}" {kinds.get(t, "VARCHAR")}'
                                                          for n, t in columns.items()) + ")")
    for name in sorted(os.listdir(folder)):
        table, end = os.path.splitext(name.lower())
        path = os.path.join(folder, name)
        if end != ".csv" or table not in tables or os.path.getsize(path) == 0:
            continue
        with open(path, newline="", encoding="utf-8-sig") as f:
            header = [h.lower() for h in next(csv.reader(f))]
        kept = {h: kinds.get(tables[table][h], "VARCHAR") for h in header if h in tables[table]}
        casts = ", ".join(f'CAST(CAST("{h}" AS TIMESTAMP) AS DATE)' if kind == "DATE" else f'CAST("{h}" AS {kind})'
                          for h, kind in kept.items())
        names = ", ".join(f'"{h}"' for h in kept)
        con.execute(f"INSERT INTO {table} ({names}) SELECT {casts} FROM "
                    f"read_csv('{path}', header=true, all_varchar=true, nullstr='', names={header})")
    return con


def expect(folder, lines, fix=fix_ties):
    import duckdb
    from duckcdm.circe import build_cohort_query
    from duckcdm.sqlrender import render, split_sql, translate
    con = load(folder)
    spent = 0.0
    for line in lines:
        case = json.loads(line)
        case.pop("rows", None)
        start = time.time()
        try:
            sql = build_cohort_query(json.dumps(case["expression"]), cdm_schema="main", target_table="main.cohort",
                                     cohort_id=case["id"])
            sql = translate(render(fix(sql)), "duckdb")
            start = time.time()
            con.execute("BEGIN")
            for statement in split_sql(sql):
                con.execute(statement)
            con.execute("COMMIT")
        except (duckdb.Error, RuntimeError) as error:   # Circe does not run it itself: no reference
            if isinstance(error, duckdb.Error):
                con.execute("ROLLBACK")
            print(f"left out {case['id']}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        spent += time.time() - start
        rows = con.execute("SELECT subject_id, cohort_start_date, cohort_end_date FROM cohort WHERE "
                           f"cohort_definition_id = {case['id']} ORDER BY 1, 2, 3").fetchall()
        case["rows"] = [f"{p},{a},{b}" for p, a, b in rows]
        tell(case)
    print(f"{spent:.2f} s in Circe's SQL", file=sys.stderr)


def tell(case):
    print(json.dumps(case, separators=(",", ":")))


def define(n, seed, folder, make):
    values = Cached(folder)
    for i in range(n):
        tell({"id": i + 1, "expression": make(random.Random(seed * 1_000_000 + i), values)})


def twist(seed, lines):
    for case in map(json.loads, lines):
        r = random.Random(seed * 1_000_000 + case["id"])
        tell({"id": case["id"], "expression": circe_definitions.twist(r, case["expression"])})


def features(value, kind=""):
    """What a definition uses: keys by domain, and the words they hold."""
    if isinstance(value, list):
        return set().union(*(features(v, kind) for v in value))
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        found.add(f"{kind}.{key}" + (f"={inner}" if key in ("Type", "Op", "CountColumn", "StartWith") else ""))
        found |= features(inner, key if key in circe_definitions.KINDS else kind if isinstance(inner, dict) else "")
    return found


def pick(n, size, lines):
    """First what has something that none of those picked has, then fewer than three, then as they come."""
    cases = [(line, json.loads(line)) for line in lines if len(line) <= size]
    picked, seen, n_empty = set(), {}, 0
    for enough in (1, 3, len(cases)):
        for i, (_, case) in enumerate(cases):
            found = features(case["expression"])
            empty = not case["rows"]
            if i in picked or len(picked) == n or (empty and n_empty >= n // 4):
                continue
            if all(seen.get(f, 0) >= enough for f in found):
                continue
            picked.add(i)
            n_empty += empty
            for f in found:
                seen[f] = seen.get(f, 0) + 1
    for i in sorted(picked):
        print(cases[i][0], end="")


def main():
    command, given = (sys.argv + [""])[1], sys.argv[2:]
    if command == "cdm":
        circe_cdm.make_cdm(*given)
    elif command == "vocabulary":
        circe_cdm.invent_vocabulary(*given)
    elif command == "define":
        define(int(given[0]), int(given[1]), given[2], lambda r, values: circe_definitions.Maker(r, values).definition())
    elif command == "each":
        for i, expression in enumerate(circe_definitions.each(random.Random(int(given[0])), Cached(given[1]))):
            tell({"id": 10_001 + i, "expression": expression})
    elif command == "library":
        share = float(given[3]) if len(given) > 3 else 0.12
        define(int(given[0]), int(given[1]), given[2], functools.partial(circe_definitions.library, known_share=share))
    elif command == "twist":
        twist(int(given[0]), sys.stdin)
    elif command == "expect":
        expect(given[0], sys.stdin)
    elif command == "as-is":
        expect(given[0], sys.stdin, lambda sql: sql)
    elif command == "pick":
        pick(int(given[0]), int(given[1]), sys.stdin)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
