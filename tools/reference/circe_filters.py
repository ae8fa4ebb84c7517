"""Random filters of Circe's criteria: for each domain the keys it knows and how a value of each is drawn.

The keys are those of circe-be's classes of criteria; fields that CDM 5.4 has no column for
(PlaceOfServiceLocation, DoseUnit) are left out.
"""
from circe_values import DOMAINS

DECIMAL, WHOLE = False, True


def concept(c):
    return {"CONCEPT_ID": c}


class Filters:
    """Draws with `r`; concept sets that a filter needs are added to `sets`."""

    def __init__(self, r, values):
        self.r, self.values, self.sets = r, values, []

    # -- one value

    def pick(self, concepts, most):
        """Some of the concepts, the frequent ones more often."""
        r, found = self.r, []
        for _ in range(most):
            c = concepts[min(int(r.expovariate(6 / len(concepts))), len(concepts) - 1)]
            if c not in found:
                found.append(c)
        return found

    def set_of(self, concepts):
        r = self.r
        items = [{"concept": concept(c), "isExcluded": False, "includeDescendants": r.random() < 0.7,
                  "includeMapped": r.random() < 0.1} for c in self.pick(concepts, r.choice([1, 1, 2, 3, 8]))]
        if r.random() < 0.25:
            items.append({"concept": concept(r.choice(concepts)), "isExcluded": True,
                          "includeDescendants": r.random() < 0.6, "includeMapped": r.random() < 0.1})
        if r.random() < 0.05:
            items.append({"concept": concept(999999), "isExcluded": False})
        if r.random() < 0.03:
            items = []
        self.sets.append({"id": len(self.sets), "name": f"set {len(self.sets)}", "expression": {"items": items}})
        return len(self.sets) - 1

    def choice(self, concepts):
        r = self.r
        if r.random() < 0.15:
            return {"CodesetId": None, "IsExclusion": r.random() < 0.5}
        return {"CodesetId": self.set_of(concepts), "IsExclusion": r.random() < 0.3}

    def some(self, concepts):
        return [concept(c) for c in self.pick(concepts, self.r.choice([1, 2, 3]))]

    def number(self, low, high, whole=WHOLE):
        r = self.r

        def draw():
            return r.randint(int(low), int(high)) if whole else round(r.uniform(low, high), r.choice([0, 1, 5]))
        op = r.choice(["lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt", "gte", "gt"])
        a, b = sorted((draw(), draw()))
        return {"Value": a, "Op": op, "Extent": b} if op.endswith("bt") else {"Value": r.choice([a, b]), "Op": op}

    def dates(self):
        op = self.r.choice(["lt", "lte", "eq", "gt", "gte", "bt", "!bt", "!eq"])
        a, b = sorted((self.values.day(self.r), self.values.day(self.r)))
        return {"Value": a, "Op": op, "Extent": b} if op.endswith("bt") else {"Value": a, "Op": op}

    def text(self, texts):
        t = self.r.choice(texts)
        op = self.r.choice(["", "!"]) + self.r.choice(["startsWith", "endsWith", "contains"])
        return {"Text": t[:4] if "starts" in op else t[-4:] if "ends" in op else t[1:4] or t, "Op": op}

    # -- of a domain: {key: draw}

    def listed(self, key, table, column, set_key=None, zero=False):
        """A concept column asked for as a list (KEY) or as a set (KEYCS)."""
        known = self.values.concepts(table, column, zero=zero)
        return {key: lambda: self.some(known), set_key or key + "CS": lambda: self.choice(known)}

    def typed(self, prefix, table):
        return {**self.listed(prefix + "Type", table, f"{prefix.lower()}_type_concept_id"),
                prefix + "TypeExclude": lambda: self.r.random() < 0.5}

    def counted(self, key, table, column, whole=WHOLE):
        return {key: lambda: self.number(*self.values.numbers(table, column), whole)}

    def worded(self, key, table, column):
        return {key: lambda: self.text(self.values.texts(table, column))}

    def aged(self, *keys):
        return {key: lambda: self.number(0, 90) for key in keys}

    def dated(self, *keys):
        return {key: self.dates for key in keys}

    def common(self, kind):
        """What the clinical domains share: gender, visit, provider, source concept."""
        known = {**self.aged("Age"), **self.listed("Gender", "person", "gender_concept_id")}
        if kind not in ("Death", "Specimen"):
            known |= self.listed("ProviderSpecialty", "provider", "specialty_concept_id")
        if kind not in ("Death", "Specimen", "VisitOccurrence"):
            known |= self.listed("VisitType", "visit_occurrence", "visit_concept_id")
        sources = {"ConditionOccurrence": "Condition", "Death": "Death", "DeviceExposure": "Device",
                   "DrugExposure": "Drug", "Measurement": "Measurement", "Observation": "Observation",
                   "ProcedureOccurrence": "Procedure", "VisitOccurrence": "Visit"}
        if kind in sources:
            known[sources[kind] + "SourceConcept"] = lambda: self.set_of(self.values.sources_of(kind))
        return known

    def era(self, kind):
        table = DOMAINS[kind][0]
        known = {**self.dated("EraStartDate", "EraEndDate"), "EraLength": lambda: self.number(0, 90),
                 **self.aged("AgeAtStart", "AgeAtEnd"), **self.listed("Gender", "person", "gender_concept_id")}
        if kind == "ConditionEra":
            known |= self.counted("OccurrenceCount", table, "condition_occurrence_count")
        if kind == "DrugEra":
            known |= self.counted("OccurrenceCount", table, "drug_exposure_count")
            known |= self.counted("GapDays", table, "gap_days")
        if kind == "DoseEra":
            known |= self.listed("Unit", table, "unit_concept_id") | self.counted("DoseValue", table, "dose_value", DECIMAL)
        return known

    def measured(self, table):
        return {**self.counted("ValueAsNumber", table, "value_as_number", DECIMAL),
                **self.listed("ValueAsConcept", table, "value_as_concept_id", zero=True),
                **self.listed("Unit", table, "unit_concept_id", zero=True)}

    def period(self, kind):
        def own():
            a, b = sorted((self.values.day(self.r), self.values.day(self.r)))
            return self.r.choice([{"StartDate": a}, {"EndDate": b}, {"StartDate": a, "EndDate": b}])
        known = {**self.dated("PeriodStartDate", "PeriodEndDate"), "PeriodLength": lambda: self.number(50, 8000),
                 "UserDefinedPeriod": own, **self.aged("AgeAtStart", "AgeAtEnd")}
        if kind == "ObservationPeriod":
            return known | self.listed("PeriodType", "observation_period", "period_type_concept_id")
        known |= self.listed("Gender", "person", "gender_concept_id")
        for name in ("payer", "plan", "sponsor", "stop_reason"):
            key = name.title().replace("_", "")
            for suffix, column in (("Concept", "concept_id"), ("SourceConcept", "source_concept_id")):
                concepts = self.values.concepts("payer_plan_period", f"{name}_{column}")
                known[key + suffix] = lambda concepts=concepts: self.set_of(concepts)
        return known

    def of(self, kind):
        if kind in ("ConditionEra", "DrugEra", "DoseEra"):
            return self.era(kind)
        if kind in ("ObservationPeriod", "PayerPlanPeriod"):
            return self.period(kind)
        return getattr(self, "of_" + DOMAINS[kind][0])(kind)

    def of_condition_occurrence(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate", "OccurrenceEndDate"), **self.typed("Condition", table),
                **self.worded("StopReason", table, "stop_reason"),
                **self.listed("ConditionStatus", table, "condition_status_concept_id", zero=True), **self.common(kind)}

    def of_death(self, kind):
        return {**self.dated("OccurrenceStartDate"), **self.typed("Death", "death"), **self.common(kind)}

    def of_device_exposure(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate", "OccurrenceEndDate"), **self.typed("Device", table),
                **self.worded("UniqueDeviceId", table, "unique_device_id"), **self.counted("Quantity", table, "quantity"),
                **self.common(kind)}

    def of_drug_exposure(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate", "OccurrenceEndDate"), **self.typed("Drug", table),
                **self.worded("StopReason", table, "stop_reason"), **self.worded("LotNumber", table, "lot_number"),
                **self.counted("Refills", table, "refills"), **self.counted("Quantity", table, "quantity", DECIMAL),
                **self.counted("DaysSupply", table, "days_supply"),
                "EffectiveDrugDose": lambda: self.number(0, 9, DECIMAL),
                **self.listed("RouteConcept", table, "route_concept_id", zero=True), **self.common(kind)}

    def of_episode(self, kind):
        values = self.values
        return {**self.dated("EpisodeStartDate", "EpisodeEndDate"), **self.aged("Age"),
                **self.counted("EpisodeNumber", "episode", "episode_number"),
                "GenderCS": lambda: self.choice(values.concepts("person", "gender_concept_id")),
                "EpisodeTypeCS": lambda: self.choice(values.concepts("episode", "episode_type_concept_id")),
                "EpisodeObjectConceptCS": lambda: self.choice(values.concepts("episode", "episode_object_concept_id"))}

    def of_measurement(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate"), **self.typed("Measurement", table), **self.measured(table),
                **self.listed("Operator", table, "operator_concept_id", zero=True),
                **self.counted("RangeLow", table, "range_low", DECIMAL),
                **self.counted("RangeHigh", table, "range_high", DECIMAL),
                "RangeLowRatio": lambda: self.number(0, 3, DECIMAL), "RangeHighRatio": lambda: self.number(0, 2, DECIMAL),
                "Abnormal": lambda: self.r.random() < 0.8, **self.common(kind)}

    def of_observation(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate"), **self.typed("Observation", table), **self.measured(table),
                **self.worded("ValueAsString", table, "value_as_string"),
                **self.listed("Qualifier", table, "qualifier_concept_id", zero=True), **self.common(kind)}

    def of_procedure_occurrence(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate"), **self.typed("Procedure", table),
                **self.listed("Modifier", table, "modifier_concept_id", zero=True),
                **self.counted("Quantity", table, "quantity"), **self.common(kind)}

    def of_specimen(self, kind):
        table = DOMAINS[kind][0]
        return {**self.dated("OccurrenceStartDate"), **self.typed("Specimen", table),
                **self.counted("Quantity", table, "quantity", DECIMAL), **self.listed("Unit", table, "unit_concept_id"),
                **self.listed("AnatomicSite", table, "anatomic_site_concept_id", zero=True),
                **self.listed("DiseaseStatus", table, "disease_status_concept_id", zero=True),
                **self.worded("SourceId", table, "specimen_source_id"),
                "SpecimenSourceConcept": lambda: self.set_of(self.values.of_domain(kind)), **self.common(kind)}

    def of_visit_detail(self, kind):
        values, table = self.values, DOMAINS[kind][0]
        places = values.concepts("care_site", "place_of_service_concept_id")
        return {**self.dated("VisitDetailStartDate", "VisitDetailEndDate"), **self.aged("Age"),
                "VisitDetailTypeCS": lambda: self.choice(values.concepts(table, "visit_detail_type_concept_id")),
                "VisitDetailLength": lambda: self.number(0, 10),
                "GenderCS": lambda: self.choice(values.concepts("person", "gender_concept_id")),
                "ProviderSpecialtyCS": lambda: self.choice(values.concepts("provider", "specialty_concept_id")),
                "PlaceOfServiceCS": lambda: self.choice(places),
                "VisitDetailSourceConcept": lambda: self.set_of(values.sources_of(kind))}

    def of_visit_occurrence(self, kind):
        return {**self.dated("OccurrenceStartDate", "OccurrenceEndDate"), **self.typed("Visit", "visit_occurrence"),
                "VisitLength": lambda: self.number(0, 12), **self.common(kind),
                **self.listed("PlaceOfService", "care_site", "place_of_service_concept_id")}

    def of_person(self):
        """Of a demographic criterion."""
        return {**self.aged("Age"), **self.dated("OccurrenceStartDate", "OccurrenceEndDate"),
                **self.listed("Gender", "person", "gender_concept_id"), **self.listed("Race", "person", "race_concept_id"),
                **self.listed("Ethnicity", "person", "ethnicity_concept_id", zero=True)}
