#include "quality/label.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "warehouse/expression_sql.h"

namespace essaim {
namespace {

static_assert(kQualityKeys.size() == kCharacteristics);

absl::Status Create(SqlEngine& engine) {
  return engine.Execute(
      "CREATE TABLE IF NOT EXISTS essaim_quality (load_number BIGINT, as_of VARCHAR(10), "
      "made_at_ms BIGINT, characteristic BIGINT, label BIGINT)");
}

absl::StatusOr<std::int64_t> LastLoadNumber(SqlEngine& engine) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine.Query("SELECT COALESCE(MAX(number), 0) FROM essaim_loads"));
  return std::get<std::int64_t>(rows.rows[0][0]);
}

// The worst level of the characteristic's figures, those with a bound of the study's judged anew.
QualityLevel LevelUnder(Characteristic characteristic,
                        const std::map<std::string, KeptFigure>& figures,
                        const std::map<std::string, QualityBound>& bounds) {
  QualityLevel worst = QualityLevel::kNotMeasured;
  for (const MetricInfo& info : MetricList()) {
    const std::string id(info.id);
    const auto kept = figures.find(id);
    if (info.characteristic != characteristic || kept == figures.end()) continue;
    const auto own = bounds.find(id);
    const QualityLevel level = own == bounds.end()
                                   ? kept->second.level
                                   : LevelOf(kept->second.value, BoundsOf(id, own->second));
    const bool judged = info.threshold.has_value() || own != bounds.end();
    if (judged || level != QualityLevel::kPassed) worst = Worse(worst, level);
  }
  return worst;
}

bool Reaches(QualityLevel level, std::string_view demand) {
  return level == QualityLevel::kPassed ||
         (level == QualityLevel::kToWatch && demand == "to_watch");
}

}  // namespace

std::string_view KeyOf(Characteristic characteristic) {
  return kQualityKeys[static_cast<std::size_t>(characteristic)];
}

absl::Status StoreLabel(SqlEngine& engine, const QualityReport& report, std::int64_t made_at_ms) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t load, LastLoadNumber(engine));
  std::vector<std::string> rows;
  for (int c = 0; c < kCharacteristics; ++c) {
    rows.push_back(absl::StrCat("(", load, ", ", SqlText(report.as_of), ", ", made_at_ms, ", ", c,
                                ", ", static_cast<int>(report.labels[c]), ")"));
  }
  return engine.Execute(
      absl::StrCat("INSERT INTO essaim_quality VALUES ", absl::StrJoin(rows, ", ")));
}

absl::StatusOr<std::vector<QualityLabel>> Labels(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query("SELECT load_number, as_of, made_at_ms, characteristic, label FROM "
                   "essaim_quality ORDER BY made_at_ms, characteristic"));
  std::vector<QualityLabel> labels;
  for (const auto& row : rows.rows) {
    const auto number = [&](std::size_t at) { return std::get<std::int64_t>(row[at]); };
    const std::int64_t c = number(3), level = number(4);
    if (c < 0 || c >= kCharacteristics || level < 0 ||
        level > static_cast<int>(QualityLevel::kNotMeasured))
      return absl::DataLossError("a quality label that is none");
    if (c == 0)
      labels.push_back({.load_number = number(0),
                        .as_of = std::get<std::string>(row[1]),
                        .made_at_ms = number(2)});
    if (labels.empty()) return absl::DataLossError("a quality label without its first");
    labels.back().levels[c] = static_cast<QualityLevel>(level);
  }
  return labels;
}

absl::StatusOr<SiteQuality> CurrentLabel(SqlEngine& engine) {
  SiteQuality told;
  told.levels.fill(SiteLevel::kNotMeasured);
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualityLabel> labels, Labels(engine));
  if (labels.empty()) return told;
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t load, LastLoadNumber(engine));
  const QualityLabel& last = labels.back();
  for (std::size_t c = 0; c < told.levels.size(); ++c)
    told.levels[c] = static_cast<SiteLevel>(last.levels[c]);
  told.as_of = last.as_of;
  told.since_last_load = last.load_number == load;
  return told;
}

absl::Status StoreReport(SqlEngine& engine, const QualityReport& report, QualitySnapshot snapshot) {
  for (const Metric& m : report.metrics)
    snapshot.figures[std::string(m.info->id)] = {.value = m.value, .level = m.label};
  ESSAIM_RETURN_IF_ERROR(StoreLabel(engine, report, snapshot.made_at_ms));
  return StoreSnapshot(engine, snapshot);
}

absl::Status CheckQuality(SqlEngine& engine, const std::map<std::string, std::string>& demands,
                          const std::map<std::string, QualityBound>& bounds) {
  if (demands.empty()) return absl::OkStatus();
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualityLabel> labels, Labels(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::int64_t load, LastLoadNumber(engine));
  if (labels.empty() || labels.back().load_number != load) {
    return absl::FailedPreconditionError(
        "the study demands a data quality that was not measured since the last load: run essaim "
        "node quality");
  }
  std::map<std::string, KeptFigure> figures;
  if (!bounds.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualitySnapshot> kept, Snapshots(engine));
    if (kept.empty() || kept.back().made_at_ms != labels.back().made_at_ms) {
      return absl::FailedPreconditionError(
          "the study sets thresholds of its own, and the last report's figures were not kept: run "
          "essaim node quality again");
    }
    figures = kept.back().figures;
  }
  std::vector<std::string> below;
  for (int c = 0; c < kCharacteristics; ++c) {
    const auto characteristic = static_cast<Characteristic>(c);
    const auto demand = demands.find(std::string(KeyOf(characteristic)));
    if (demand == demands.end()) continue;
    const QualityLevel level =
        bounds.empty() ? labels.back().levels[c] : LevelUnder(characteristic, figures, bounds);
    if (Reaches(level, demand->second)) continue;
    below.push_back(
        absl::StrCat(Av(KeyOf(characteristic)), " is ", std::string(NameOf(level)),
                     ", demanded: ", demand->second == "passed" ? "passed" : "to watch"));
  }
  if (below.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the data quality is below what the study demands: ", absl::StrJoin(below, "; ")));
}

}  // namespace essaim
