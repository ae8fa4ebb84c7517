#!/usr/bin/env python3
"""Writes the C++ list of data quality checks from the OHDSI Data Quality Dashboard's own lists.

usage: generate_dqd.py FOLDER VERSION OUTPUT.inc

FOLDER holds OMOP_CDMv<VERSION>_{Check_Descriptions,Table_Level,Field_Level,Concept_Level}.csv. The output is
the initialiser of `kChecks` in src/quality/check_list.cc: the checks in the Dashboard's order, each with its
table, field, concepts, the arguments of its kind and its threshold.
"""

import csv
import json
import sys

# Which cells of the check's row are its arguments.
ARGUMENTS = {
    "isForeignKey": ("fkTableName", "fkFieldName"),
    "fkDomain": ("fkDomain",),
    "fkClass": ("fkClass",),
    "sourceValueCompleteness": ("standardConceptFieldName",),
    "plausibleValueLow": ("plausibleValueLow",),
    "plausibleValueHigh": ("plausibleValueHigh",),
    "plausibleTemporalAfter": ("plausibleTemporalAfterTableName", "plausibleTemporalAfterFieldName"),
    "plausibleStartBeforeEnd": ("plausibleStartBeforeEndFieldName",),
    "plausibleGender": ("plausibleGender",),
    "plausibleGenderUseDescendants": ("plausibleGenderUseDescendants",),
    "plausibleUnitConceptIds": ("plausibleUnitConceptIds",),
}
# When a row has the check: the list's own "evaluationFilter", which is an expression in R.
YES = {"measurePersonCompleteness", "measureConditionEraCompleteness", "measureObservationPeriodOverlap",
       "isRequired", "isPrimaryKey", "isForeignKey", "isStandardValidConcept", "measureValueCompleteness",
       "standardConceptRecordCompleteness", "sourceConceptRecordCompleteness", "sourceValueCompleteness",
       "plausibleTemporalAfter", "plausibleDuringLife", "withinVisitDates", "plausibleAfterBirth",
       "plausibleBeforeDeath", "plausibleStartBeforeEnd"}


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [{k: ("" if v in (None, "NA") else v.strip()) for k, v in row.items()} for row in csv.DictReader(file)]


def has_check(name, row):
    if name == "cdmTable":
        return row["cdmTableName"] != ""
    if name == "cdmField":
        return row["cdmFieldName"] != ""
    if name == "cdmDatatype":
        return row["cdmDatatype"] == "integer"
    if name in YES:
        return row[name] == "Yes"
    if name in ("fkDomain", "fkClass"):
        return row["isForeignKey"] == "Yes" and row[name] != ""
    if name == "plausibleUnitConceptIds":
        return row["plausibleUnitConceptIdsThreshold"] != ""
    return row[name] != ""


def quoted(text):
    return json.dumps(text.strip().strip('"'), ensure_ascii=False)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    stem = f"{sys.argv[1]}/OMOP_CDMv{sys.argv[2]}_"
    levels = {level: rows_of(f"{stem}{level.capitalize()}_Level.csv") for level in ("TABLE", "FIELD", "CONCEPT")}
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        for description in rows_of(stem + "Check_Descriptions.csv"):
            level, name = description["checkLevel"], description["checkName"]
            for row in levels[level]:
                if not has_check(name, row):
                    continue
                arguments = [row[cell] for cell in ARGUMENTS.get(name, ())] + ["", ""]
                threshold = row.get(name + "Threshold", "")
                out.write("{CheckKind::k%s, %s, %s, %s, %s, %s, %s, %s},\n" % (
                    name[0].upper() + name[1:], quoted(row["cdmTableName"].lower()),
                    quoted(row.get("cdmFieldName", "").lower()), quoted(row.get("conceptId", "")),
                    quoted(row.get("conceptName", "")), quoted(arguments[0]), quoted(arguments[1]),
                    threshold if threshold else "kNoThreshold"))


if __name__ == "__main__":
    main()
