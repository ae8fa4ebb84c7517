#!/usr/bin/env python3
"""Makes the labelled sets that de-identification is measured on: Synthea's identities in sentences.

    deidentify_set.py identities FOLDER_OF_FHIR_BUNDLES > tests/data/text/identities.json
    deidentify_set.py set development tests/data/text/identities.json > tests/data/text/development.ndjson
    deidentify_set.py set held_out tests/data/text/identities.json > tests/data/text/held_out.ndjson
    deidentify_set.py set second tests/data/text/identities.json > tests/data/text/held_out_second.ndjson

The two sets share neither a person, a carer, a hospital nor a template. The rules were written with the
development set at hand; the held-out set was only counted. The second held-out set has other sentences, names of
carers, hospitals and formats than both; four in five of its patients' names too. Seeded: the same input gives the same bytes.
"""

import glob
import json
import random
import re
import sys

import deidentify_templates_second as second
from deidentify_templates import CARERS_FR, FAMILY_FR, GIVEN_FR, HOSPITALS_FR, STREETS_FR, TEMPLATES, TOWNS_FR

MONTHS_FR = ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre").split()
MONTHS_EN = ("January February March April May June July August September October November December").split()


def identities(folder):
    patients, carers, hospitals = [], set(), set()
    for path in sorted(glob.glob(folder + "/*.json")):
        for entry in json.load(open(path))["entry"]:
            r = entry["resource"]
            if r["resourceType"] == "Patient":
                name, address = r["name"][0], r["address"][0]
                patients.append({
                    "family_name": name["family"], "given_names": " ".join(name["given"]),
                    "birth_date": r["birthDate"], "sex": r["gender"], "phone": r["telecom"][0]["value"],
                    "street": address["line"][0], "town": address["city"], "state": address["state"],
                    "postcode": address.get("postalCode", ""),
                    "identifiers": sorted({i["value"] for i in r["identifier"]})})
            elif r["resourceType"] == "Practitioner":
                carers.add(r["name"][0]["given"][0] + " " + r["name"][0]["family"])
            elif r["resourceType"] == "Organization":
                hospitals.add(r["name"].strip(" -").title().replace("'S", "'s"))
    print(json.dumps({"patients": patients, "carers": sorted(carers)[:60], "hospitals": sorted(hospitals)[:40]},
                     indent=1, ensure_ascii=False))


