#include "quality/snapshot.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/distances.h"
#include "quality/profile.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kSnapshotBytesMax = 10'000'000;

constexpr struct {
  const char *table, *field;
} kMixes[] = {
    {"visit_occurrence", "visit_concept_id"},  {"condition_occurrence", "condition_concept_id"},
    {"drug_exposure", "drug_concept_id"},      {"procedure_occurrence", "procedure_concept_id"},
    {"measurement", "measurement_concept_id"}, {"observation", "observation_concept_id"}};

void TakeChecks(const CheckRun& checks, QualitySnapshot& snapshot) {
  for (const CheckResult& r : checks.results) {
    if (r.error) continue;
    if (!r.not_applicable) snapshot.passed[CheckId(*r.check)] = r.passed();
    const std::string table(r.check->table);
    if (r.check->kind == CheckKind::kMeasureValueCompleteness) {
      TableSnapshot& t = snapshot.tables[table];
      t.n_rows = r.denominator;
      if (table == "person") t.n_persons = r.denominator;
      if (r.denominator > 0) t.null_shares[std::string(r.check->field)] = r.share();
    } else if (r.check->kind == CheckKind::kMeasurePersonCompleteness && !r.not_applicable) {
      snapshot.tables[table].n_persons = r.denominator - r.violated;
    }
  }
}

absl::Status AddMix(SqlEngine& engine, const char* table, const char* field,
                    QualitySnapshot& snapshot) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat("SELECT a.k, a.n, c.domain_id FROM (SELECT ", field,
                                " AS k, COUNT(*) AS n FROM ", table, " GROUP BY ", field,
                                ") a LEFT JOIN concept c ON c.concept_id = a.k ORDER BY a.n DESC, "
                                "a.k LIMIT ",
                                kConceptsKept + 1)));
  MixSnapshot& mix = snapshot.mixes[table];
  mix.smallest = kRecordsKept;
  double kept = 0;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const double n = NumberOf(rows.rows[i][1]);
    if (i == kConceptsKept) mix.smallest = std::fmax(mix.smallest, n);
    if (i == kConceptsKept || n < kRecordsKept) break;
    const std::string concept_id = TextOf(rows.rows[i][0]);
    mix.counts[concept_id] += n;
    kept += n;
    const std::string domain = TextOf(rows.rows[i][2]);
    if (!domain.empty()) snapshot.domains[concept_id] = domain;
  }
  const double rest = static_cast<double>(snapshot.tables[table].n_rows) - kept;
  if (rest > 0) mix.counts[kOtherCategory] = rest;
  return absl::OkStatus();
}

absl::Status AddConcepts(SqlEngine& engine, QualitySnapshot& snapshot) {
  ESSAIM_ASSIGN_OR_RETURN(const LoadInfo load, LastLoad(engine));
  snapshot.load_number = load.number;
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows version,
      engine.Query("SELECT MAX(vocabulary_version) FROM vocabulary WHERE vocabulary_id = 'None'"));
  if (!version.rows.empty()) snapshot.vocabulary = TextOf(version.rows[0][0]);
  for (const auto& [table, field] : kMixes)
    ESSAIM_RETURN_IF_ERROR(AddMix(engine, table, field, snapshot));
  return absl::OkStatus();
}

absl::Status Create(SqlEngine& engine) {
  return engine.Execute(
      "CREATE TABLE IF NOT EXISTS essaim_quality_snapshots (load_number BIGINT, made_at_ms BIGINT, "
      "snapshot VARCHAR(10000000))");
}

QualitySnapshot SnapshotOfJson(const Json& json) {
  QualitySnapshot s;
  s.load_number = json.at("load").get<std::int64_t>();
  s.made_at_ms = json.at("made_at_ms").get<std::int64_t>();
  s.as_of = json.at("as_of").get<std::string>();
  s.vocabulary = json.at("vocabulary").get<std::string>();
  for (const auto& [name, row] : json.at("tables").items()) {
    TableSnapshot& table = s.tables[name];
    table.n_rows = row.at("rows").get<std::int64_t>();
    if (row.contains("persons")) table.n_persons = row.at("persons").get<std::int64_t>();
    table.null_shares = row.at("nulls").get<std::map<std::string, double>>();
  }
  for (const auto& [name, row] : json.at("mixes").items()) {
    s.mixes[name] = {.counts = row.at("counts").get<Counts>(),
                     .smallest = row.at("smallest").get<double>()};
  }
  s.domains = json.at("domains").get<std::map<std::string, std::string>>();
  s.passed = json.at("passed").get<std::map<std::string, bool>>();
  for (const auto& [id, row] : json.at("figures").items()) {
    KeptFigure& figure = s.figures[id];
    if (!row.at(0).is_null()) figure.value = row.at(0).get<double>();
    const int level = row.at(1).get<int>();
    if (level >= 0 && level <= static_cast<int>(QualityLevel::kNotMeasured))
      figure.level = static_cast<QualityLevel>(level);
  }
  return s;
}

}  // namespace

