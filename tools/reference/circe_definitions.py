"""Random Circe definitions over the values of a CDM, seeded: every domain, filter, group, window, limit and exit."""
from circe_filters import Filters

COMMON = (["ConditionOccurrence"] * 5 + ["DrugExposure"] * 3 + ["Measurement"] * 3 + ["VisitOccurrence"] * 3
          + ["ProcedureOccurrence"] * 2 + ["Observation"] * 2)
RARE = ["ConditionEra", "Death", "DrugEra", "DoseEra", "DeviceExposure", "Specimen", "VisitDetail",
        "ObservationPeriod", "PayerPlanPeriod", "Episode"]
KINDS = set(COMMON + RARE)
PERIODS = ("ObservationPeriod", "PayerPlanPeriod")

# What circe-be's builders know to count beside these of every domain.
COUNTED = {
    "DrugExposure": ["DAYS_SUPPLY", "QUANTITY", "REFILLS"], "DeviceExposure": ["QUANTITY"],
    "ProcedureOccurrence": ["QUANTITY"], "Measurement": ["VALUE_AS_NUMBER", "RANGE_HIGH", "RANGE_LOW"],
    "Observation": ["VALUE_AS_NUMBER"], "ConditionEra": ["ERA_OCCURRENCES"],
    "DrugEra": ["ERA_OCCURRENCES", "GAP_DAYS"], "DoseEra": ["UNIT", "VALUE_AS_NUMBER"],
    "VisitDetail": ["VISIT_DETAIL_ID"],
}


