"""What a CDM in CSV files holds: the concepts, numbers, texts and days that a random definition may ask for.

A table or column that the CDM lacks, or that is empty, gives made-up values that no row has: a definition
that asks for them is as valid.
"""
import csv
import os
from datetime import date, timedelta

NOTHING = [4099991, 4099992]

# Circe's domain: table, concept, source concept
DOMAINS = {
    "ConditionEra": ("condition_era", "condition_concept_id", None),
    "ConditionOccurrence": ("condition_occurrence", "condition_concept_id", "condition_source_concept_id"),
    "Death": ("death", "cause_concept_id", "cause_source_concept_id"),
    "DeviceExposure": ("device_exposure", "device_concept_id", "device_source_concept_id"),
    "DoseEra": ("dose_era", "drug_concept_id", None),
    "DrugEra": ("drug_era", "drug_concept_id", None),
    "DrugExposure": ("drug_exposure", "drug_concept_id", "drug_source_concept_id"),
    "Episode": ("episode", "episode_concept_id", None),
    "Measurement": ("measurement", "measurement_concept_id", "measurement_source_concept_id"),
    "Observation": ("observation", "observation_concept_id", "observation_source_concept_id"),
    "ProcedureOccurrence": ("procedure_occurrence", "procedure_concept_id", "procedure_source_concept_id"),
    "Specimen": ("specimen", "specimen_concept_id", None),
    "VisitDetail": ("visit_detail", "visit_detail_concept_id", "visit_detail_source_concept_id"),
    "VisitOccurrence": ("visit_occurrence", "visit_concept_id", "visit_source_concept_id"),
    "ObservationPeriod": ("observation_period", "period_type_concept_id", None),
    "PayerPlanPeriod": ("payer_plan_period", "payer_concept_id", None),
}


def day_of(text):
    return date.fromisoformat(text[:10])


class Values:
    """Of one folder; every table is read once."""

    def __init__(self, folder):
        self.paths = {}
        for name in os.listdir(folder):
            table, end = os.path.splitext(name.lower())
            if end == ".csv":
                self.paths[table] = os.path.join(folder, name)
        self.tables = {}
        self.above = {}          # descendant: its ancestors
        for row in self.rows("concept_ancestor"):
            a, d = int(row["ancestor_concept_id"]), int(row["descendant_concept_id"])
            if a != d:
                self.above.setdefault(d, []).append(a)
        days = [day_of(d) for row in self.rows("observation_period")
                for d in (row["observation_period_start_date"], row["observation_period_end_date"])]
        days.sort()
        # Most dates asked for should part the rows, so the middle nine tenths.
        self.first, self.last = days[len(days) // 20], days[-1 - len(days) // 20]

    def rows(self, table):
        if table not in self.tables:
            rows = []
            if table in self.paths and os.path.getsize(self.paths[table]) > 0:
                with open(self.paths[table], newline="", encoding="utf-8-sig") as f:
                    reader = csv.reader(f)
                    header = [h.lower() for h in next(reader)]
                    rows = [dict(zip(header, row)) for row in reader]
            self.tables[table] = rows
        return self.tables[table]

    def counts(self, table, column):
        counted = {}
        for row in self.rows(table):
            cell = row.get(column) or ""
            if cell:
                counted[cell] = counted.get(cell, 0) + 1
        return counted

    def concepts(self, table, column, zero=False):
        """The concepts in use, the most frequent first, and some of those above them."""
        counted = self.counts(table, column)
        if not zero:
            counted.pop("0", None)
        own = [int(c) for c in sorted(counted, key=lambda c: (-counted[c], c))]
        above = sorted({a for c in own for a in self.above.get(c, [])} - set(own))
        return own + above or NOTHING

    def of_domain(self, kind):
        table, concept, _ = DOMAINS[kind]
        return self.concepts(table, concept)

    def sources_of(self, kind):
        table, _, source = DOMAINS[kind]
        return self.concepts(table, source)

    def numbers(self, table, column, otherwise=(0, 10)):
        """The lowest and the highest of the middle nine tenths."""
        found = sorted(float(v) for v in self.counts(table, column))
        if not found:
            return otherwise
        cut = len(found) // 20
        return found[cut], found[-1 - cut]

    def texts(self, table, column):
        return sorted(self.counts(table, column))[:50] or ["made up"]

    def day(self, r):
        return str(self.first + timedelta(r.randint(0, (self.last - self.first).days)))


class Cached(Values):
    """The same, each answer kept: thousands of definitions ask for the same columns."""

    def __init__(self, folder):
        self.kept = {}
        super().__init__(folder)

    def concepts(self, *what, **how):
        return self.keep(super().concepts, what, how)

    def numbers(self, *what, **how):
        return self.keep(super().numbers, what, how)

    def texts(self, *what):
        return self.keep(super().texts, what, {})

    def keep(self, read, what, how):
        key = (read.__name__, what, tuple(how.items()))
        if key not in self.kept:
            self.kept[key] = read(*what, **how)
        return self.kept[key]
