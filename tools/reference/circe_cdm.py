"""A made-up CDM of 60 persons that fills every table a cohort can ask for, as CSV files, seeded; it has what
sites get wrong: overlapping observation periods, events outside them, absent ends.

circe_cohorts.py writes it (`cdm`), and a made-up vocabulary for a CDM that has none (`vocabulary`).
"""
import csv
import os
import random
from datetime import date, timedelta

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


def invent_vocabulary(folder):
    """For a CDM that came without one: the concepts in use, a few of them no longer valid; three in four under
    made-up parents, these under grandparents; some that map to others."""
    from circe_values import DOMAINS, NOTHING, Values
    values, r = Values(folder), random.Random(21)
    concepts, pairs, maps = set(), set(), []
    for number, (kind, (table, standard, source)) in enumerate(sorted(DOMAINS.items())):
        used = [c for column in (standard, source) if column for c in values.concepts(table, column) if c not in NOTHING]
        used = sorted(set(used))
        concepts.update(used)
        parents = [9_000_000 + 1_000 * number + i for i in range(len(used) // 4 + 1)] if used else []
        for c in used + parents:
            pairs.add((c, c))
        for c in used:
            parent = r.choice(parents)
            if r.random() < 0.75:
                pairs.update({(parent, c), (parents[0], c), (parents[0], parent)})
        concepts.update(parents)
        maps += [(9_500_000 + c % 100_000, c) for c in used if r.random() < 0.1]
        if len(used) > 4:
            maps += [tuple(r.sample(used, 2)) for _ in range(len(used) // 5)]
    for table, column in (("person", "gender_concept_id"), ("person", "race_concept_id")):
        concepts.update(c for c in values.concepts(table, column) if c not in NOTHING)
    concepts.update(a for a, _ in maps)
    valid = dict(valid_start_date="1970-01-01", valid_end_date="2099-12-31")
    write(folder, "concept", [dict(concept_id=c, concept_name=f"concept {c}", domain_id="Any", vocabulary_id="Test",
                                   concept_class_id="Any", standard_concept="S", concept_code=str(c), **valid,
                                   invalid_reason="D" if r.random() < 0.03 else "") for c in sorted(concepts)])
    write(folder, "concept_ancestor", [dict(ancestor_concept_id=a, descendant_concept_id=d, min_levels_of_separation=1,
                                            max_levels_of_separation=1) for a, d in sorted(pairs)])
    write(folder, "concept_relationship", [dict(concept_id_1=a, concept_id_2=b, relationship_id="Maps to", **valid,
                                                invalid_reason="D" if r.random() < 0.1 else "")
                                           for a, b in sorted(set(maps)) if a != b])
