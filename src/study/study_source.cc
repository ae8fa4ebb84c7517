#include "study/study_source.h"

#include <type_traits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "study/schema_file.h"
#include "study/yaml_tree.h"

namespace essaim {
namespace {

template <typename T, typename F>
std::string List(const std::vector<T>& items, F write) {
  std::string out = "[";
  for (std::size_t i = 0; i < items.size(); ++i)
    absl::StrAppend(&out, i ? ", " : "", write(items[i]));
  return out + "]";
}

std::string Write(const ParamValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>) {
          return v ? "true" : "false";
        } else if constexpr (std::is_same_v<T, double>) {
          return YamlNumber(v);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return YamlQuote(v);
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          return List(v, [](const std::string& text) { return YamlQuote(text); });
        } else {
          return List(v, [](double x) { return YamlNumber(x); });
        }
      },
      value);
}

void Line(std::string& out, std::string_view key, std::string_view text) {
  if (!text.empty()) absl::StrAppend(&out, Av(key), ": ", YamlQuote(text), "\n");
}

std::string AnalysisSource(const Analysis& analysis) {
  std::string out;
  absl::StrAppend(&out, "  - name: ", YamlQuote(analysis.name), "\n");
  Line(out, "    algorithm", analysis.algorithm);
  Line(out, "    model", analysis.model);
  Line(out, "    where", analysis.where_text);
  if (!analysis.params.values.empty()) absl::StrAppend(&out, "    parameters:\n");
  for (const auto& [name, value] : analysis.params.values) {
    absl::StrAppend(&out, "      ", YamlQuote(name), ": ", Write(value), "\n");
  }
  return out;
}

}  // namespace

std::string StudySource(const Study& study) {
  std::string out = "essaim: 1\n";
  Line(out, "name", study.name);
  Line(out, "title", study.title);
  Line(out, "purpose", study.purpose);
  if (study.omop.empty()) {
    absl::StrAppend(&out, "data:\n  set: ", YamlQuote(study.dataset), "\n  schema:\n",
                    SchemaYaml(study.schema, 4));
  } else {
    // A text without a line end would be read as a file's name.
    absl::StrAppend(
        &out, "data:\n  omop: ",
        YamlQuote(study.omop.find('\n') == std::string::npos ? study.omop + "\n" : study.omop),
        "\n");
  }
  absl::StrAppend(&out, "sites: ",
                  List(study.sites, [](const std::string& site) { return YamlQuote(site); }), "\n");
  if (!study.include_text.empty() || !study.exclude_text.empty()) {
    absl::StrAppend(&out, "cohort:\n");
    Line(out, "  include", study.include_text);
    Line(out, "  exclude", study.exclude_text);
  }
  if (!study.count_once.empty())
    absl::StrAppend(&out, "count_once: ", YamlQuote(study.count_once), "\n");
  if (!study.quality.empty() || !study.quality_bounds.empty()) absl::StrAppend(&out, "quality:\n");
  for (const auto& [characteristic, level] : study.quality)
    absl::StrAppend(&out, "  ", characteristic, ": ", level, "\n");
  if (!study.quality_bounds.empty()) absl::StrAppend(&out, "  thresholds:\n");
  for (const auto& [id, bound] : study.quality_bounds) {
    const std::string watch =
        bound.watch.has_value() ? absl::StrCat("watch: ", YamlNumber(*bound.watch)) : "";
    const std::string fail =
        bound.fail.has_value() ? absl::StrCat("fail: ", YamlNumber(*bound.fail)) : "";
    absl::StrAppend(&out, "    ", id, ": {", watch, watch.empty() || fail.empty() ? "" : ", ", fail,
                    "}\n");
  }
  const Privacy& privacy = study.privacy;
  absl::StrAppend(&out, "privacy:\n  minimum_cohort: ", privacy.minimum_cohort,
                  "\n  minimum_cell: ", privacy.minimum_cell,
                  "\n  minimum_sites: ", privacy.minimum_sites,
                  "\n  collusions: ", privacy.collusions, "\n  on_dropout: ",
                  privacy.on_dropout == Privacy::OnDropout::kWait ? "wait" : "continue", "\n");
  absl::StrAppend(&out, "analyses:\n");
  for (const Analysis& analysis : study.analyses) absl::StrAppend(&out, AnalysisSource(analysis));
  return out;
}

}  // namespace essaim
