// A mapping to begin with: what columns are is guessed from their names, how they are written from
// the first rows.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "mapping/mapped_files.h"
#include "mapping/mapping.h"
#include "study/yaml_tree.h"
#include "warehouse/row_source.h"

namespace essaim::mapping {
namespace {

constexpr std::size_t kRowsLookedAt = 1'000;
constexpr std::size_t kDistinctMax = 20;

// Names of columns, in French and English, without blanks, _ and -.
const std::map<std::string, std::set<std::string>>& Synonyms() {
  static const auto* const kSynonyms = new std::map<std::string, std::set<std::string>>{
      {"patient",
       {"ipp", "nip", "noip", "patient", "patientid", "idpatient", "numpatient", "personid",
        "subjectid", "pid"}},
      {"sex", {"sexe", "sex", "gender", "genre"}},
      {"birth",
       {"ddn", "datenaissance", "dtenaissance", "naissance", "birthdate", "dateofbirth", "dob"}},
      {"family", {"nom", "nomusage", "nomnaissance", "lastname", "familyname", "surname"}},
      {"given", {"prenom", "prenoms", "firstname", "givenname"}},
      {"stay",
       {"nda", "iep", "sejour", "numsejour", "idsejour", "visitid", "encounterid", "stayid",
        "numdossier"}},
      {"in",
       {"dateentree", "dteentree", "entree", "admissiondate", "datedebut", "startdate", "admittime",
        "datedebutsejour"}},
      {"out",
       {"datesortie", "dtesortie", "sortie", "dischargedate", "datefin", "enddate", "dischtime",
        "datefinsejour"}},
      {"diagnosis",
       {"codecim10", "cim10", "diag", "diagnostic", "codediag", "icd10", "icdcode", "icd", "dp"}},
      {"procedure", {"codeccam", "ccam", "acte", "codeacte", "procedurecode", "cpt"}},
      {"drug", {"atc", "codeatc", "cip13", "cip", "medicament", "drugcode", "ndc", "ucd"}},
      {"test",
       {"loinc", "codeloinc", "codeanalyse", "analyse", "testcode", "codeexamen", "examen"}},
      {"value", {"valeur", "resultat", "value", "result", "resultvalue"}},
      {"unit", {"unite", "unites", "unit", "units"}},
      {"date",
       {"date", "dateheure", "dateprelevement", "datediag", "dateacte", "datetime", "dateexamen",
        "dateresultat", "dateprescription", "charttime"}}};
  return *kSynonyms;
}

struct FileLook {
  std::string name;
  std::vector<std::string> header;
  std::map<std::string, std::string> role;                // role -> column
  std::map<std::string, std::set<std::string>> distinct;  // column -> its first distinct cells

  bool Has(const std::string& what) const { return role.contains(what); }
};

std::string Plain(const std::string& name) {
  std::string plain;
  for (const char c : absl::AsciiStrToLower(name)) {
    if (c != ' ' && c != '_' && c != '-') plain += c;
  }
  return plain;
}

absl::StatusOr<FileLook> LookAt(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const auto source, OpenRowSource(path, nullptr));
  FileLook look{.name = std::filesystem::path(path).filename().string(),
                .header = source->header()};
  for (const std::string& column : look.header) {
    for (const auto& [role, names] : Synonyms()) {
      if (names.contains(Plain(column))) look.role.try_emplace(role, column);
    }
  }
  for (std::size_t n = 0; n < kRowsLookedAt; ++n) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, source->Next());
    if (event == CsvScanner::Event::kEnd) break;
    if (event == CsvScanner::Event::kBad) continue;
    for (std::size_t c = 0; c < look.header.size(); ++c) {
      std::set<std::string>& seen = look.distinct[look.header[c]];
      if (seen.size() < kRowsLookedAt && !source->cells()[c].empty())
        seen.emplace(source->cells()[c]);
    }
  }
  return look;
}

// The format that reads most of the first rows' cells; empty if none reads half of them.
struct FormatGuess {
  std::string format;
  std::size_t n_read = 0, n_cells = 0;
};

FormatGuess FormatOf(const FileLook& look, const std::string& column) {
  const auto at = look.distinct.find(column);
  if (at == look.distinct.end()) return {};
  FormatGuess best{.n_cells = at->second.size()};
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y%m%d",
        "%d/%m/%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y"}) {
    const auto n = static_cast<std::size_t>(std::ranges::count_if(
        at->second, [&](const std::string& cell) { return !ReadDate(cell, format).empty(); }));
    if (n > best.n_read && 2 * n >= best.n_cells) {
      best.format = format;
      best.n_read = n;
    }
  }
  return best;
}