absl::StatusOr<QualitySnapshot> SnapshotOf(SqlEngine& engine, const CheckRun& checks,
                                           std::int64_t made_at_ms) {
  QualitySnapshot snapshot;
  snapshot.made_at_ms = made_at_ms;
  snapshot.as_of = checks.as_of;
  TakeChecks(checks, snapshot);
  ESSAIM_RETURN_IF_ERROR(AddConcepts(engine, snapshot));
  return snapshot;
}

absl::StatusOr<QualitySnapshot> SnapshotOfTables(SqlEngine& engine, std::int64_t made_at_ms) {
  QualitySnapshot snapshot;
  snapshot.made_at_ms = made_at_ms;
  ESSAIM_ASSIGN_OR_RETURN(std::vector<TableProfile> tables, TableProfiles(engine));
  for (TableProfile& table : tables) {
    snapshot.tables[table.name] = {.n_rows = table.n_rows,
                                   .n_persons = table.n_persons,
                                   .null_shares = std::move(table.null_shares)};
  }
  ESSAIM_RETURN_IF_ERROR(AddConcepts(engine, snapshot));
  return snapshot;
}

absl::Status StoreSnapshot(SqlEngine& engine, const QualitySnapshot& snapshot) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(
      absl::StrCat("INSERT INTO essaim_quality_snapshots VALUES (", snapshot.load_number, ", ",
                   snapshot.made_at_ms, ", ", SqlText(EncodeSnapshot(snapshot)), ")")));
  return engine.Execute(
      absl::StrCat("DELETE FROM essaim_quality_snapshots WHERE made_at_ms NOT IN (SELECT "
                   "made_at_ms FROM essaim_quality_snapshots ORDER BY made_at_ms DESC LIMIT ",
                   kSnapshotsKept, ")"));
}

absl::StatusOr<std::vector<QualitySnapshot>> Snapshots(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT snapshot FROM essaim_quality_snapshots ORDER BY made_at_ms"));
  std::vector<QualitySnapshot> snapshots;
  for (const auto& row : rows.rows) {
    ESSAIM_ASSIGN_OR_RETURN(QualitySnapshot snapshot, DecodeSnapshot(TextOf(row[0])));
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

const QualitySnapshot* SnapshotBefore(const std::vector<QualitySnapshot>& all,
                                      std::int64_t load_number) {
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if (at->load_number < load_number || load_number == 0) return &*at;
  }
  return nullptr;
}

std::string EncodeSnapshot(const QualitySnapshot& s) {
  Json json = {{"version", kVersion},        {"load", s.load_number},
               {"made_at_ms", s.made_at_ms}, {"as_of", s.as_of},
               {"vocabulary", s.vocabulary}, {"tables", Json::object()},
               {"mixes", Json::object()},    {"domains", s.domains},
               {"passed", s.passed},         {"figures", Json::object()}};
  for (const auto& [id, figure] : s.figures) {
    json["figures"][id] = {figure.value.has_value() ? Json(*figure.value) : Json(nullptr),
                           static_cast<int>(figure.level)};
  }
  for (const auto& [name, table] : s.tables) {
    json["tables"][name] = {{"rows", table.n_rows}, {"nulls", table.null_shares}};
    if (table.n_persons.has_value()) json["tables"][name]["persons"] = *table.n_persons;
  }
  for (const auto& [name, mix] : s.mixes)
    json["mixes"][name] = {{"counts", mix.counts}, {"smallest", mix.smallest}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<QualitySnapshot> DecodeSnapshot(std::string_view text) {
  constexpr char kWrong[] =
      "a kept quality snapshot does not read: another version wrote it, or it was changed. DELETE "
      "FROM essaim_quality_snapshots begins anew";
  if (text.size() > kSnapshotBytesMax) return absl::DataLossError(kWrong);
  const Json json = Json::parse(text, nullptr, false);
  try {
    if (json.at("version").get<int>() != kVersion) return absl::DataLossError(kWrong);
    return SnapshotOfJson(json);
  } catch (const Json::exception&) {
    return absl::DataLossError(kWrong);
  }
}

}  // namespace essaim