class Maker:
    def __init__(self, r, values):
        self.r, self.values, self.filters = r, values, Filters(r, values)

    def criterion(self, depth=0, filtered=0.35):
        r = self.r
        kind = r.choice(COMMON) if r.random() < 0.7 else r.choice(RARE)
        body = {}
        if kind not in PERIODS and r.random() < 0.92:
            body["CodesetId"] = self.filters.set_of(self.values.of_domain(kind))
        if kind != "Death" and r.random() < 0.25:
            body["First"] = True
        known = self.filters.of(kind)
        if r.random() < filtered:
            for key in r.sample(list(known), min(len(known), r.choice([1, 1, 1, 2, 3]))):
                body[key] = known[key]()
        if r.random() < 0.07:
            body["DateAdjustment"] = {"StartWith": r.choice(["START_DATE", "END_DATE"]), "StartOffset": r.randint(-5, 5),
                                      "EndWith": r.choice(["START_DATE", "END_DATE"]), "EndOffset": r.randint(-2, 9)}
        # Circe's own SQL for nested criteria of an episode does not parse.
        if kind != "Episode" and depth < 3 and r.random() < 0.14:
            body["CorrelatedCriteria"] = self.group(depth + 1)
        return {kind: body}

    def plain_entry(self):
        kind = self.r.choice(COMMON)
        return {kind: {"CodesetId": self.filters.set_of(self.values.of_domain(kind))}}

    # -- windows, counts, groups

    def endpoint(self, sign):
        r = self.r
        if r.random() < 0.3:
            return {"Coeff": sign}
        return {"Days": r.choice([0, 0, 1, 7, 30, 90, 180, 365, 1095]), "Coeff": sign}

    def window(self):
        r = self.r
        a, b = r.choice([(-1, 1), (-1, 1), (-1, -1), (1, 1)])
        w = {"Start": self.endpoint(a), "End": self.endpoint(b)}
        if a == b:                               # keep them in order
            w["Start"] = {"Days": r.choice([0, 1, 7]) if a == 1 else 365, "Coeff": a}
            if a == -1:
                w["End"] = {"Days": r.choice([0, 1, 7]), "Coeff": -1}
        for key in ("UseIndexEnd", "UseEventEnd"):
            if r.random() < 0.5:
                w[key] = r.random() < 0.3
        return w

    def occurrence(self, kind, nested):
        r = self.r
        occurrence = {"Type": r.choice([2, 2, 2, 0, 1]), "Count": r.choice([0, 1, 1, 1, 2, 3])}
        if occurrence["Type"] == 2 and occurrence["Count"] == 0 and r.random() < 0.8:
            occurrence["Count"] = 1
        if r.random() < 0.2 and not nested:      # Circe's own SQL fails there
            columns = ["START_DATE", "END_DATE", "DOMAIN_CONCEPT"] + COUNTED.get(kind, [])
            if kind not in ("ConditionEra", "VisitDetail", "Episode"):
                columns.append("VISIT_ID")
            if kind != "PayerPlanPeriod":
                columns.append("DURATION")
            occurrence |= {"IsDistinct": True, "CountColumn": r.choice(columns + [None])}
        return occurrence

    def correlated(self, depth):
        r = self.r
        criterion = self.criterion(depth)
        (kind, body), = criterion.items()
        cc = {"Criteria": criterion, "StartWindow": self.window(),
              "Occurrence": self.occurrence(kind, "CorrelatedCriteria" in body)}
        if r.random() < 0.2:
            cc["EndWindow"] = self.window()
        if r.random() < 0.1:
            cc["RestrictVisit"] = True
        if r.random() < 0.2:
            cc["IgnoreObservationPeriod"] = True
        return cc

    def demographic(self):
        r, known = self.r, self.filters.of_person()
        return {k: known[k]() for k in r.sample(list(known), r.choice([0, 1, 1, 1, 2]))}

    def group(self, depth=0):
        r = self.r
        g = {"Type": r.choice(["ALL", "ALL", "ANY", "AT_LEAST", "AT_MOST", "all", "Any"])}
        if g["Type"].startswith("AT_"):
            g["Count"] = r.choice([0, 1, 1, 2])
        g["CriteriaList"] = [self.correlated(depth) for _ in range(r.choice([0, 1, 1, 1, 2, 3]))]
        g["DemographicCriteriaList"] = [self.demographic() for _ in range(r.choice([0, 0, 0, 1]))]
        g["Groups"] = [self.group(depth + 1) for _ in range(r.choice([0, 0, 0, 1, 2]))] if depth < 2 else []
        return g

    # -- the whole

    def limit(self):
        return {"Type": self.r.choice(["First", "All", "All", "Last", "all", "LAST"])}

    def exit(self):
        r, way = self.r, self.r.random()
        if way < 0.5:
            return {"DateOffset": {"DateField": r.choice(["StartDate", "EndDate"]),
                                   "Offset": r.choice([0, 0, 1, 7, 30, 365, -2])}}
        if way < 0.7:
            era = {"DrugCodesetId": self.filters.set_of(self.values.of_domain("DrugExposure")),
                   "GapDays": r.choice([0, 7, 30]), "Offset": r.choice([0, 0, 7])}
            if r.random() < 0.3:
                era["DaysSupplyOverride"] = 14
            return {"CustomEra": era}
        return None

    def definition(self):
        r = self.r
        d = {"cdmVersionRange": ">=5.0.0",
             "PrimaryCriteria": {"CriteriaList": [self.criterion(1 if r.random() < 0.7 else 0)
                                                  for _ in range(r.choice([1, 1, 1, 2, 3]))],
                                 "ObservationWindow": {"PriorDays": r.choice([0, 0, 30, 180, 365]),
                                                       "PostDays": r.choice([0, 0, 0, 30])},
                                 "PrimaryCriteriaLimit": self.limit()},
             "QualifiedLimit": self.limit(), "ExpressionLimit": self.limit()}
        if r.random() < 0.3:
            d["AdditionalCriteria"] = self.group()
        d["InclusionRules"] = [{"name": f"rule {i}", "expression": self.group()}
                               for i in range(r.choice([0, 0, 1, 1, 2, 3]))]
        if (exit_ := self.exit()) is not None:
            d["EndStrategy"] = exit_
        d["CensoringCriteria"] = [self.criterion(2) for _ in range(r.choice([1, 2]))] if r.random() < 0.2 else []
        d["CollapseSettings"] = {"CollapseType": "ERA", "EraPad": r.choice([0, 0, 30, 180])}
        a, b = sorted((self.values.day(r), self.values.day(r)))
        d["CensorWindow"] = r.choice([{"StartDate": a}, {"EndDate": b}, {"StartDate": a, "EndDate": b}]) \
            if r.random() < 0.15 else {}
        d["ConceptSets"] = self.filters.sets
        return d


def each(r, values):
    """A small definition for every filter of every domain, and for every column that can be counted."""
    for kind in sorted(KINDS):
        for key in Maker(r, values).filters.of(kind):
            maker = Maker(r, values)
            body = {key: maker.filters.of(kind)[key]()}
            if key.endswith("Exclude"):          # of the list beside it
                body[key[:-7]] = maker.filters.of(kind)[key[:-7]]()
            yield plain(maker, [{kind: body}], [])
        for column in ["DOMAIN_CONCEPT", "START_DATE"] + COUNTED.get(kind, []):
            maker = Maker(r, values)
            rule = {"Criteria": {kind: {}}, "StartWindow": maker.window(),
                    "Occurrence": {"Type": r.choice([0, 1, 2, 2]), "Count": 2, "IsDistinct": True, "CountColumn": column}}
            yield plain(maker, [maker.plain_entry()], [rule])


