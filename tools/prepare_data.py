#!/usr/bin/env python3
"""Makes data/heart/ and data/tcga_brca/ from the published files (data/README.md says from where).

    tools/prepare_data.py --source FOLDER

FOLDER holds heart_uci/processed.{cleveland,hungarian,switzerland,va}.data as UCI publishes them,
heart_uci/flamby_heart_split.csv, heart_uci/flamby_heart_features_unnormalised.csv, and
flamby/tcga_brca/{brca,centers,train_test_split}.csv as FLamby publishes them.
The result is checked against FLamby's own features before anything is written.
"""

import argparse
import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

HEART_FILES = {"cleveland": "cleveland", "hungary": "hungarian", "switzerland": "switzerland", "va": "va"}
HEART_RAW = ("age sex cp trestbps chol fbs restecg thalach exang oldpeak slope ca thal num").split()
CP = {1: "typical_angina", 2: "atypical_angina", 3: "non_anginal", 4: "asymptomatic"}
RESTECG = {0: "normal", 1: "st_t_abnormality", 2: "left_ventricular_hypertrophy"}
HEART_OUT = ("patient age sex_male chest_pain resting_bp cholesterol fasting_sugar_high resting_ecg "
             "max_heart_rate exercise_angina st_depression disease split").split()

BRCA_REGIONS = ["northeast", "south", "west", "midwest", "europe", "canada"]  # FLamby's clients 0 to 5
BRCA_NAMES = {
    "ethnicity_not hispanic or latino": "ethnicity_not_hispanic",
    "ajcc_pathologic_n_N0 (i-)": "n_n0_i_minus",
    "icd_10_code_C50.9": "icd10_c50_9",
    "morphology_8500/3": "morphology_8500_3",
    "morphology_8520/3": "morphology_8520_3",
    "primary_diagnosis_Infiltrating duct carcinoma, NOS": "diagnosis_ductal",
    "primary_diagnosis_Lobular carcinoma, NOS": "diagnosis_lobular",
    "synchronous_malignancy_Not Reported": "synchronous_malignancy_not_reported",
    "age_at_index": "age",
    "E": "death", "T": "time",
}


def snake(name):
    """A readable name: the dataset's prefixes shortened, everything else to lower case and _."""
    if name in BRCA_NAMES:
        return BRCA_NAMES[name]
    name = name.replace("ajcc_pathologic_stage_Stage ", "ajcc_stage_").replace("tumor_stage_stage ", "tumor_stage_")
    name = name.replace("ajcc_pathologic_", "").replace("ajcc_staging_system_edition_", "ajcc_edition_")
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def boolean(value):
    return "" if value == "" else ("true" if float(value) else "false")


def number(text):
    return "" if text == "?" else f"{float(text):g}"


def heart_row(site, line, cells, fold):
    raw = {k: number(v) for k, v in zip(HEART_RAW, cells)}
    coded = lambda key, names: "" if raw[key] == "" else names[int(float(raw[key]))]
    return {
        "patient": f"{site}-{line:03d}", "age": raw["age"], "sex_male": boolean(raw["sex"]),
        "chest_pain": coded("cp", CP), "resting_bp": raw["trestbps"], "cholesterol": raw["chol"],
        "fasting_sugar_high": boolean(raw["fbs"]), "resting_ecg": coded("restecg", RESTECG),
        "max_heart_rate": raw["thalach"], "exercise_angina": boolean(raw["exang"]),
        "st_depression": raw["oldpeak"], "disease": boolean(raw["num"]), "split": fold,
    }


def flamby_vector(row):
    """The row as FLamby's one-hot features, to compare with its own file."""
    f = lambda key: float(row[key])
    b = lambda key: float(row[key] == "true")
    return [f("age"), b("sex_male"), f("resting_bp"), f("cholesterol"), b("fasting_sugar_high"),
            f("max_heart_rate"), b("exercise_angina"), f("st_depression"),
            *(float(row["chest_pain"] == CP[k]) for k in (2, 3, 4)),
            *(float(row["resting_ecg"] == RESTECG[k]) for k in (1, 2))]


def heart(source):
    folds = {}
    with open(source / "flamby_heart_split.csv", newline="") as f:
        for row in csv.DictReader(f):
            folds[row["center_name"], int(row["raw_line_1based"])] = row["set"]
    with open(source / "flamby_heart_features_unnormalised.csv", newline="") as f:
        expected = [[float(x) for x in row[3:]] + [row[0], row[1], row[2]] for row in list(csv.reader(f))[1:]]
    sites, made = {}, []
    for center, (site, name) in enumerate(HEART_FILES.items()):
        with open(source / f"processed.{name}.data", newline="") as f:
            rows = [heart_row(site, i, cells, folds.get((name, i), "none"))
                    for i, cells in enumerate(csv.reader(f), 1) if cells]
        sites[site] = rows
        made += [flamby_vector(r) + [str(center), r["split"], "1" if r["disease"] == "true" else "0"]
                 for r in rows if r["split"] != "none"]
    if sorted(made, key=str) != sorted(expected, key=str):
        sys.exit("heart: the rows differ from FLamby's features")
    return sites


def brca_stage(row):
    """The AJCC stage that the one-hot columns keep; their dropped and rarer levels are `other`."""
    for column, stage in (("IA", "I"), ("IIA", "IIA"), ("IIB", "IIB"), ("IIIA", "IIIA"), ("IIIC", "IIIC")):
        if row[f"ajcc_pathologic_stage_Stage {column}"] == "1":
            return stage
    return "I" if row["tumor_stage_stage i"] == "1" else "other"


def brca(source):
    with open(source / "train_test_split.csv", newline="") as f:
        folds = {row["pid"]: (row["fold"], int(row["fold2"].split("_")[1])) for row in csv.DictReader(f)}
    with open(source / "centers.csv", newline="") as f:
        regions = {row["TSS Code"]: row["Region"].lower() for row in csv.DictReader(f)}
    sites = {region: [] for region in BRCA_REGIONS}
    with open(source / "brca.csv", newline="") as f:
        for row in csv.DictReader(f):
            if row["pid"] not in folds:
                continue
            fold, client = folds[row["pid"]]
            region = regions[row["pid"].split("-")[1]]
            if BRCA_REGIONS[client] != region:
                sys.exit(f"brca: {row['pid']} is of client {client}, but of region {region}")
            out = {"patient": row["pid"]}
            for name, value in row.items():
                if name in ("age_at_index", "T"):
                    out[snake(name)] = number(value)
                elif name != "pid":
                    out[snake(name)] = boolean(value)
            out["stage"] = brca_stage(row)
            out["split"] = fold
            sites[region].append(out)
    return sites


def write(folder, sites):
    folder.mkdir(parents=True, exist_ok=True)
    for site, rows in sites.items():
        with open(folder / f"{site}.csv", "w", newline="") as f:
            writer = csv.DictWriter(f, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        counts = {k: sum(r["split"] == k for r in rows) for k in ("train", "test", "none")}
        print(f"{folder.name}/{site}.csv: {len(rows)} rows", {k: v for k, v in counts.items() if v})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    source = parser.parse_args().source
    write(ROOT / "data" / "heart", heart(source / "heart_uci"))
    write(ROOT / "data" / "tcga_brca", brca(source / "flamby" / "tcga_brca"))


if __name__ == "__main__":
    main()
