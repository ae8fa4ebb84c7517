#!/usr/bin/env python3
"""Reference rows of OHDSI Circe cohorts, made with OHDSI's own SQL.

duckcdm (PyPI, Apache-2.0) carries circe-be's SQL templates and SqlRender; its output is compared by
its author with the Java originals. Needs: pip install duckcdm==0.4.7 duckdb.

    cohorts.py cdm FOLDER                 a small made-up CDM (seeded), as CSV files
    cohorts.py define N SEED > CASES      random definitions that use every supported feature
    cohorts.py library N SEED FOLDER > CASES   as the OHDSI Phenotype Library's mix, concepts of FOLDER
    cohorts.py twist SEED < CASES    the same lines, written in the odd ways that Circe's reader takes
    cohorts.py expect FOLDER < CASES      the same lines with the rows that Circe's SQL gives

A case is a line of JSON: {"id": 1, "expression": {...}, "rows": ["person,start,end", ...]}.

Circe leaves the order of events of one day open (row_number() over a date alone). Essaim fixes it by
the event's id; the same tie-breaks are added to Circe's SQL here, and nothing else is changed.
"""
import csv
import json
import os
import random
import sys
from datetime import date, timedelta

TIES = [
    ("ORDER BY E.sort_date ASC, E.event_id)", "ORDER BY E.sort_date ASC, E.event_id{})"),
    ("ORDER BY E.sort_date DESC, E.event_id)", "ORDER BY E.sort_date DESC, E.event_id{})"),
]
MORE = (", E.start_date, E.end_date, OP.observation_period_start_date, OP.observation_period_end_date, "
        "COALESCE(E.visit_occurrence_id, 0)")


def fix_ties(sql):
    for old, new in TIES:
        sql = sql.replace(old, new.format(MORE))
    for way in ("ASC", "DESC"):
        sql = sql.replace(f"order by pe.start_date {way})", f"order by pe.start_date {way}, pe.event_id)")
        sql = sql.replace(f"order by start_date {way}) as ordinal", f"order by start_date {way}, event_id) as ordinal")
    return sql


# ---- the CDM ---------------------------------------------------------------------------------------

CONDITIONS = list(range(101, 117))
DRUGS = list(range(201, 213))
PROCEDURES = list(range(301, 309))
MEASUREMENTS = list(range(401, 407))
OBSERVATIONS = list(range(501, 507))
DEVICES = [601, 602, 603]
SPECIMENS = [651, 652, 653]
VISITS = [9201, 9202, 9203]
DETAILS = [9211, 9212]
EPISODES = [32531, 32532]
UNITS = [8840, 9529]
VALUES = [4155142, 4155143, 4181412]
TYPES = [32817, 32827]
SPECIALTIES = [38004446, 38004456]
PLACES = [8717, 8756]
GENDERS = [8507, 8532]
SOURCES = [1001, 1002, 1003, 1004]
PAYERS = [280, 281]


