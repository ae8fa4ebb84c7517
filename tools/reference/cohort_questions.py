#!/usr/bin/env python3
"""What tests/data/cohort/questions/*.yaml give on the demo's OMOP tables (data/omop), worked out in Python from docs/cohorts.md.

    pip install duckdb==1.4.4
    cohort_questions.py > tests/data/cohort/questions/expected.csv

Per question: persons, rows, days in all rows; per variable of the persons, how many have a value and the sum of the values.
"""
import collections
import datetime
import pathlib

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[2]
Event = collections.namedtuple("Event", "start end concept")


def days(n):
    return datetime.timedelta(n)


def events(table, prefix, concept, end):
    """A person's events by start, then number."""
    found = collections.defaultdict(list)
    for person, start, stop, what in duckdb.sql(
            f"SELECT person_id::BIGINT, {prefix}start_date::DATE, {end}::DATE, {concept}::BIGINT FROM '{ROOT}/data/omop/*/{table}.parquet' "
            f"ORDER BY 2, {table}_id::BIGINT").fetchall():
        found[person].append(Event(start, stop or start, what))
    return found


CONDITIONS = events("condition_occurrence", "condition_", "condition_concept_id", "condition_end_date")
DRUGS = events("drug_exposure", "drug_exposure_", "drug_concept_id", "drug_exposure_end_date")
VISITS = events("visit_occurrence", "visit_", "visit_concept_id", "visit_end_date")
PROCEDURES = collections.defaultdict(list)
for one, day in duckdb.sql(f"SELECT person_id::BIGINT, procedure_date::DATE FROM '{ROOT}/data/omop/*/procedure_occurrence.parquet' "
                           "ORDER BY 2").fetchall():
    PROCEDURES[one].append(Event(day, day, 0))
OBSERVED = {p: (a, b) for p, a, b in duckdb.sql(
    "SELECT person_id::BIGINT, observation_period_start_date::DATE, observation_period_end_date::DATE FROM "
    f"'{ROOT}/data/omop/*/observation_period.parquet'").fetchall()}
PERSONS = {p: (sex, year) for p, sex, year in duckdb.sql(
    f"SELECT person_id::BIGINT, gender_concept_id::BIGINT, year_of_birth::BIGINT FROM '{ROOT}/data/omop/*/person.parquet'").fetchall()}

HEART = {316866, 381316, 4329847, 313217, 4229440}
ANTIHYPERTENSIVES, THIAZIDE, AMLODIPINE = {1332419, 19018935, 19081453, 19078106}, {19081453, 19078106}, {1332419}
OPIOIDS = {40162522, 40165015, 40221415}


def of(table, person, concepts=None):
    return [e for e in table[person] if concepts is None or e.concept in concepts]


def within(found, low, high, person=None):
    """Those that start from low to high; of a person, in the observation period."""
    return [e for e in found if (low is None or e.start >= low) and (high is None or e.start <= high)
            and (person is None or OBSERVED[person][0] <= e.start <= OBSERVED[person][1])]


def entries(table, person, concepts, before=0, after=0, ages=(0, 200)):
    first, last = OBSERVED[person]
    return [e for e in of(table, person, concepts)
            if first + days(before) <= e.start <= last - days(after) and ages[0] <= e.start.year - PERSONS[person][1] <= ages[1]]


def eras(rows, gap=0):
    joined = []
    for start, end in sorted(rows):
        if joined and (start - joined[-1][1]).days <= gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def cut(person, day):
    return min(day, OBSERVED[person][1])


def outcome(found, person, index, first_day, horizon):
    """event, days, status; nobody of the demo has a death."""
    end = cut(person, index + days(horizon))
    hits = [e.start for e in found if index + days(first_day) <= e.start <= end]
    return (1, (min(hits) - index).days, 1) if hits else (0, (end - index).days, 0)


def readmissions(person, low, high, gap):
    n, last_end = 0, None
    for stay in within(of(VISITS, person, {9201}), low, high):
        n += last_end is not None and 1 <= (stay.start - last_end).days <= gap
        last_end = stay.end if last_end is None else max(last_end, stay.end)
    return n


def readmission(person):
    stays = [e for e in entries(VISITS, person, {9201}, ages=(18, 200)) if within(of(CONDITIONS, person, HEART), None, e.start, person)]
    return eras([(e.start, cut(person, e.end + days(30))) for e in stays])


