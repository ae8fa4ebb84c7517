#include "cli/study_cohort.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cohort/attrition.h"
#include "cohort/extraction.h"
#include "report/cell_text.h"
#include "study/study_source.h"
#include "study/yaml_tree.h"

namespace essaim::cli {
namespace {

constexpr std::size_t kNameBytesMax = 80;

// "2. adult": different for each step. A name that is too long is cut between letters.
std::vector<std::string> LevelsOf(const cohort::Definition& definition) {
  const std::vector<std::string> names = cohort::StepNames(definition);
  std::vector<std::string> levels;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    std::string name = names[i];
    if (name.size() > kNameBytesMax) {
      name.resize(kNameBytesMax);
      while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0) == 0x80)
        name.pop_back();
      if (!name.empty() && static_cast<unsigned char>(name.back()) >= 0x80) name.pop_back();
      name += "...";
    }
    std::replace_if(
        name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    levels.push_back(absl::StrCat(i + 1, ". ", name));
  }
  levels.emplace_back(kCohort);
  return levels;
}

std::string Key(std::string_view key, const std::vector<std::string>& values) {
  std::string text = absl::StrCat(Av(key), ": [");
  for (std::size_t i = 0; i < values.size(); ++i)
    absl::StrAppend(&text, i == 0 ? "" : ", ", YamlQuote(values[i]));
  return text + "]\n";
}

// "a and (b)", of those that say something.
std::string And(const std::vector<std::string>& conditions) {
  std::string text;
  for (const std::string& condition : conditions) {
    if (condition.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "(" : " and (", condition, ")");
  }
  return text;
}

Analysis OneAnalysis(std::string_view name, std::string_view algorithm,
                     std::vector<std::pair<std::string, std::string>> params) {
  Analysis analysis{.name = std::string(name), .algorithm = std::string(algorithm)};
  for (auto& [key, value] : params) analysis.params.values[key] = ParamValue(std::move(value));
  return analysis;
}

}  // namespace

absl::StatusOr<Study> CohortQuestion(const Study& study, bool by_site) {
  if (by_site && study.omop.empty())
    return absl::InvalidArgumentError("counts by site are of cohorts on OMOP tables only");
  Study question = study;
  question.name = absl::StrCat(study.name.substr(0, 57), "-cohort");
  Analysis count{.name = std::string(kCohort), .algorithm = "descriptive/count"};
  for (const Analysis& analysis : study.analyses) {
    if (analysis.algorithm == count.algorithm) count = analysis;
  }
  count.name = std::string(kCohort);
  question.analyses.clear();
  if (!study.omop.empty() && !study.schema.Find(kStepVariable).has_value()) {
    ESSAIM_ASSIGN_OR_RETURN(const cohort::Extraction extraction,
                            cohort::ParseExtraction(study.omop, study.schema));
    question.omop = absl::StrCat(study.omop, study.omop.ends_with('\n') ? "" : "\n",
                                 Key("steps", LevelsOf(extraction.cohort)),
                                 by_site ? Key("sites", study.sites) : "");
    // The study's own conditions are for the count; the steps are those of everybody.
    count.where_text =
        And({absl::StrCat(Av(kStepVariable), " == '", Av(kCohort), "'"), study.include_text,
             study.exclude_text.empty() ? "" : absl::StrCat("not (", study.exclude_text, ")"),
             count.where_text});
    question.include_text.clear();
    question.exclude_text.clear();
    question.analyses.push_back(
        OneAnalysis(kAttrition, "descriptive/count", {{"by", std::string(kStepVariable)}}));
    if (by_site) {
      question.analyses.push_back(OneAnalysis(
          kBySite, "descriptive/cross_table",
          {{"row", std::string(kSiteVariable)}, {"column", std::string(kStepVariable)}}));
    }
  }
  question.analyses.push_back(std::move(count));
  question.source = StudySource(question);
  return ParseStudy(question.source, nullptr);
}

absl::StatusOr<std::string> DefinitionOf(const Study& study) {
  if (study.omop.empty()) return std::string();
  ESSAIM_ASSIGN_OR_RETURN(const cohort::Extraction extraction,
                          cohort::ParseExtraction(study.omop, study.schema));
  return cohort::DefinitionHash(extraction.cohort);
}

std::string AttritionText(const Result& result) {
  if (result.tables.empty()) return "";
  const ResultTable& table = result.tables.front();
  std::vector<std::pair<std::string, std::int64_t>> steps;
  std::vector<bool> open;  // some of it is hidden
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto* name = std::get_if<std::string>(&table.rows[r][0]);
    const auto* n = std::get_if<std::int64_t>(&table.rows[r][1]);
    const bool is_missing = r + 1 == table.rows.size();  // nobody: everyone came to some step
    if (name == nullptr || (is_missing && n != nullptr && *n == 0)) continue;
    if (is_missing && IsHidden(table, r, 1)) continue;
    steps.emplace_back(*name, n == nullptr ? 0 : *n);
    open.push_back(IsHidden(table, r, 1));
  }
  // Who came further came here too.
  for (std::size_t i = steps.size(); i-- > 1;) {
    steps[i - 1].second += steps[i].second;
    open[i - 1] = open[i - 1] || open[i];
  }
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string n = absl::StrCat(open[i] ? "at least " : "", CountText(steps[i].second));
    absl::StrAppend(&text, std::string(n.size() < 18 ? 18 - n.size() : 0, ' '), n, "  ",
                    steps[i].first, "\n");
  }
  return text;
}

}  // namespace essaim::cli
