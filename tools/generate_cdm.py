#!/usr/bin/env python3
"""Writes the C++ table of OMOP CDM fields from OHDSI's field-level and table-level lists.

usage: generate_cdm.py FIELD_LEVEL.csv TABLE_LEVEL.csv OUTPUT.inc

The output is the initialiser of `kTables` in src/omop/cdm.cc, in the order of the field-level list.
"""

import csv
import re
import sys

TYPES = {"integer": "kInteger", "float": "kFloat", "date": "kDate", "datetime": "kDateTime"}


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def given(text):
    return "" if text.strip() == "NA" else text.strip()


def field_of(row):
    type_text = row["cdmDatatype"].strip().lower()
    if type_text in TYPES:
        kind, length = TYPES[type_text], 0
    else:
        match = re.fullmatch(r"varchar\((\d+|max)\)", type_text)
        if not match:
            sys.exit(f"{row['cdmTableName']}.{row['cdmFieldName']}: unknown type {type_text!r}")
        kind, length = "kText", 0 if match[1] == "max" else int(match[1])
    name = row["cdmFieldName"].strip().strip('"').lower()
    flags = [row[k].strip().lower() == "yes" for k in ("isRequired", "isPrimaryKey", "isForeignKey")]
    texts = [given(row["fkTableName"]).lower(), given(row["fkFieldName"]).lower(),
             given(row["fkDomain"]), given(row["fkClass"])]
    return "{" + ", ".join([f'"{name}"', f"CdmType::{kind}", str(length)]
                           + [str(f).lower() for f in flags] + [f'"{t}"' for t in texts]) + "}"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    groups = {"CDM": "kClinical", "VOCAB": "kVocabulary", "RESULTS": "kResults"}
    tables = {}
    for row in rows_of(sys.argv[1]):
        tables.setdefault(row["cdmTableName"].strip().lower(), []).append(field_of(row))
    group_of = {row["cdmTableName"].strip().lower(): groups[row["schema"].strip()]
                for row in rows_of(sys.argv[2])}
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        for name, fields in tables.items():
            out.write(f'{{"{name}", CdmGroup::{group_of[name]}, {{\n')
            out.writelines(f"  {field},\n" for field in fields)
            out.write("}},\n")


if __name__ == "__main__":
    main()
