#!/usr/bin/env python3
"""Shows a federation of real hospitals on this machine: a hub and its sites as processes with mutual TLS.

Part 1  four hospitals of the UCI heart-disease data: counts, Table 1, a logistic regression, its evaluation
Part 2  six regions of TCGA-BRCA: Kaplan-Meier by stage, Cox stratified and pooled, concordance on held-out rows
Part 3  a hospital killed in the middle of a run: the run ends without it, and again with it back
Part 4  what the hub saw of one hospital
Part 5  three sites with OMOP tables: the cohort and its variables are selected at each site
Part 6  one self-contained HTML report

Everything lives in one folder (default: a new one under /tmp), listens on loopback only, and stops at the end.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from federation import Federation, Failure  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEART = ["cleveland", "hungary", "switzerland", "va"]
TCGA = ["northeast", "south", "west", "midwest", "europe", "canada"]
OMOP = ["north", "centre", "south"]
BOLD, DIM, OFF = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def title(text):
    print(f"\n{BOLD}== {text}{OFF}", flush=True)


def comment(text):
    print(f"{DIM}# {text}{OFF}", flush=True)


def indent(text, lines_max=0):
    lines = text.rstrip("\n").split("\n")
    if lines_max and len(lines) > lines_max:
        lines = lines[:lines_max] + [f"... {len(lines) - lines_max} more lines in the report"]
    print("\n".join("  " + line for line in lines), flush=True)


def value(result, analysis, table, column, row=0):
    """One cell of a study's JSON result."""
    for found in result["analyses"]:
        if found["name"] == analysis:
            for t in found["result"]["tables"]:
                if t["id"] == table:
                    names = [c["name"] for c in t["columns"]]
                    return t["rows"][row][names.index(column)]
    raise Failure(f"the result has no {analysis}/{table}/{column}")


def part_heart(heart):
    title("1. Four hospitals, one regression (UCI heart disease: Cleveland, Hungary, Switzerland, Long Beach)")
    comment("each hospital loads its own CSV into its own encrypted warehouse; the study file goes to the hub")
    study = heart.submit(ROOT / "studies/heart.yaml")
    heart.watch(study)
    for analysis in ("cohort", "table-one", "risk-model", "risk-model-on-test-rows"):
        indent(heart.show(study, analysis))
    comment("the same study over the same rows pooled into one table: the largest difference of any number")
    pooled = heart.simulate(ROOT / "studies/heart.yaml", {s: ROOT / f"data/heart/{s}.csv" for s in HEART})
    indent(pooled)
    return study


def part_tcga(tcga):
    title("2. Six regions, survival (TCGA-BRCA, 1,088 patients)")
    comment("Kaplan-Meier by stage; Cox stratified by region and pooled, ridge chosen on training rows; C-index on test rows")
    study = tcga.submit(ROOT / "studies/tcga_brca.yaml")
    tcga.watch(study)
    for analysis in ("survival-by-stage", "hazards-by-site", "hazards", "hazards-on-test-rows"):
        indent(tcga.show(study, analysis), 0 if analysis.startswith("survival") else 36)
    comment("the same study over the same rows pooled into one table: the largest difference of any number")
    indent(tcga.simulate(ROOT / "studies/tcga_brca.yaml", {s: ROOT / f"data/tcga_brca/{s}.csv" for s in TCGA}))
    return study


def sites_of(result):
    """[(analysis, its sites)], runs of analyses with the same sites as one line."""
    lines = []
    for analysis in result["analyses"]:
        sites = ", ".join(analysis["sites"])
        if lines and lines[-1][2] == sites:
            lines[-1][1] = analysis["name"]
        else:
            lines.append([analysis["name"], analysis["name"], sites])
    return [(first if first == last else f"{first} ... {last}", sites) for first, last, sites in lines]


def part_killed(heart):
    title("3. A hospital is killed in the middle of a run")
    comment("Switzerland's process gets SIGKILL while eleven regressions run; the study says on_dropout: continue")
    study = heart.submit(ROOT / "studies/heart_one_by_one.yaml")
    heart.wait_for_analyses(study, 3)
    heart.kill("switzerland")
    heart.watch(study)
    without = heart.result(study)
    for analyses, sites in sites_of(without):
        print(f"  {analyses:38} {sites}")
    comment("the process is started again; the same study, now with everybody to the end")
    heart.start_node("switzerland")
    heart.wait_for_sites(len(HEART))
    study = heart.submit(ROOT / "studies/heart_one_by_one.yaml")
    heart.watch(study)
    back = heart.result(study)
    for analyses, sites in sites_of(back):
        print(f"  {analyses:38} {sites}")
    if len(without["analyses"][-1]["sites"]) != 3 or len(back["analyses"][-1]["sites"]) != 4:
        raise Failure("the sites in the two results are not those expected")