def plain(maker, entry, rules):
    r = maker.r
    return {"PrimaryCriteria": {"CriteriaList": entry, "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
                                "PrimaryCriteriaLimit": {"Type": "All"}},
            "QualifiedLimit": {"Type": "First"}, "ExpressionLimit": {"Type": r.choice(["First", "Last", "All"])},
            "InclusionRules": [{"name": "", "expression": {"Type": "ALL", "CriteriaList": rules, "Groups": [],
                                                           "DemographicCriteriaList": []}}] if rules else [],
            "EndStrategy": {"DateOffset": {"DateField": "EndDate", "Offset": r.choice([0, 3])}},
            "CollapseSettings": {"EraPad": 0}, "ConceptSets": maker.filters.sets}


def library(r, values, known_share=0.12):
    """One in the mix of the OHDSI Phenotype Library 3.37.0: half conditions alone, a third with rules or
    filters, one definition in eight about concepts that the data have."""
    kinds = ["ConditionOccurrence", "DrugExposure", "ProcedureOccurrence", "VisitOccurrence", "Observation"]
    sets, filled = [], r.random() < known_share

    def any_set(kind):
        known = values.of_domain(kind)
        ids = r.sample(known, min(len(known), r.choice([1, 2, 5]))) if filled else []
        ids += [r.randint(40_000_000, 45_000_000) for _ in range(r.choice([2, 5, 20, 60]))]
        sets.append({"id": len(sets), "name": "s", "expression": {"items": [
            {"concept": {"CONCEPT_ID": c}, "includeDescendants": True, "isExcluded": r.random() < 0.05} for c in ids]}})
        return len(sets) - 1

    entry = []
    for kind in ["ConditionOccurrence"] if r.random() < 0.5 else r.choices(kinds, [70, 12, 16, 11, 12],
                                                                           k=r.choice([1, 2, 2, 3])):
        body = {"CodesetId": any_set(kind)}
        if r.random() < 0.13:
            body["First"] = True
        if r.random() < 0.1:
            body["Age"] = {"Value": 18, "Op": "gte"}
        entry.append({kind: body})
    rules = []
    for _ in range(r.choice([1, 1, 2, 3, 6]) if r.random() < 0.24 else 0):
        kind = r.choice(kinds)
        rules.append({"name": "r", "expression": {"Type": r.choice(["ALL", "ANY"]), "CriteriaList": [{
            "Criteria": {kind: {"CodesetId": any_set(kind)}},
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
        d["EndStrategy"] = {"CustomEra": {"DrugCodesetId": any_set("DrugExposure"), "GapDays": 30, "Offset": 0}}
    return d


# ---- the odd ways in which Circe's own reader takes a definition

NUMBERS = {"CodesetId", "Days", "Coeff", "Count", "PriorDays", "PostDays", "Offset", "EraPad", "GapDays", "Value",
           "Extent", "CONCEPT_ID", "StartOffset", "EndOffset", "DrugCodesetId", "DaysSupplyOverride"}
EMPTY = [("Gender", []), ("VisitType", None), ("ProviderSpecialty", []), ("CorrelatedCriteria", None), ("Age", None),
         ("DateAdjustment", None)]
LIKE_CONDITION = ("ConditionOccurrence", "DrugExposure", "ProcedureOccurrence", "Measurement", "Observation")


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
    if len(out) == 1 and next(iter(out)) in LIKE_CONDITION:
        (kind, body), = out.items()
        for k, v in r.sample(EMPTY, 2):
            body.setdefault(k, v)
        body.setdefault(kind.replace("Occurrence", "").replace("Exposure", "") + "TypeExclude", False)
        if r.random() < 0.1:
            body["CodesetId"] = 990 + r.randrange(2)     # no such set
    if "PrimaryCriteria" in out:
        twist_whole(r, out)
    items = list(out.items())
    r.shuffle(items)
    return dict(items)


def twist_whole(r, out):
    for key in ("QualifiedLimit", "ExpressionLimit"):
        if r.random() < 0.3 and (out.get(key) or {}).get("Type") == "First":
            del out[key]
    if r.random() < 0.3 and (out.get("CollapseSettings") or {}).get("EraPad") in (0, "0"):
        del out["CollapseSettings"]
    if r.random() < 0.3:
        out.setdefault("AdditionalCriteria", {} if r.random() < 0.5 else None)
    out.setdefault("EndStrategy", None)
