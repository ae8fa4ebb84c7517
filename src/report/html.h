// One self-contained HTML page: facts of the study, every analysis with its label, tables, curves
// and plots as inline SVG. No script, no outside address; every value is escaped.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "algo/result.h"
#include "report/site_labels.h"

namespace essaim {

struct ReportSection {
  std::string title;  // the analysis
  Result result;
  std::vector<std::string> sites;         // whose persons are in this result
  std::optional<ResultTable> comparison;  // federated beside pooled, if it was asked for
  SiteLabels labels;                      // of the sites that told theirs
};

struct ReportHead {
  std::string title;
  std::string purpose;
  std::vector<std::pair<std::string, std::string>> facts;  // "Data set" -> "heart", ...
  std::vector<std::string> sites;
  int minimum_cell = 5;
  std::string made_by;  // the foot's line: version, date, run ids
};

std::string HtmlReport(const ReportHead& head, const std::vector<ReportSection>& sections);

}  // namespace essaim