class Writer {
 public:
  explicit Writer(const FileLook& look) : look_(look) {}

  void Begin(const std::string& table, const std::string& why) {
    absl::StrAppend(&out_, "  # ", why, "\n  - from: ", YamlQuote(look_.name), "\n    to: ", table,
                    "\n    fields:\n");
    table_ = table;
    absl::StrAppend(&out_, "      ", table, "_id: {id: ", table, ", of: [");
    std::vector<std::string> all;
    for (const char* role :
         {"patient", "stay", "diagnosis", "procedure", "drug", "test", "date", "in"}) {
      const std::string_view name(role);
      // A person's and a visit's key are what other files have of them.
      const bool part = table == "person"             ? name == "patient"
                        : table == "visit_occurrence" ? name == "patient" || name == "stay"
                                                      : true;
      if (look_.Has(role) && part) all.push_back(YamlQuote(look_.role.at(role)));
    }
    absl::StrAppend(&out_, absl::StrJoin(all, ", "), "]}\n");
    if (table != "person") {
      Line("person_id", absl::StrCat("{id: person, of: ", Column("patient"), "}"));
      if (look_.Has("stay") && table != "visit_occurrence")
        Line("visit_occurrence_id", absl::StrCat("{id: visit_occurrence, of: [", Column("patient"),
                                                 ", ", Column("stay"), "]}"));
    }
  }

  void Line(const std::string& field, const std::string& rule, const std::string& comment = "") {
    absl::StrAppend(&out_, "      ", field, ": ", rule, comment.empty() ? "" : "   # ", comment,
                    "\n");
  }

  std::string Column(const std::string& role) const {
    return look_.Has(role) ? YamlQuote(look_.role.at(role)) : "\"?\"";
  }

  // A date field from a role.
  void Date(const std::string& field, const std::string& role, const std::string& part = "") {
    const FormatGuess guess = FormatOf(look_, look_.Has(role) ? look_.role.at(role) : "");
    Line(field,
         absl::StrCat("{column: ", Column(role),
                      guess.format.empty() ? "" : absl::StrCat(", date: ", YamlQuote(guess.format)),
                      part.empty() ? "" : absl::StrCat(", part: ", part), "}"),
         guess.format.empty() ? "no format reads the first rows: give date: \"%d/%m/%Y\""
         : guess.n_read < guess.n_cells
             ? absl::StrCat("reads ", guess.n_read, " of ", guess.n_cells, " of its first values")
             : "");
  }

  void Code(const std::string& prefix, const std::string& role, const std::string& vocabulary) {
    Line(prefix + "_concept_id",
         absl::StrCat("{concept: ", Column(role), ", vocabulary: ", YamlQuote(vocabulary), "}"));
    Line(prefix + "_source_concept_id", absl::StrCat("{concept: ", Column(role), ", vocabulary: ",
                                                     YamlQuote(vocabulary), ", source: true}"));
    Line(prefix + "_source_value", Column(role));
    Line(prefix + "_type_concept_id", "{value: 32817}", "EHR");
  }

  std::string& out() { return out_; }

 private:
  const FileLook& look_;
  std::string table_, out_;
};

void Person(const FileLook& look, Writer& w) {
  w.Begin("person", "persons: the patient's number with sex or date of birth");
  std::string values;
  const auto sexes =
      look.Has("sex") ? look.distinct.find(look.role.at("sex")) : look.distinct.end();
  std::string unsure;
  if (sexes != look.distinct.end()) {
    for (const std::string& cell : sexes->second) {
      if (values.size() > kDistinctMax * 20) break;
      const std::string plain = Plain(cell);
      const bool male = plain == "m" || plain == "h" || plain == "1" || plain == "male" ||
                        plain == "homme" || plain == "masculin";
      const bool female = plain == "f" || plain == "2" || plain == "female" || plain == "femme" ||
                          plain == "w" || plain == "feminin";
      if (!male && !female) unsure = "a value of no known sex is 0";
      absl::StrAppend(&values, values.empty() ? "" : ", ", YamlQuote(cell), ": ",
                      male     ? 8507
                      : female ? 8532
                               : 0);
    }
  }
  w.Line("gender_concept_id",
         values.empty() ? "{value: 0}"
                        : absl::StrCat("{column: ", w.Column("sex"), ", values: {", values,
                                       "}, otherwise: 0}"),
         unsure);
  w.Date("year_of_birth", "birth", "year");
  w.Date("birth_datetime", "birth");
  w.Line("race_concept_id", "{value: 0}");
  w.Line("ethnicity_concept_id", "{value: 0}");
  w.Line("person_source_value", absl::StrCat("{pseudonym: ", w.Column("patient"), "}"));
  std::string identity = absl::StrCat("value: ", w.Column("patient"));
  for (const auto& [role, field] : {std::pair{"family", "family_name"},
                                    {"given", "given_names"},
                                    {"birth", "birth_date"},
                                    {"sex", "sex"}}) {
    if (look.Has(role)) absl::StrAppend(&identity, ", ", field, ": ", w.Column(role));
  }
  absl::StrAppend(&w.out(), "    identity: {", identity,
                  "}   # goes to the identity store alone\n");
}