class Writer:
    def __init__(self, half, data):
        self.half, self.r = half, random.Random("essaim " + half)
        pick = (lambda items: items[0::2]) if half == "development" else (lambda items: items[1::2])
        self.patients, self.carers, self.hospitals = (pick(data[k]) for k in ("patients", "carers", "hospitals"))
        self.families, self.givens = pick(FAMILY_FR), pick(GIVEN_FR)
        self.carers_fr, self.hospitals_fr = pick(CARERS_FR), pick(HOSPITALS_FR)
        self.streets, self.towns = pick(STREETS_FR), pick(TOWNS_FR)
        if half == "second":
            self.patients, self.carers, self.hospitals = data["patients"], second.CARERS_EN, second.HOSPITALS_EN
            self.families, self.givens, self.carers_fr = second.FAMILY_FR, second.GIVEN_FR, second.CARERS_FR
            self.hospitals_fr, self.streets, self.towns = second.HOSPITALS_FR, second.STREETS_FR, second.TOWNS_FR

    def digits(self, n):
        return "".join(str(self.r.randrange(10)) for _ in range(n))

    def person(self, language):
        p = dict(self.r.choice(self.patients))
        if self.half == "second" and language == "en" and self.r.random() < 0.8:
            p["family_name"], p["given_names"] = self.r.choice(second.FAMILY_EN), self.r.choice(second.GIVEN_EN)
            p["postcode"], p["town"] = self.r.choice(second.TOWNS_EN)
            p.update(street=f"{self.r.randrange(1, 180)} {self.r.choice(second.STREETS_EN)}", state="")
        if language == "fr" and self.r.random() < 0.7:
            p["family_name"], p["given_names"] = self.r.choice(self.families), self.r.choice(self.givens)
            code, town = self.r.choice(self.towns)
            p.update(street=f"{self.r.randrange(1, 180)} {self.r.choice(self.streets)}", town=town, postcode=code,
                     phone="0" + str(self.r.choice([1, 2, 3, 4, 5, 6, 7, 9])) + self.digits(8))
        return p

    def nir(self, person, spaced):
        department = self.r.choice(["75", "33", "69", "2A", "2B", "13", "59"])
        number = (("1" if person["sex"] == "male" else "2") + person["birth_date"][2:4] + person["birth_date"][5:7]
                  + department + self.digits(3) + self.digits(3))
        key = 97 - int(number.replace("2A", "19").replace("2B", "18")) % 97
        n = f"{number}{key:02d}"
        return " ".join((n[0], n[1:3], n[3:5], n[5:7], n[7:10], n[10:13], n[13:])) if spaced else n

    def luhn(self, head):
        for last in "0123456789":
            total = 0
            for i, c in enumerate(reversed(head + last)):
                d = int(c) * (1 + i % 2)
                total += d - 9 if d > 9 else d
            if total % 10 == 0:
                return head + last
        raise AssertionError

    def phone(self, known, how):
        """Formats of the second set; what the site knows of the person is in some of them."""
        d = known if len(known) == 10 and known.isdigit() else "0" + str(self.r.randrange(1, 8)) + self.digits(8)
        pairs = [d[i:i + 2] for i in range(0, 10, 2)]
        a, b, c = "617" if self.r.random() < 0.5 else "212", "555", self.digits(4)
        return {"intl": f"+33 (0){d[1]} {' '.join(pairs[1:])}", "dash": "-".join(pairs), "run": d, "slash": "/".join(pairs),
                "dot": ".".join(pairs), "dots": f"{a}.{b}.{c}", "par": f"({a}) {b}-{c}", "uk": f"020 7946 {self.digits(4)}",
                "": " ".join(pairs)}[how]

    def typo(self, word):
        if len(word) < 6:
            return word
        i = self.r.randrange(1, len(word) - 2)
        return word[:i] + word[i + 1] + word[i] + word[i + 2:] if self.r.random() < 0.5 else word[:i] + word[i + 1:]

    def day(self, style):
        y, m, d = self.r.randrange(1998, 2025), self.r.randrange(1, 13), self.r.randrange(1, 29)
        return {"fr": f"{d:02d}/{m:02d}/{y}", "frs": f"{d:02d}/{m:02d}/{y % 100:02d}", "dot": f"{d:02d}.{m:02d}.{y}",
                "frl": f"{d} {MONTHS_FR[m - 1]} {y}", "frm": f"{d} {MONTHS_FR[m - 1]}", "iso": f"{y}-{m:02d}-{d:02d}",
                "us": f"{m}/{d}/{y}", "usl": f"{MONTHS_EN[m - 1]} {d}, {y}", "usm": f"{MONTHS_EN[m - 1]} {d}",
                "ukl": f"{d} {MONTHS_EN[m - 1][:3]} {y}", "my": f"{MONTHS_FR[m - 1]} {y}",
                "mye": f"{MONTHS_EN[m - 1]} {y}",
                "frw": f"{('lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi')[d % 5]} {d} {MONTHS_FR[m - 1]} {y}",
                "slash": f"{y}/{m:02d}/{d:02d}", "dash": f"{d:02d}-{m:02d}-{y}", "frd": f"{d}/{m}/{y % 100:02d}",
                "mil": f"{d:02d}-{MONTHS_EN[m - 1][:3].upper()}-{y}", "uk": f"{d}/{m}/{y}",
                "ord": f"{d}{'st' if d in (1, 21) else 'nd' if d in (2, 22) else 'rd' if d in (3, 23) else 'th'}"
                       f" of {MONTHS_EN[m - 1]} {y}"}[style]

    def value(self, field, p, language):
        kind, _, how = field.partition(".")
        carer = self.r.choice(self.carers_fr if language == "fr" and self.r.random() < 0.7 else self.carers)
        names = {"g": p["given_names"].split()[0], "f": p["family_name"], "cf": carer.split(" ", 1)[1],
                 "cg": carer.split(" ", 1)[0]}
        names["if"] = f"{names['g'][0]}. {names['f']}"
        if kind == "N":
            text = " ".join(names[part] for part in how.split("_") if part in names)
            for part in how.split("_"):
                if part == "up":
                    text = text.upper()
                elif part == "low":
                    text = text.lower()
                elif part == "upf":
                    text = text.replace(names["f"], names["f"].upper()).replace(names["cf"], names["cf"].upper())
                elif part == "ini":
                    text = re.sub(r"^(\w)[^ -]*", r"\1.", text)
                elif part == "typo":
                    text = self.typo(text)
            return "NOM", text
        phone = self.phone(p["phone"], how) if self.half == "second" and kind == "TEL" else p["phone"]
        if self.half == "second":
            pass
        elif len(phone) == 10 and how != "raw":
            phone = (" " if how != "dot" else ".").join(phone[i:i + 2] for i in range(0, 10, 2))
        town_line = (f"{{{{CODE_POSTAL:{p['postcode']}}}}} {{{{ADRESSE:{p['town']}}}}}" if language == "fr" else
                     f"{{{{ADRESSE:{p['town']}}}}}, {p['state']} {{{{CODE_POSTAL:{p['postcode']}}}}}".replace(",  ", ", "))
        return {
            "D": lambda: ("DATE", self.day(how)), "TEL": lambda: ("TELEPHONE", phone),
            "STREET": lambda: ("ADRESSE", p["street"].lower() if how == "low" else p["street"]),
            "TOWN": lambda: ("ADRESSE", p["town"]), "TOWNLINE": lambda: (None, town_line),
            "ZIP": lambda: ("CODE_POSTAL", p["postcode"]),
            "MAIL": lambda: ("MAIL", f"{names['g']}.{names['f']}@example.org".lower().replace(" ", "").replace("'", "")),
            "URL": lambda: ("URL", f"https://www.portail-{self.digits(3)}.example.org/d/{self.digits(5)}"),
            "NIR": lambda: ("NIR", self.nir(p, how == "s")), "SSN": lambda: ("NIR", f"999-{self.digits(2)}-{self.digits(4)}"),
            "IPP": lambda: ("IPP", self.digits(9)), "UUID": lambda: ("IPP", next(i for i in p["identifiers"] if len(i) == 36)),
            "RPPS": lambda: ("RPPS", self.luhn("10" + self.digits(8))),
            "HOSP": lambda: ("HOPITAL", self.r.choice(self.hospitals_fr if language == "fr" else self.hospitals)),
            "AGE": lambda: ("AGE", str(self.r.randrange(90, 105))), "YOUNG": lambda: (None, str(self.r.randrange(18, 89))),
        }[kind]()

    def text(self, template, language):
        p = self.person(language)

        def put(match):
            tag, value = self.value(match[1], p, language)
            return value if tag is None else f"{{{{{tag}:{value}}}}}"

        text = re.sub(r"<([A-Z]+(?:\.[a-z_]+)?)>", put, template)
        return {"language": language, "text": text, "family_name": p["family_name"], "given_names": p["given_names"],
                "birth_date": p["birth_date"], "address": f"{p['street']}, {p['town']}", "postcode": p["postcode"],
                "phone": p["phone"], "identifiers": p["identifiers"]}


def main():
    if sys.argv[1] == "identities":
        return identities(sys.argv[2])
    half, data = sys.argv[2], json.load(open(sys.argv[3]))
    writer = Writer(half, data)
    templates, times = (second.TEMPLATES, 4) if half == "second" else (TEMPLATES[half], 6)
    for language in ("fr", "en"):
        for template in templates[language]:
            for _ in range(times):
                print(json.dumps(writer.text(template, language), ensure_ascii=False))


if __name__ == "__main__":
    main()
