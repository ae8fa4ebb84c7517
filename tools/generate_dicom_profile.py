#!/usr/bin/env python3
"""Writes the C++ tables of the DICOM source from the project's lists.

usage: generate_dicom_profile.py TABLE_E1-1.csv BODY_PARTS.csv OUTPUT_FOLDER

profile.inc is the initialiser of `kTable` in src/dicom/profile.cc, ordered by tag; a tag of a repeating
group (50xxxxxx) becomes value and mask. body_parts.inc is the one of `kBodyParts` in src/dicom/body_parts.cc.
"""

import csv
import pathlib
import sys

CODES = {"X", "Z", "D", "U", "K", "C", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def profile_lines(rows):
    for row in sorted(rows, key=lambda r: r["tag"]):
        tag = row["tag"]
        value = int(tag.replace("x", "0"), 16)
        mask = int("".join("0" if c == "x" else "F" for c in tag), 16)
        for code in (row["basic"], row["retain_patient_characteristics"] or "X"):
            if code not in CODES:
                sys.exit(f"{tag}: unknown action code {code!r}")
        yield (f'{{0x{value:08X}, 0x{mask:08X}, "{row["basic"]}", '
               f'"{row["retain_patient_characteristics"]}"}},\n')


def body_part_lines(rows):
    for row in sorted(rows, key=lambda r: r["body_part"]):
        yield f'{{"{row["body_part"]}", "{row["snomed_ct"]}"}},\n'


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[3])
    (out / "profile.inc").write_text("".join(profile_lines(rows_of(sys.argv[1]))), encoding="utf-8")
    (out / "body_parts.inc").write_text("".join(body_part_lines(rows_of(sys.argv[2]))), encoding="utf-8")


if __name__ == "__main__":
    main()