std::string When(const FileLook& look) { return look.Has("date") ? "date" : "in"; }

// Empty if nothing is recognised.
std::string TableOf(const FileLook& look) {
  Writer w(look);
  if (!look.Has("patient")) return "";
  if (look.Has("diagnosis")) {
    w.Begin("condition_occurrence", "diagnoses: a patient with a code");
    w.Code("condition", "diagnosis", "ICD10");
    w.Date("condition_start_date", When(look));
  } else if (look.Has("procedure")) {
    w.Begin("procedure_occurrence", "acts: a patient with a code");
    w.Code("procedure", "procedure", "CCAM");
    w.Date("procedure_date", When(look));
  } else if (look.Has("drug")) {
    w.Begin("drug_exposure", "drugs: a patient with a code");
    w.Code("drug", "drug", "ATC");
    w.Date("drug_exposure_start_date", When(look));
    w.Date("drug_exposure_end_date", look.Has("out") ? "out" : When(look));
  } else if (look.Has("value")) {
    w.Begin("measurement", "results: a patient with a value");
    w.Code("measurement", "test", "LOINC");
    w.Date("measurement_date", When(look));
    const std::set<std::string>& values = look.distinct.at(look.role.at("value"));
    const bool comma = std::ranges::any_of(
        values, [](const std::string& v) { return v.find(',') != std::string::npos; });
    w.Line("value_as_number",
           absl::StrCat("{column: ", w.Column("value"), comma ? ", decimal: \",\"}" : "}"));
    if (look.Has("unit")) {
      w.Line("unit_concept_id",
             absl::StrCat("{concept: ", w.Column("unit"), ", vocabulary: UCUM}"));
      w.Line("unit_source_value", w.Column("unit"));
    }
  } else if (look.Has("stay") && look.Has("in")) {
    w.Begin("visit_occurrence", "stays: a patient with a stay's number and its beginning");
    w.Line("visit_concept_id", "{value: 0}", "9201 in hospital, 9202 outside, 9203 emergency");
    w.Date("visit_start_date", "in");
    w.Date("visit_end_date", look.Has("out") ? "out" : "in");
    w.Line("visit_type_concept_id", "{value: 32817}", "EHR");
    w.Line("visit_source_value", absl::StrCat("{pseudonym: ", w.Column("stay"), "}"));
  } else if (look.Has("birth") || look.Has("sex")) {
    Person(look, w);
  } else {
    return "";
  }
  return w.out();
}

}  // namespace

absl::StatusOr<std::string> ProposeMapping(const std::vector<std::string>& paths) {
  std::string tables, unknown;
  for (const std::string& path : paths) {
    ESSAIM_ASSIGN_OR_RETURN(const FileLook look, LookAt(path));
    std::string table = TableOf(look);
    if (!table.empty()) {
      absl::StrAppend(&tables, table);
      continue;
    }
    absl::StrAppend(&unknown, "# not recognised: ", look.name, " (columns ",
                    absl::StrJoin(look.header, ", "), ")\n");
  }
  if (tables.empty())
    return absl::InvalidArgumentError(absl::StrCat(
        "no file looks like persons, stays, diagnoses, acts, drugs or results by the names of its "
        "columns; docs/mapping.md tells how to write a mapping\n",
        unknown));
  return absl::StrCat(
      "# Proposed from the files' columns and first rows. Read every line: what a column means is "
      "a "
      "guess.\nmapping: 1\nmissing: [\"\", \"NA\", \"NULL\"]\n",
      unknown, "tables:\n", tables);
}

}  // namespace essaim::mapping