def part_seen(heart, study):
    title("4. What the hub saw of one hospital")
    comment("the first numbers of one masked vector as it arrived, as fractions of the ring: noise, and nothing else")
    sample = heart.masked_sample(study)
    for start in range(0, min(len(sample), 24), 8):
        print("  " + "  ".join(f"{x:.6f}" for x in sample[start:start + 8]))
    mean = sum(sample) / len(sample)
    print(f"  mean of {len(sample)} numbers {mean:.3f} (uniform noise: 0.500)")


def part_omop(omop):
    title("5. Three sites with OMOP tables, one study (synthetic persons, 1,120)")
    comment("the study names a cohort and its variables; every site selects them from its own tables")
    print(omop.run("study", "cohort", ROOT / "studies/sinusitis.yaml", *omop.connection()).stdout.rstrip())
    study = omop.submit(ROOT / "studies/sinusitis.yaml")
    omop.watch(study)
    for analysis in ("table-one", "hazards"):
        indent(omop.show(study, analysis))
    return study


def part_report(studies, folder):
    title("6. One report")
    for federation, study, name in studies:
        path = folder / f"{name}.html"
        federation.report(study, path)
        text = path.read_text(encoding="utf-8")
        if "http://" in text.replace("http://www.w3.org", "") or "https://" in text:
            raise Failure(f"{path} refers to an external address")
        print(f"  {path}  ({path.stat().st_size // 1024} KiB, no external address)")


def summary(heart, heart_study, tcga, tcga_study, started):
    title("Summary")
    h, t = heart.result(heart_study), tcga.result(tcga_study)
    figures = [("heart: test accuracy", value(h, "risk-model-on-test-rows", "threshold", "accuracy"), 0.79),
               ("heart: test AUC", value(h, "risk-model-on-test-rows", "discrimination", "auc"), 0.88),
               ("TCGA-BRCA: test C-index", value(t, "hazards-on-test-rows", "concordance", "concordance"), 0.838)]
    good = True
    for name, reached, wanted in figures:
        good = good and reached >= wanted
        print(f"  {name:28} {reached:.4f}   (to reach: {wanted})")
    print(f"  done in {time.monotonic() - started:.1f} s")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of the programs")
    parser.add_argument("--dir", type=pathlib.Path, help="where to put everything (default: a new folder)")
    parser.add_argument("--keep", action="store_true", help="leave hub and sites running at the end")
    args = parser.parse_args()
    folder = args.dir or pathlib.Path(tempfile.mkdtemp(prefix="essaim-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    heart = Federation(args.bin, folder / "heart", "heart-consortium")
    tcga = Federation(args.bin, folder / "tcga", "tcga-consortium")
    omop = Federation(args.bin, folder / "omop", "omop-consortium")
    code = 1
    try:
        title("A hub and its sites start: keys are made, fingerprints compared, certificates signed, data loaded")
        heart.start(HEART, "heart", ROOT / "data/heart/heart.schema.yaml", ROOT / "data/heart")
        tcga.start(TCGA, "tcga-brca", ROOT / "data/tcga_brca/tcga_brca.schema.yaml", ROOT / "data/tcga_brca")
        omop.start_omop({site: ROOT / "data/omop" / site for site in OMOP})
        print(f"  {len(HEART)} + {len(TCGA)} + {len(OMOP)} sites, three hubs, {time.monotonic() - started:.1f} s")
        heart_study = part_heart(heart)
        tcga_study = part_tcga(tcga)
        part_killed(heart)
        part_seen(heart, heart_study)
        omop_study = part_omop(omop)
        part_report(((heart, heart_study, "heart"), (tcga, tcga_study, "tcga_brca"),
                     (omop, omop_study, "sinusitis")), folder)
        code = 0 if summary(heart, heart_study, tcga, tcga_study, started) else 1
        if args.keep:
            print(f"\nLeft running in {folder}. To look around:\n  {heart.command_line('study', 'list')}\n"
                  f"To stop: kill {' '.join(str(p) for p in heart.pids() + tcga.pids() + omop.pids())}")
    except Failure as failure:
        print(f"\ndemo: {failure}\nlogs are in {folder}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
    finally:
        if not (args.keep and code == 0):
            heart.stop()
            tcga.stop()
            omop.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
