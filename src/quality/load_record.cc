#include "quality/load_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/characteristics.h"
#include "quality/load_comparison.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

using Json = nlohmann::json;

constexpr int kLoadsKept = 24;

absl::Status Create(SqlEngine& engine) {
  return engine.Execute(
      "CREATE TABLE IF NOT EXISTS essaim_quality_loads (load_number BIGINT, made_at_ms BIGINT, "
      "snapshot VARCHAR(10000000), figures VARCHAR(10000))");
}

const MetricInfo& InfoOf(std::string_view id) {
  return *std::ranges::find_if(MetricList(), [&](const MetricInfo& m) { return m.id == id; });
}

std::string Encode(const std::vector<Figure>& figures) {
  Json json = Json::array();
  for (const Figure& f : figures) {
    if (!f.value.has_value()) continue;
    Json row = {{"id", f.id}, {"value", *f.value}, {"n", f.n}, {"detail", f.detail}};
    if (f.k.has_value()) row["k"] = *f.k;
    json.push_back(std::move(row));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<std::vector<Figure>> Decode(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    std::vector<Figure> figures;
    for (const Json& row : json) {
      Figure& f = figures.emplace_back(ValueFigure(row.at("id"), row.at("value"), row.at("n")));
      f.detail = row.at("detail");
      if (row.contains("k")) f.k = row.at("k").get<double>();
    }
    return figures;
  } catch (const Json::exception&) {
    return absl::DataLossError(
        "a load's kept figures do not read: another version wrote them, or they were changed. "
        "DELETE FROM essaim_quality_loads begins anew");
  }
}

// The last record of an earlier load.
absl::StatusOr<std::optional<QualitySnapshot>> RecordBefore(SqlEngine& engine,
                                                            std::int64_t load_number) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows,
                          engine.Query(absl::StrCat(
                              "SELECT snapshot FROM essaim_quality_loads WHERE load_number < ",
                              load_number, " ORDER BY load_number DESC, made_at_ms DESC LIMIT 1")));
  if (rows.rows.empty()) return std::nullopt;
  ESSAIM_ASSIGN_OR_RETURN(QualitySnapshot snapshot, DecodeSnapshot(TextOf(rows.rows[0][0])));
  return snapshot;
}

std::vector<std::string> ToWatch(const LoadComparison& comparison,
                                 const std::vector<Figure>& figures) {
  std::vector<std::string> lines;
  for (const Figure& f : figures) {
    const MetricInfo& info = InfoOf(f.id);
    const QualityLevel level = LevelOf(f.value, info.threshold);
    if (level != QualityLevel::kToWatch && level != QualityLevel::kFailed) continue;
    lines.push_back(absl::StrFormat("%s against load %d: %s, %s %.3g%s%s (%s)",
                                    std::string(NameOf(level)), comparison.load_before, f.id,
                                    std::string(info.title), *f.value, f.detail.empty() ? "" : ", ",
                                    f.detail, std::string(info.threshold->source)));
  }
  return lines;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RecordLoad(SqlEngine& engine, std::int64_t now_ms) {
  ESSAIM_RETURN_IF_ERROR(ForgetUndoneLoads(engine));
  ESSAIM_ASSIGN_OR_RETURN(const QualitySnapshot now, SnapshotOfTables(engine, now_ms));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<QualitySnapshot> reports, Snapshots(engine));
  ESSAIM_ASSIGN_OR_RETURN(const auto before, LoadBefore(engine, reports, now.load_number));
  std::vector<Figure> figures;
  std::vector<std::string> lines;
  if (before.has_value()) {
    const LoadComparison comparison = Compare(*before, now);
    figures = FiguresOf(comparison);
    lines = ToWatch(comparison, figures);
  }
  ESSAIM_RETURN_IF_ERROR(engine.Execute(
      absl::StrCat("DELETE FROM essaim_quality_loads WHERE load_number >= ", now.load_number,
                   " OR load_number <= ", now.load_number - kLoadsKept)));
  ESSAIM_RETURN_IF_ERROR(engine.Execute(
      absl::StrCat("INSERT INTO essaim_quality_loads VALUES (", now.load_number, ", ", now_ms, ", ",
                   SqlText(EncodeSnapshot(now)), ", ", SqlText(Encode(figures)), ")")));
  return lines;
}

absl::Status ForgetUndoneLoads(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  return engine.Execute(
      "DELETE FROM essaim_quality_loads WHERE load_number > (SELECT COALESCE(MAX(number), 0) FROM "
      "essaim_loads)");
}

absl::StatusOr<std::optional<QualitySnapshot>> LoadBefore(
    SqlEngine& engine, const std::vector<QualitySnapshot>& reports, std::int64_t load_number) {
  const QualitySnapshot* const report = SnapshotBefore(reports, load_number);
  ESSAIM_ASSIGN_OR_RETURN(std::optional<QualitySnapshot> record, RecordBefore(engine, load_number));
  if (!record.has_value() || (report != nullptr && report->load_number >= record->load_number))
    return report == nullptr ? std::nullopt : std::optional(*report);
  if (report != nullptr) record->passed = report->passed;
  return record;
}

absl::StatusOr<std::vector<Figure>> WorstSinceReport(SqlEngine& engine,
                                                     const std::vector<QualitySnapshot>& reports,
                                                     std::int64_t load_number,
                                                     std::vector<Figure> figures) {
  ESSAIM_RETURN_IF_ERROR(Create(engine));
  const QualitySnapshot* const report = SnapshotBefore(reports, load_number);
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine.Query(absl::StrCat("SELECT load_number, figures FROM essaim_quality_loads WHERE "
                                "load_number < ",
                                load_number, " AND load_number > ",
                                report == nullptr ? 0 : report->load_number,
                                " ORDER BY load_number DESC")));
  for (const auto& row : rows.rows) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<Figure> earlier, Decode(TextOf(row[1])));
    for (const Figure& was : earlier) {
      const auto now = std::ranges::find(figures, was.id, &Figure::id);
      if (now == figures.end() || (now->value.has_value() && *now->value >= *was.value)) continue;
      *now = was;
      now->detail = absl::StrCat(was.detail, was.detail.empty() ? "" : ", ", "load ",
                                 static_cast<std::int64_t>(NumberOf(row[0])));
    }
  }
  return figures;
}

}  // namespace essaim
