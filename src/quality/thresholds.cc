#include "quality/thresholds.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "quality/check_list.h"
#include "study/yaml_tree.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kSourceBytesMax = 256;
constexpr char kOwn[] = "the site's own";

// Metrics, then the checks' kinds and ids.
const Names& KnownIds() {
  static const Names& ids = *new Names([] {
    Names names;
    for (const QualityMetricId& metric : QualityMetricIds()) names.emplace_back(metric.id);
    std::set<std::string> checks;
    for (const Check& check : AllChecks()) {
      checks.insert(std::string(InfoOf(check.kind).name));
      checks.insert(CheckId(check));
    }
    names.insert(names.end(), checks.begin(), checks.end());
    return names;
  }());
  return ids;
}

// Takes one line of either form. Empty if it is right, else what is wrong.
std::string Take(const std::string& id, const OwnThreshold& own, SiteThresholds& into) {
  if (std::ranges::find(KnownIds(), id) == KnownIds().end()) {
    return absl::StrCat("'", id, "' is no figure's id and no check of the Dashboard",
                        DidYouMean(id, KnownIds()));
  }
  const QualityMetricId* const metric = FindQualityMetric(id);
  if (into.metrics.contains(id) || into.checks.contains(id))
    return absl::StrCat("'", id, "' has a threshold already");
  if (metric != nullptr) {
    std::string fault = FaultOf(*metric, own.bound);
    if (fault.empty()) into.metrics[id] = own;
    return fault;
  }
  if (own.bound.watch.has_value())
    return absl::StrCat(id, " is a check, which passes or fails: expected fail alone");
  if (!own.bound.fail.has_value() || !(*own.bound.fail >= 0 && *own.bound.fail <= 100))
    return absl::StrCat(id, ": fail: expected per cent of rows, 0 to 100");
  into.checks[id] = *own.bound.fail;
  return "";
}

absl::StatusOr<SiteThresholds> OfYaml(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits::kSchemaBytesMax));
  const absl::StatusOr<YamlNode> root = ParseYaml(text, limits::kSchemaBytesMax);
  if (!root.ok())
    return absl::InvalidArgumentError(absl::StrCat(path, ":", root.status().message()));
  SiteThresholds thresholds;
  YamlFaults faults;
  if (root->kind != YamlNode::Kind::kMap) faults.Add(*root, "", "expected thresholds by id");
  for (std::size_t i = 0; i < root->keys.size(); ++i) {
    const std::string& id = root->keys[i];
    const YamlNode& node = root->items[i];
    if (!CheckKeys(node, id, {"watch", "fail", "source"}, faults)) continue;
    OwnThreshold own{.bound = {}, .source = kOwn};
    for (const auto& [name, bound] :
         {std::pair("watch", &own.bound.watch), {"fail", &own.bound.fail}}) {
      const YamlNode* at = node.Find(name);
      if (at == nullptr) continue;
      *bound = at->AsNumber();
      if (!bound->has_value()) faults.Add(*at, absl::StrCat(id, ".", name), "expected a number");
    }
    if (const YamlNode* source = node.Find("source")) {
      if (!source->IsText() || source->text.size() > kSourceBytesMax)
        faults.Add(*source, absl::StrCat(id, ".source"), "expected a text of at most 256 bytes");
      own.source = source->text;
    }
    const std::string fault = Take(id, own, thresholds);
    if (!fault.empty()) faults.Add(node, id, fault);
  }
  if (!faults.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ":", faults.ToStatus().message()));
  return thresholds;
}

absl::StatusOr<SiteThresholds> OfCsv(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(path, nullptr));
  const auto wrong = [&](std::uint64_t line, std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": line ", line, ": ", Av(what)));
  };
  const Names& header = rows->header();
  const bool has_source = header.size() == 4 && header[3] == "source";
  if (header.size() < 3 ||
      Names(header.begin(), header.begin() + 3) != Names{"id", "watch", "fail"} ||
      (header.size() > 3 && !has_source))
    return wrong(1, "the columns id,watch,fail or id,watch,fail,source were expected");
  SiteThresholds thresholds;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
    if (event == CsvScanner::Event::kEnd) return thresholds;
    if (event == CsvScanner::Event::kBad) return wrong(rows->line(), rows->reason());
    const auto cells = rows->cells();
    OwnThreshold own{.bound = {}, .source = kOwn};
    for (const auto& [c, bound] : {std::pair(1, &own.bound.watch), {2, &own.bound.fail}}) {
      const std::string_view cell = cells[static_cast<std::size_t>(c)];
      double number = 0;
      if (cell.empty()) continue;
      if (!absl::SimpleAtod(Av(cell), &number) || !(number - number == 0))
        return wrong(rows->line(), absl::StrCat(header[static_cast<std::size_t>(c)],
                                                ": a number or nothing was expected"));
      *bound = number;
    }
    if (has_source && !cells[3].empty())
      own.source = std::string(cells[3].substr(0, kSourceBytesMax));
    const std::string fault = Take(std::string(cells[0]), own, thresholds);
    if (!fault.empty()) return wrong(rows->line(), fault);
  }
}

}  // namespace

absl::StatusOr<SiteThresholds> ReadThresholds(const std::string& path) {
  if (path.empty()) return SiteThresholds();
  const bool yaml =
      absl::EndsWithIgnoreCase(path, ".yaml") || absl::EndsWithIgnoreCase(path, ".yml");
  return yaml ? OfYaml(path) : OfCsv(path);
}

}  // namespace essaim