def write(folder, table, rows):
    with open(os.path.join(folder, table + ".csv"), "w", newline="") as f:
        out = csv.DictWriter(f, fieldnames=list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def vocabulary(folder):
    concepts = (CONDITIONS + DRUGS + PROCEDURES + MEASUREMENTS + OBSERVATIONS + DEVICES + SPECIMENS + VISITS + DETAILS
                + EPISODES + UNITS + VALUES + TYPES + SPECIALTIES + PLACES + GENDERS + SOURCES + PAYERS)
    write(folder, "concept", [dict(concept_id=c, concept_name=f"concept {c}", domain_id="Any", vocabulary_id="Test",
                                   concept_class_id="Any", standard_concept="S", concept_code=str(c),
                                   valid_start_date="1970-01-01", valid_end_date="2099-12-31",
                                   invalid_reason="D" if c in (104, 205) else "") for c in concepts])
    pairs = set()
    for family in (CONDITIONS, DRUGS, PROCEDURES, MEASUREMENTS, OBSERVATIONS):
        for i, c in enumerate(family):       # a binary heap as the hierarchy
            pairs.add((c, c))
            up = i
            while up > 0:
                up = (up - 1) // 2
                pairs.add((family[up], c))
    write(folder, "concept_ancestor", [dict(ancestor_concept_id=a, descendant_concept_id=d, min_levels_of_separation=1,
                                            max_levels_of_separation=1) for a, d in sorted(pairs)])
    maps = list(zip(SOURCES, [101, 103, 201, 301]))
    write(folder, "concept_relationship", [dict(concept_id_1=a, concept_id_2=b, relationship_id=r,
                                                valid_start_date="1970-01-01", valid_end_date="2099-12-31",
                                                invalid_reason=bad)
                                           for a, b in maps for r, bad in (("Maps to", ""), ("Is a", ""))]
          + [dict(concept_id_1=112, concept_id_2=101, relationship_id="Maps to", valid_start_date="1970-01-01",
                  valid_end_date="2099-12-31", invalid_reason="D")])


def make_cdm(folder):
    os.makedirs(folder, exist_ok=True)
    r = random.Random(20)
    vocabulary(folder)
    persons, periods, tables = [], [], {}
    write(folder, "provider", [dict(provider_id=i, specialty_concept_id=SPECIALTIES[i % 2]) for i in range(1, 5)])
    write(folder, "care_site", [dict(care_site_id=i, place_of_service_concept_id=PLACES[i % 2]) for i in range(1, 4)])
    first = date(2010, 1, 1)

    def add(table, **row):
        rows = tables.setdefault(table, [])
        key = table + "_id"
        rows.append({key: len(rows) + 1, **row} if table not in ("death",) else row)

    def maybe(value, share=0.7):
        return value if r.random() < share else ""

    for person in range(1, 61):
        persons.append(dict(person_id=person, gender_concept_id=r.choice(GENDERS), year_of_birth=r.randint(1930, 2005),
                            race_concept_id=r.choice([8527, 8515]), ethnicity_concept_id=r.choice([38003563, 38003564])))
        spans = []
        start = first + timedelta(r.randint(0, 400))
        for _ in range(r.choice([1, 1, 1, 2, 3])):
            end = start + timedelta(r.randint(60, 900))
            spans.append((start, end))
            start = end + timedelta(r.randint(1, 120))
        if person % 20 == 0:                   # overlapping periods: an error that sites have
            spans.append((spans[0][0] + timedelta(30), spans[0][1] + timedelta(30)))
        for a, b in spans:
            periods.append(dict(observation_period_id=len(periods) + 1, person_id=person,
                                observation_period_start_date=a, observation_period_end_date=b,
                                period_type_concept_id=r.choice(TYPES)))

        def day():
            a, b = r.choice(spans)
            return a + timedelta(r.randint(-10, (b - a).days + 10))

        visits = []
        for _ in range(r.randint(1, 10)):
            d = day()
            add("visit_occurrence", person_id=person, visit_concept_id=r.choice(VISITS), visit_start_date=d,
                visit_end_date=d + timedelta(r.choice([0, 0, 1, 4, 12])), visit_type_concept_id=r.choice(TYPES),
                provider_id=maybe(r.randint(1, 4)), care_site_id=maybe(r.randint(1, 3)),
                visit_source_concept_id=r.choice(SOURCES + [0]))
            visits.append((len(tables["visit_occurrence"]), d))
            if r.random() < 0.4:
                add("visit_detail", person_id=person, visit_detail_concept_id=r.choice(DETAILS),
                    visit_detail_start_date=d, visit_detail_end_date=d + timedelta(r.choice([0, 1, 3])),
                    visit_detail_type_concept_id=r.choice(TYPES), provider_id=maybe(r.randint(1, 4)),
                    care_site_id=maybe(r.randint(1, 3)), visit_occurrence_id=visits[-1][0],
                    visit_detail_source_concept_id=r.choice(SOURCES + [0]))

        def at():
            if r.random() < 0.6:
                visit, d = r.choice(visits)
                return dict(visit_occurrence_id=visit, provider_id=maybe(r.randint(1, 4))), d
            return dict(visit_occurrence_id="", provider_id=maybe(r.randint(1, 4))), day()

        for _ in range(r.randint(2, 16)):
            common, d = at()
            add("condition_occurrence", person_id=person, condition_concept_id=r.choice(CONDITIONS),
                condition_start_date=d, condition_end_date=maybe(d + timedelta(r.choice([0, 3, 30]))),
                condition_type_concept_id=r.choice(TYPES), condition_status_concept_id=r.choice([32893, 32902, 0]),
                stop_reason=maybe(r.choice(["resolved", "moved", "50% better"]), 0.4),
                condition_source_concept_id=r.choice(SOURCES + [0]), **common)
        for _ in range(r.randint(1, 12)):
            common, d = at()
            add("drug_exposure", person_id=person, drug_concept_id=r.choice(DRUGS), drug_exposure_start_date=d,
                drug_exposure_end_date=maybe(d + timedelta(r.choice([0, 10, 30])), 0.5),
                drug_type_concept_id=r.choice(TYPES), stop_reason=maybe("stopped", 0.2),
                refills=maybe(r.randint(0, 3)), quantity=maybe(r.choice([1, 10.5, 30])),
                days_supply=maybe(r.choice([7, 14, 30]), 0.6), route_concept_id=r.choice([4132161, 4171047]),
                lot_number=maybe(r.choice(["A1", "B2"]), 0.4), drug_source_concept_id=r.choice(SOURCES + [0]), **common)
        for _ in range(r.randint(0, 8)):
            common, d = at()
            add("procedure_occurrence", person_id=person, procedure_concept_id=r.choice(PROCEDURES), procedure_date=d,
                procedure_type_concept_id=r.choice(TYPES), modifier_concept_id=r.choice([0, 42739579]),
                quantity=maybe(r.randint(1, 3)), procedure_source_concept_id=r.choice(SOURCES + [0]), **common)
        for _ in range(r.randint(0, 14)):
            common, d = at()
            add("measurement", person_id=person, measurement_concept_id=r.choice(MEASUREMENTS), measurement_date=d,
                measurement_type_concept_id=r.choice(TYPES), operator_concept_id=r.choice([4172703, 4171756]),
                value_as_number=maybe(round(r.uniform(0, 20), 1), 0.8), value_as_concept_id=maybe(r.choice(VALUES), 0.4),
                unit_concept_id=maybe(r.choice(UNITS)), range_low=maybe(r.choice([0, 4])), range_high=maybe(12),
                measurement_source_concept_id=r.choice(SOURCES + [0]), **common)
        for _ in range(r.randint(0, 8)):
            common, d = at()
            add("observation", person_id=person, observation_concept_id=r.choice(OBSERVATIONS), observation_date=d,
                observation_type_concept_id=r.choice(TYPES), value_as_number=maybe(round(r.uniform(0, 9), 2), 0.5),
                value_as_string=maybe(r.choice(["never smoked", "smoker", "it's complicated"]), 0.5),
                value_as_concept_id=maybe(r.choice(VALUES), 0.4), qualifier_concept_id=maybe(r.choice(VALUES), 0.4),
                unit_concept_id=maybe(r.choice(UNITS), 0.4), observation_source_concept_id=r.choice(SOURCES + [0]),
                **common)
        for _ in range(r.randint(0, 2)):
            common, d = at()
            add("device_exposure", person_id=person, device_concept_id=r.choice(DEVICES), device_exposure_start_date=d,
                device_exposure_end_date=maybe(d + timedelta(20)), device_type_concept_id=r.choice(TYPES),
                unique_device_id=maybe(r.choice(["(01)884", "(01)997"])), quantity=maybe(r.randint(1, 3)),
                device_source_concept_id=r.choice(SOURCES + [0]), **common)
        for _ in range(r.randint(0, 2)):
            add("specimen", person_id=person, specimen_concept_id=r.choice(SPECIMENS),
                specimen_type_concept_id=r.choice(TYPES), specimen_date=day(), quantity=maybe(r.choice([1, 2.5])),
                unit_concept_id=maybe(r.choice(UNITS)), anatomic_site_concept_id=r.choice([4002853, 0]),
                disease_status_concept_id=r.choice([4066212, 0]), specimen_source_id=maybe(r.choice(["S-1", "T-2"])))
        for table, what, family in (("condition_era", "condition", CONDITIONS), ("drug_era", "drug", DRUGS),
                                    ("dose_era", "drug", DRUGS)):
            name = "condition_era" if what == "condition" else table
            for _ in range(r.randint(0, 5)):
                d = day()
                row = {"person_id": person, f"{what}_concept_id": r.choice(family), f"{name}_start_date": d,
                       f"{name}_end_date": d + timedelta(r.choice([0, 20, 60]))}
                if table == "condition_era":
                    row["condition_occurrence_count"] = r.randint(1, 4)
                elif table == "drug_era":
                    row.update(drug_exposure_count=r.randint(1, 4), gap_days=r.randint(0, 20))
                else:
                    row.update(unit_concept_id=r.choice(UNITS), dose_value=r.choice([5, 10, 20.5]))
                add(table, **row)
        if r.random() < 0.5:
            d = day()
            add("episode", person_id=person, episode_concept_id=r.choice(EPISODES), episode_start_date=d,
                episode_end_date=d + timedelta(90), episode_number=r.randint(1, 3),
                episode_object_concept_id=r.choice(CONDITIONS), episode_type_concept_id=r.choice(TYPES))
        if r.random() < 0.5:
            d = day()
            add("payer_plan_period", person_id=person, payer_plan_period_start_date=d,
                payer_plan_period_end_date=d + timedelta(365), payer_concept_id=r.choice(PAYERS),
                plan_concept_id=r.choice(PAYERS))
        if r.random() < 0.25:
            add("death", person_id=person, death_date=spans[-1][1] - timedelta(r.choice([0, 0, 5])),
                death_type_concept_id=r.choice(TYPES), cause_concept_id=r.choice(CONDITIONS),
                cause_source_concept_id=r.choice(SOURCES + [0]))
    write(folder, "person", persons)
    write(folder, "observation_period", periods)
    for table, rows in tables.items():
        write(folder, table, rows)


# ---- definitions -----------------------------------------------------------------------------------

def concept(c):
    return {"CONCEPT_ID": c, "CONCEPT_NAME": f"concept {c}"}


class Maker:
    def __init__(self, r, families=None):
        self.r = r
        self.sets = []
        self.families = families or {
            "ConditionEra": CONDITIONS, "ConditionOccurrence": CONDITIONS, "Death": CONDITIONS, "DrugEra": DRUGS,
            "DoseEra": DRUGS, "DrugExposure": DRUGS, "DeviceExposure": DEVICES, "Measurement": MEASUREMENTS,
            "Observation": OBSERVATIONS, "ProcedureOccurrence": PROCEDURES, "Specimen": SPECIMENS,
            "VisitDetail": DETAILS, "VisitOccurrence": VISITS, "Episode": EPISODES}

    def set_of(self, concepts, source=False):
        r = self.r
        items = []
        for c in r.sample(concepts, min(len(concepts), r.choice([1, 1, 2, 3]))):
            items.append({"concept": concept(c), "isExcluded": False, "includeDescendants": r.random() < 0.7,
                          "includeMapped": r.random() < 0.1})
        if r.random() < 0.25:
            items.append({"concept": concept(r.choice(concepts)), "isExcluded": True,
                          "includeDescendants": r.random() < 0.6, "includeMapped": False})
        if r.random() < 0.05:
            items.append({"concept": concept(999999), "isExcluded": False})
        self.sets.append({"id": len(self.sets), "name": f"set {len(self.sets)}", "expression": {"items": items}})
        return len(self.sets) - 1

    def choice(self, concepts):
        r = self.r
        if r.random() < 0.15:
            return {"CodesetId": None, "IsExclusion": r.random() < 0.5}
        return {"CodesetId": self.set_of(concepts), "IsExclusion": r.random() < 0.3}

    def number(self, low, high, whole=True):
        r = self.r
        draw = (lambda: r.randint(low, high)) if whole else (lambda: round(r.uniform(low, high), r.choice([0, 1, 5])))
        op = r.choice(["lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt", "gte", "gt"])
        a, b = sorted((draw(), draw()))
        return {"Value": a, "Op": op, "Extent": b} if op.endswith("bt") else {"Value": r.choice([a, b]), "Op": op}

    def day(self):
        return str(date(2010, 1, 1) + timedelta(self.r.randint(0, 1700)))

    def dates(self):
        op = self.r.choice(["lt", "lte", "gt", "gte", "bt", "!bt", "!eq"])
        a, b = sorted((self.day(), self.day()))
        return {"Value": a, "Op": op, "Extent": b} if op.endswith("bt") else {"Value": a, "Op": op}

    def text(self, texts):
        t = self.r.choice(texts)
        op = self.r.choice(["", "!"]) + self.r.choice(["startsWith", "endsWith", "contains"])
        return {"Text": t[:4] if "starts" in op else t[-4:] if "ends" in op else t[1:4], "Op": op}

    def filters(self, kind):
        r = self.r
        cl = lambda c: [concept(x) for x in r.sample(c, r.randint(1, len(c)))]
        person = {"Age": lambda: self.number(10, 80), "Gender": lambda: cl(GENDERS),
                  "GenderCS": lambda: self.choice(GENDERS)}
        era_person = {"AgeAtStart": lambda: self.number(10, 80), "AgeAtEnd": lambda: self.number(10, 80),
                      "Gender": lambda: cl(GENDERS), "GenderCS": lambda: self.choice(GENDERS)}
        visit = {"VisitType": lambda: cl(VISITS), "VisitTypeCS": lambda: self.choice(VISITS)}
        provider = {"ProviderSpecialty": lambda: cl(SPECIALTIES), "ProviderSpecialtyCS": lambda: self.choice(SPECIALTIES)}
        start = {"OccurrenceStartDate": self.dates}
        both = {"OccurrenceStartDate": self.dates, "OccurrenceEndDate": self.dates}
        unit = {"Unit": lambda: cl(UNITS), "UnitCS": lambda: self.choice(UNITS)}
        era = {"EraStartDate": self.dates, "EraEndDate": self.dates, "EraLength": lambda: self.number(0, 60)}
        period = {"PeriodStartDate": self.dates, "PeriodEndDate": self.dates, "PeriodLength": lambda: self.number(50, 800)}

        def typed(prefix):
            return {prefix + "Type": lambda: cl(TYPES), prefix + "TypeCS": lambda: self.choice(TYPES),
                    prefix + "TypeExclude": lambda: r.random() < 0.5}
        value = {"ValueAsNumber": lambda: self.number(0, 20, False), "ValueAsConcept": lambda: cl(VALUES),
                 "ValueAsConceptCS": lambda: self.choice(VALUES)}
        return {
            "ConditionEra": {**era, "OccurrenceCount": lambda: self.number(1, 4), **era_person},
            "ConditionOccurrence": {**both, **typed("Condition"),
                                    "StopReason": lambda: self.text(["resolved", "moved", "50% better"]),
                                    **person, **visit, **provider, "ConditionStatus": lambda: cl([32893, 32902]),
                                    "ConditionSourceConcept": lambda: self.set_of(SOURCES)},
            "Death": {**start, **typed("Death"), **person, "DeathSourceConcept": lambda: self.set_of(SOURCES)},
            "DeviceExposure": {**both, **typed("Device"), "UniqueDeviceId": lambda: self.text(["(01)884", "(01)997"]),
                               "Quantity": lambda: self.number(1, 3), **person, **visit, **provider,
                               "DeviceSourceConcept": lambda: self.set_of(SOURCES)},
            "DoseEra": {**era, **unit, "DoseValue": lambda: self.number(0, 20, False), **era_person},
            "DrugEra": {**era, "OccurrenceCount": lambda: self.number(1, 4), "GapDays": lambda: self.number(0, 20),
                        **era_person},
            "DrugExposure": {**both, **typed("Drug"), "StopReason": lambda: self.text(["stopped"]),
                             "Refills": lambda: self.number(0, 3), "Quantity": lambda: self.number(0, 30, False),
                             "DaysSupply": lambda: self.number(1, 30), "LotNumber": lambda: self.text(["A1", "B2"]),
                             "RouteConcept": lambda: cl([4132161, 4171047]), **person, **visit, **provider,
                             "DrugSourceConcept": lambda: self.set_of(SOURCES)},
            "Episode": {"EpisodeStartDate": self.dates, "EpisodeEndDate": self.dates,
                        "EpisodeNumber": lambda: self.number(1, 3), "Age": lambda: self.number(10, 80),
                        "GenderCS": lambda: self.choice(GENDERS), "EpisodeTypeCS": lambda: self.choice(TYPES),
                        "EpisodeObjectConceptCS": lambda: self.choice(CONDITIONS)},
            "Measurement": {**start, **typed("Measurement"), **value, **unit, "Operator": lambda: cl([4172703, 4171756]),
                            "RangeLow": lambda: self.number(0, 5, False), "RangeHigh": lambda: self.number(5, 15, False),
                            "RangeLowRatio": lambda: self.number(0, 3, False),
                            "RangeHighRatio": lambda: self.number(0, 2, False), "Abnormal": lambda: True,
                            **person, **visit, **provider, "MeasurementSourceConcept": lambda: self.set_of(SOURCES)},
            "Observation": {**start, **typed("Observation"), **value, **unit,
                            "ValueAsString": lambda: self.text(["never smoked", "smoker", "it's complicated"]),
                            "Qualifier": lambda: cl(VALUES), "QualifierCS": lambda: self.choice(VALUES),
                            **person, **visit, **provider, "ObservationSourceConcept": lambda: self.set_of(SOURCES)},
            "ObservationPeriod": {**period, "PeriodType": lambda: cl(TYPES), "PeriodTypeCS": lambda: self.choice(TYPES),
                                  "AgeAtStart": lambda: self.number(10, 80), "AgeAtEnd": lambda: self.number(10, 80),
                                  "UserDefinedPeriod": lambda: {"StartDate": self.day()} if r.random() < 0.5 else
                                  dict(zip(("StartDate", "EndDate"), sorted((self.day(), self.day()))))},
            "PayerPlanPeriod": {**period, **era_person, "PayerConcept": lambda: self.set_of(PAYERS),
                                "PlanConcept": lambda: self.set_of(PAYERS)},
            "ProcedureOccurrence": {**start, **typed("Procedure"), "Modifier": lambda: cl([42739579]),
                                    "Quantity": lambda: self.number(1, 3), **person, **visit, **provider,
                                    "ProcedureSourceConcept": lambda: self.set_of(SOURCES)},
            "Specimen": {**start, **typed("Specimen"), **unit, "Quantity": lambda: self.number(0, 3, False),
                         "AnatomicSite": lambda: cl([4002853]), "DiseaseStatus": lambda: cl([4066212]),
                         "SourceId": lambda: self.text(["S-1", "T-2"]), **person},
            "VisitDetail": {"VisitDetailStartDate": self.dates, "VisitDetailEndDate": self.dates,
                            "VisitDetailTypeCS": lambda: self.choice(TYPES),
                            "VisitDetailLength": lambda: self.number(0, 3), "Age": lambda: self.number(10, 80),
                            "GenderCS": lambda: self.choice(GENDERS),
                            "ProviderSpecialtyCS": lambda: self.choice(SPECIALTIES),
                            "PlaceOfServiceCS": lambda: self.choice(PLACES),
                            "VisitDetailSourceConcept": lambda: self.set_of(SOURCES)},
            "VisitOccurrence": {**both, "VisitType": lambda: cl(TYPES), "VisitTypeCS": lambda: self.choice(TYPES),
                                "VisitTypeExclude": lambda: r.random() < 0.5,
                                "VisitLength": lambda: self.number(0, 12), **person, **provider,
                                "PlaceOfService": lambda: cl(PLACES), "PlaceOfServiceCS": lambda: self.choice(PLACES),
                                "VisitSourceConcept": lambda: self.set_of(SOURCES)},
        }[kind]

    COMMON = ["ConditionOccurrence"] * 5 + ["DrugExposure"] * 3 + ["Measurement"] * 3 + ["VisitOccurrence"] * 3 + \
        ["ProcedureOccurrence"] * 2 + ["Observation"] * 2
    RARE = ["ConditionEra", "Death", "DrugEra", "DoseEra", "DeviceExposure", "Specimen", "VisitDetail",
            "ObservationPeriod", "PayerPlanPeriod", "Episode"]

    def criterion(self, depth=0, filters=0.3):
        r = self.r
        kind = r.choice(self.COMMON) if r.random() < 0.7 else r.choice(self.RARE)
        body = {}
        if kind in self.families and r.random() < 0.9:
            body["CodesetId"] = self.set_of(self.families[kind])
        if kind != "Death" and r.random() < 0.25:
            body["First"] = True
        known = self.filters(kind)
        if r.random() < filters:
            for key in r.sample(list(known), min(len(known), r.choice([1, 1, 1, 2, 3]))):
                body[key] = known[key]()
        if kind not in ("Specimen",) and r.random() < 0.07:
            body["DateAdjustment"] = {"StartWith": r.choice(["START_DATE", "END_DATE"]), "StartOffset": r.randint(-5, 5),
                                      "EndWith": r.choice(["START_DATE", "END_DATE"]), "EndOffset": r.randint(-2, 9)}
        # Circe's own SQL for nested criteria of an episode does not parse.
        if kind != "Episode" and depth < 3 and r.random() < 0.14:
            body["CorrelatedCriteria"] = self.group(depth + 1)
        return {kind: body}

    def endpoint(self, sign):
        r = self.r
        if r.random() < 0.3:
            return {"Coeff": sign}
        return {"Days": r.choice([0, 1, 7, 30, 90, 180, 365]), "Coeff": sign}

    def window(self):
        r = self.r
        a, b = r.choice([(-1, 1), (-1, 1), (-1, -1), (1, 1)])
        w = {"Start": self.endpoint(a), "End": self.endpoint(b)}
        if a == b:                               # keep them in order
            w["Start"] = {"Days": r.choice([0, 1, 7]) if a == 1 else 365, "Coeff": a}
            if a == -1:
                w["End"] = {"Days": r.choice([0, 1, 7]), "Coeff": -1}
        if r.random() < 0.5:
            w["UseIndexEnd"] = r.random() < 0.3
        if r.random() < 0.5:
            w["UseEventEnd"] = r.random() < 0.3
        return w

    def correlated(self, depth):
        r = self.r
        criterion = self.criterion(depth)
        (kind, body), = criterion.items()
        occurrence = {"Type": r.choice([2, 2, 2, 0, 1]), "Count": r.choice([0, 1, 1, 1, 2, 3])}
        if occurrence["Type"] == 2 and occurrence["Count"] == 0:
            occurrence["Count"] = 1
        if r.random() < 0.15 and "CorrelatedCriteria" not in body:   # Circe's own SQL fails there
            occurrence["IsDistinct"] = True
            columns = ["START_DATE", "DOMAIN_CONCEPT"]
            if kind not in ("ConditionEra", "VisitDetail", "Episode"):
                columns.append("VISIT_ID")
            if kind not in ("PayerPlanPeriod", "ObservationPeriod"):
                columns.append("DURATION")
            occurrence["CountColumn"] = r.choice(columns)
        cc = {"Criteria": criterion, "StartWindow": self.window(), "Occurrence": occurrence}
        if r.random() < 0.2:
            cc["EndWindow"] = self.window()
        if r.random() < 0.1:
            cc["RestrictVisit"] = True
        if r.random() < 0.2:
            cc["IgnoreObservationPeriod"] = True
        return cc

    def demographic(self):
        r = self.r
        known = {"Age": lambda: self.number(10, 80), "Gender": lambda: [concept(r.choice(GENDERS))],
                 "GenderCS": lambda: self.choice(GENDERS), "Race": lambda: [concept(8527)],
                 "Ethnicity": lambda: [concept(38003563)], "OccurrenceStartDate": self.dates,
                 "OccurrenceEndDate": self.dates}
        return {k: known[k]() for k in r.sample(list(known), r.choice([1, 1, 2]))}

    def group(self, depth=0):
        r = self.r
        g = {"Type": r.choice(["ALL", "ALL", "ANY", "AT_LEAST", "AT_MOST"])}
        if g["Type"].startswith("AT_"):
            g["Count"] = r.choice([0, 1, 1, 2])
        g["CriteriaList"] = [self.correlated(depth) for _ in range(r.choice([0, 1, 1, 1, 2, 3]))]
        g["DemographicCriteriaList"] = [self.demographic() for _ in range(r.choice([0, 0, 0, 1]))]
        g["Groups"] = [self.group(depth + 1) for _ in range(r.choice([0, 0, 0, 1, 2]))] if depth < 2 else []
        return g

    def definition(self):
        r = self.r
        limit = lambda: {"Type": r.choice(["First", "All", "All", "Last"])}
        d = {"cdmVersionRange": ">=5.0.0",
             "PrimaryCriteria": {"CriteriaList": [self.criterion(1 if r.random() < 0.7 else 0)
                                                  for _ in range(r.choice([1, 1, 1, 2, 3]))],
                                 "ObservationWindow": {"PriorDays": r.choice([0, 0, 30, 180]),
                                                       "PostDays": r.choice([0, 0, 0, 30])},
                                 "PrimaryCriteriaLimit": limit()},
             "QualifiedLimit": limit(), "ExpressionLimit": limit(), "CensorWindow": {}, "CensoringCriteria": []}
        if r.random() < 0.3:
            d["AdditionalCriteria"] = self.group()
        d["InclusionRules"] = [{"name": f"rule {i}", "expression": self.group()}
                               for i in range(r.choice([0, 0, 1, 1, 2, 3]))]
        way = r.random()
        if way < 0.5:
            d["EndStrategy"] = {"DateOffset": {"DateField": r.choice(["StartDate", "EndDate"]),
                                               "Offset": r.choice([0, 0, 1, 30, 365, -2])}}
        elif way < 0.7:
            d["EndStrategy"] = {"CustomEra": {"DrugCodesetId": self.set_of(DRUGS), "GapDays": r.choice([0, 7, 30]),
                                              "Offset": r.choice([0, 0, 7])}}
            if r.random() < 0.3:
                d["EndStrategy"]["CustomEra"]["DaysSupplyOverride"] = 14
        if r.random() < 0.2:
            d["CensoringCriteria"] = [self.criterion(2) for _ in range(r.choice([1, 2]))]
        d["CollapseSettings"] = {"CollapseType": "ERA", "EraPad": r.choice([0, 0, 30, 180])}
        if r.random() < 0.15:
            d["CensorWindow"] = r.choice([{"StartDate": self.day()}, {"EndDate": self.day()},
                                          dict(zip(("StartDate", "EndDate"), sorted((self.day(), self.day()))))])
        d["ConceptSets"] = self.sets
        return d


# ---- the Phenotype Library's mix ---------------------------------------------------------------

def used(folder, table, column):
    for name in os.listdir(folder):
        if name.lower() == table + ".csv":
            with open(os.path.join(folder, name), newline="") as f:
                return sorted({int(row[column]) for row in csv.DictReader(f) if row[column]} - {0})
    return []


def library(n, seed, folder):
    """Half conditions alone, a third with rules or filters, one concept in eight known to the data: the
    shares of OHDSI/PhenotypeLibrary 3.37.0. FOLDER gets a concept table of the concepts in use."""
    known = {kind: used(folder, table, table.split("_")[0] + "_concept_id") for kind, table in (
        ("ConditionOccurrence", "condition_occurrence"), ("DrugExposure", "drug_exposure"),
        ("ProcedureOccurrence", "procedure_occurrence"), ("VisitOccurrence", "visit_occurrence"),
        ("Observation", "observation"))}
    everything = sorted(set().union(*known.values()))
    write(folder, "concept", [dict(concept_id=c, concept_name=f"concept {c}", invalid_reason="") for c in everything])
    write(folder, "concept_ancestor", [dict(ancestor_concept_id=c, descendant_concept_id=c) for c in everything])
    r = random.Random(seed)

    def any_set(sets, kind, filled):
        ids = r.sample(known[kind], min(len(known[kind]), r.choice([1, 2, 5]))) if filled else []
        ids += [r.randint(40_000_000, 45_000_000) for _ in range(r.choice([2, 5, 20, 60]))]
        sets.append({"id": len(sets), "name": "s", "expression": {"items": [
            {"concept": concept(c), "includeDescendants": True, "isExcluded": r.random() < 0.05} for c in ids]}})
        return len(sets) - 1

    for i in range(n):
        sets = []
        filled = r.random() < 0.12
        kinds = ["ConditionOccurrence"] if r.random() < 0.5 else r.choices(
            list(known), [70, 12, 16, 11, 12], k=r.choice([1, 2, 2, 3]))
        entry = []
        for kind in kinds:
            body = {"CodesetId": any_set(sets, kind, filled)}
            if r.random() < 0.13:
                body["First"] = True
            if r.random() < 0.1:
                body["Age"] = {"Value": 18, "Op": "gte"}
            entry.append({kind: body})
        rules = []
        for _ in range(r.choice([1, 1, 2, 3, 6]) if r.random() < 0.24 else 0):
            kind = r.choice(list(known))
            rules.append({"name": "r", "expression": {"Type": r.choice(["ALL", "ANY"]), "CriteriaList": [{
                "Criteria": {kind: {"CodesetId": any_set(sets, kind, filled)}},
                "StartWindow": {"Start": {"Days": 365, "Coeff": -1}, "End": {"Days": r.choice([0, 30]), "Coeff": 1}},
                "Occurrence": r.choice([{"Type": 0, "Count": 0}, {"Type": 2, "Count": 1}])}
                for _ in range(r.choice([1, 2]))], "DemographicCriteriaList": [], "Groups": []}})
        d = {"ConceptSets": sets, "PrimaryCriteria": {
            "CriteriaList": entry, "ObservationWindow": {"PriorDays": r.choice([0, 365]), "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "All"}}, "QualifiedLimit": {"Type": "First"},
            "ExpressionLimit": {"Type": r.choice(["All", "First"])}, "InclusionRules": rules,
            "CollapseSettings": {"CollapseType": "ERA", "EraPad": r.choice([0, 0, 30])}, "CensorWindow": {}}
        way = r.random()
        if way < 0.68:
            d["EndStrategy"] = {"DateOffset": {"DateField": "EndDate", "Offset": r.choice([0, 1, 7])}}
        elif way < 0.74:
            d["EndStrategy"] = {"CustomEra": {"DrugCodesetId": any_set(sets, "DrugExposure", filled), "GapDays": 30,
                                              "Offset": 0}}
        print(json.dumps({"id": i + 1, "expression": d}, separators=(",", ":")))


# ---- what Circe's reader takes -----------------------------------------------------------------------

NUMBERS = {"CodesetId", "Days", "Coeff", "Count", "PriorDays", "PostDays", "Offset", "EraPad", "GapDays", "Value",
           "Extent", "CONCEPT_ID", "StartOffset", "EndOffset", "DrugCodesetId", "DaysSupplyOverride"}
EMPTY = [("Gender", []), ("VisitType", None), ("ProviderSpecialty", []), ("CorrelatedCriteria", None), ("Age", None),
         ("DateAdjustment", None)]


def twist(r, value, key=""):
    if isinstance(value, list):
        return [twist(r, v, key) for v in value]
    if isinstance(value, bool):
        return r.choice([value, value, str(value).lower(), int(value)])
    if isinstance(value, (int, float)) and key in NUMBERS:
        odd = [value, value, str(value), f" {value} "]
        return r.choice(odd + ([value + 0.0] if key not in ("Value", "Extent", "CONCEPT_ID") else []))
    if not isinstance(value, dict):
        return value
    out = {k: twist(r, v, k) for k, v in value.items()}
    for k, default in (("isExcluded", False), ("includeDescendants", False), ("IsDistinct", False),
                       ("UseIndexEnd", False), ("InclusionRules", []), ("CensoringCriteria", []), ("CensorWindow", {})):
        if k in out and value[k] == default and r.random() < 0.5:
            del out[k]
    if set(out) == {"Start", "End"} or "UseEventEnd" in out:
        out.setdefault("UseEventEnd", None)
        out.setdefault("UseIndexEnd", None)
    if len(out) == 1 and next(iter(out))[:1].isupper() and isinstance(next(iter(out.values())), dict):
        (kind, body), = out.items()
        if kind in ("ConditionOccurrence", "DrugExposure", "ProcedureOccurrence", "Measurement", "Observation"):
            for k, v in r.sample(EMPTY, 2):
                body.setdefault(k, v)
            body.setdefault(kind.replace("Occurrence", "").replace("Exposure", "") + "TypeExclude", False)
            if r.random() < 0.1:
                body["CodesetId"] = 990 + r.randrange(2)     # no such set
    if "PrimaryCriteria" in out:
        if r.random() < 0.3 and (out.get("QualifiedLimit") or {}).get("Type") == "First":
            del out["QualifiedLimit"]
        if r.random() < 0.3 and (out.get("ExpressionLimit") or {}).get("Type") == "First":
            del out["ExpressionLimit"]
        if r.random() < 0.3 and (out.get("CollapseSettings") or {}).get("EraPad") in (0, "0"):
            del out["CollapseSettings"]
        if r.random() < 0.3:
            out.setdefault("AdditionalCriteria", {} if r.random() < 0.5 else None)
        out.setdefault("EndStrategy", None)
    items = list(out.items())
    r.shuffle(items)
    return dict(items)


# ---- what Circe's SQL gives ------------------------------------------------------------------------

def load(folder):
    import duckdb
    here = os.path.dirname(os.path.abspath(__file__))
    fields = os.path.join(here, "../../data/ohdsi/cdm/OMOP_CDMv5.4_Field_Level.csv")
    tables = {}
    with open(fields, newline="", encoding="utf-8-sig") as f:
        for row in csv.DictReader(f):
            tables.setdefault(row["cdmTableName"].lower(), []).append((row["cdmFieldName"].lower().strip('"'),
                                                                       row["cdmDatatype"].lower()))
    kinds = {"integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "float": "DOUBLE"}
    con = duckdb.connect()
    for table, columns in tables.items():
        con.execute(f"CREATE TABLE {table} (" + ", ".join(f'"{n}" {kinds.get(t, "VARCHAR")}' for n, t in columns) + ")")
    for name in sorted(os.listdir(folder)):
        table, end = os.path.splitext(name.lower())
        path = os.path.join(folder, name)
        if end != ".csv" or table not in tables or os.path.getsize(path) == 0:
            continue
        with open(path, newline="") as f:
            header = [h.lower() for h in next(csv.reader(f))]
        kept = [h for h in header if h in dict(tables[table])]
        casts = ", ".join(f'CAST("{h}" AS {kinds.get(dict(tables[table])[h], "VARCHAR")})'
                          if kinds.get(dict(tables[table])[h]) != "DATE" else f'CAST(CAST("{h}" AS TIMESTAMP) AS DATE)'
                          for h in kept)
        con.execute(f"INSERT INTO {table} ({', '.join(chr(34) + h + chr(34) for h in kept)}) SELECT {casts} FROM "
                    f"read_csv('{path}', header=true, all_varchar=true, nullstr='', names={header})")
    return con


def expect(folder, lines):
    import time

    import duckdb
    from duckcdm.circe import build_cohort_query
    from duckcdm.sqlrender import render, split_sql, translate
    con = load(folder)
    spent = 0.0
    for line in lines:
        case = json.loads(line)
        case.pop("rows", None)
        sql = build_cohort_query(json.dumps(case["expression"]), cdm_schema="main", target_table="main.cohort",
                                 cohort_id=case["id"])
        sql = translate(render(fix_ties(sql)), "duckdb")
        start = time.time()
        try:
            con.execute("BEGIN")
            for statement in split_sql(sql):
                con.execute(statement)
            con.execute("COMMIT")
        except duckdb.Error as error:            # Circe's own SQL does not run: no reference
            con.execute("ROLLBACK")
            print(f"left out {case['id']}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        spent += time.time() - start
        rows = con.execute("SELECT subject_id, cohort_start_date, cohort_end_date FROM cohort WHERE "
                           f"cohort_definition_id = {case['id']} ORDER BY 1, 2, 3").fetchall()
        case["rows"] = [f"{p},{a},{b}" for p, a, b in rows]
        print(json.dumps(case, separators=(",", ":")))
    print(f"{spent:.2f} s in Circe's SQL", file=sys.stderr)


def main():
    if sys.argv[1:2] == ["cdm"]:
        make_cdm(sys.argv[2])
    elif sys.argv[1:2] == ["define"]:
        for i in range(int(sys.argv[2])):
            r = random.Random(int(sys.argv[3]) * 1_000_000 + i)
            print(json.dumps({"id": i + 1, "expression": Maker(r).definition()}, separators=(",", ":")))
    elif sys.argv[1:2] == ["library"]:
        library(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    elif sys.argv[1:2] == ["twist"]:
        for line in sys.stdin:
            case = json.loads(line)
            r = random.Random(int(sys.argv[2]) * 1_000_000 + case["id"])
            print(json.dumps({"id": case["id"], "expression": twist(r, case["expression"])}, separators=(",", ":")))
    elif sys.argv[1:2] == ["expect"]:
        expect(sys.argv[2], sys.stdin)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