def readmission_values(person, index):
    stays = of(VISITS, person, {9201})
    again = outcome(stays, person, index, 1, 30)
    return {"stay": sum((e.end - e.start).days for e in within(stays, index, index)),
            "readmissions": readmissions(person, index, index + days(365), 30),
            "readmitted7": int(readmissions(person, index, None, 7) > 0),
            "again": again[0], "days": again[1], "status": again[2],
            "vdays": len({e.start for e in within(of(VISITS, person), index - days(365), index - days(1))})}


def switch(person):
    for e in of(DRUGS, person, ANTIHYPERTENSIVES)[:1]:
        known = within(of(CONDITIONS, person, {316866}), e.start - days(365), e.start, person)
        one = len({d.concept for d in within(of(DRUGS, person, ANTIHYPERTENSIVES), e.start, e.start, person)}) == 1
        if OBSERVED[person][0] + days(180) <= e.start <= OBSERVED[person][1] and known and one:
            return [(e.start, cut(person, e.start + days(365)))]
    return []


def switch_values(person, index):
    procedures = within(PROCEDURES[person], index, None)
    if not procedures:
        return None  # missing: exclude
    thiazide, amlodipine = (within(of(DRUGS, person, s), index, None) for s in (THIAZIDE, AMLODIPINE))
    apart = (amlodipine[0].start - thiazide[0].start).days if thiazide and amlodipine else None
    switched = outcome(of(DRUGS, person, AMLODIPINE), person, index, 1, 730)
    return {"n": len({e.concept for e in within(of(DRUGS, person, ANTIHYPERTENSIVES), index, index + days(365))}),
            "thiazide_first": int(apart is not None and apart > 0), "to_amlodipine": apart,
            "switched": switched[0], "days": switched[1],
            "first_proc": (procedures[0].start - index).days, "last_proc": (procedures[-1].start - index).days}


def pregnancy(person):
    if PERSONS[person][0] != 8532:
        return []
    lost, rows = of(CONDITIONS, person, {4078393}), []
    for e in entries(CONDITIONS, person, {4217975}, 0, 30, (18, 45)):
        if within(lost, e.start - days(180), e.start - days(1), person):
            continue
        ends = [m.start for m in lost if e.start <= m.start <= OBSERVED[person][1]]
        rows.append((e.start, min([cut(person, e.start + days(280)), *ends])))
    return eras(rows, 30)


def pregnancy_values(person, index):
    return {"visits": len(within(of(VISITS, person), index, index + days(280))),
            "sinusitis": int(bool(within(of(CONDITIONS, person, {40481087}), index, index + days(280)))),
            "miscarried": outcome(of(CONDITIONS, person, {4078393}), person, index, 0, 280)[0]}


def opioid(person):
    drugs = of(DRUGS, person, OPIOIDS)
    kept = [e for e in entries(VISITS, person, {9203}, 365, 7, (18, 64))
            if within(drugs, e.end, e.end + days(7), person) and not within(drugs, e.start - days(365), e.start - days(1), person)]
    rows = [(max(e.start, datetime.date(1990, 1, 1)), min(cut(person, e.end + days(7)), datetime.date(2015, 12, 31))) for e in kept[-1:]]
    return [(a, b) for a, b in rows if a <= b]


def opioid_values(person, index):
    more = outcome(of(DRUGS, person, OPIOIDS), person, index, 8, 180)
    return {"more": more[0], "days": more[1]}


def main():
    print("question,variable,n,sum")
    for name, rows_of, values_of in (("readmission", readmission, readmission_values), ("switch", switch, switch_values),
                                     ("pregnancy", pregnancy, pregnancy_values), ("opioid", opioid, opioid_values)):
        rows = {p: found for p in sorted(PERSONS) if (found := rows_of(p))}
        print(f"{name},rows of persons,{len(rows)},{sum(map(len, rows.values()))}")
        print(f"{name},days of rows,{len(rows)},{sum((b - a).days for found in rows.values() for a, b in found)}")
        values = [v for p, found in rows.items() if (v := values_of(p, found[0][0])) is not None]
        for variable in values[0]:
            known = [v[variable] for v in values if v[variable] is not None]
            print(f"{name},{variable},{len(known)},{sum(known)}")


if __name__ == "__main__":
    main()
