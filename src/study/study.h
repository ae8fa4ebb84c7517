// A study: one question under one consortium. Which sites, which data set, which persons, which
// analyses, and what must hold before anything leaves a site.
//
// The YAML file is the source; docs/study.md is its reference and JsonSchema() its published
// schema.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "algo/params.h"
#include "data/schema.h"
#include "study/expression.h"
#include "study/site_quality.h"

namespace essaim {

struct Privacy {
  int minimum_cohort = 20;  // persons a site must have in the cohort to take part, >= 1
  int minimum_cell = 5;     // smallest count of persons that is shown, >= 1 (1 hides nothing)
  int minimum_sites = 3;    // fewest sites in any sum, >= 2
  int collusions = 1;       // sites that may collude with the hub without learning another's vector
  // A site that is lost within a run: `wait` pauses the run until it is back, `continue` finishes
  // without it.
  enum class OnDropout { kWait, kContinue } on_dropout = OnDropout::kWait;
};

struct Analysis {
  std::string name;       // unique within the study
  std::string algorithm;  // registry name, "regression/glm"
  std::string model;  // the name of an earlier analysis whose fitted model this one uses, or empty
  std::string where_text;  // further condition on the cohort's persons, as written, or empty
  Params params;
  std::size_t line = 0;  // in the text that was parsed, from 1
};

// Variables that an extraction has by its keys `steps` and `sites`: how far a person came into the
// cohort, and the site. A site's policy decides on the second.
inline constexpr std::string_view kStepVariable = "essaim_step";
inline constexpr std::string_view kSiteVariable = "essaim_site";

struct Study {
  std::string name;  // [a-z0-9-]{1,64}
  std::string title;
  std::string purpose;
  std::string dataset;  // the name under which sites loaded their data; "omop" for their CDM
  // The extraction from the sites' CDM as YAML (cohort/extraction.h): the cohort, and where each
  // variable comes from. Empty for a data set.
  std::string omop;
  Schema schema;  // its variables: the same at every site
  // The least quality of a site's OMOP tables, by characteristic: "passed" or "to_watch". A site
  // that is below stays out. Empty: any.
  std::map<std::string, std::string> quality;
  // By metric id: bounds of this study's own, in place of the site's, for what `quality` demands.
  std::map<std::string, QualityBound> quality_bounds;
  std::vector<std::string> sites;
  // The linkage (a project's name) by which a person at several of the sites is counted at one of
  // them; empty: at each.
  std::string count_once;
  std::string include_text;  // the cohort's condition as written; empty: every person
  std::string exclude_text;  // empty: nobody
  std::vector<Analysis> analyses;
  Privacy privacy;
  std::string source;  // the self-contained bytes that every party received, hashed and parsed
};

// Parses a study file. `read_file` resolves `data.schema: some.yaml` (relative to the study); it
// may be null when the text is self-contained. The result's `source` is self-contained: schema
// inlined. kInvalidArgument with "line:column: key: what is wrong, what was expected", several
// lines if several faults.
using FileReader = std::function<absl::StatusOr<std::string>(std::string_view path)>;
absl::StatusOr<Study> ParseStudy(std::string_view yaml, const FileReader& read_file);

// The condition of one analysis over the cohort: include and not exclude and where, typed against
// the schema.
absl::StatusOr<Expression> CohortOf(const Study& study, const Analysis& analysis);

}  // namespace essaim
