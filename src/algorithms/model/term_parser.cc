#include "algorithms/model/term_parser.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace essaim {
namespace {

constexpr std::size_t kDegreeMax = 6;
constexpr std::string_view kInterceptName = "(Intercept)";

std::string_view Trim(std::string_view s) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && space(s.front())) s.remove_prefix(1);
  while (!s.empty() && space(s.back())) s.remove_suffix(1);
  return s;
}

std::string_view Unquote(std::string_view s) {
  s = Trim(s);
  if (s.size() >= 2 && s.front() == s.back() && (s.front() == '"' || s.front() == '\'')) {
    return s.substr(1, s.size() - 2);
  }
  return s;
}

absl::Status Bad(std::string_view term, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("term '", Av(term), "': ", Av(why)));
}

// At `separator` outside parentheses.
std::vector<std::string_view> Split(std::string_view s, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '(') ++depth;
    if (s[i] == ')') --depth;
    if (s[i] == separator && depth == 0) {
      parts.push_back(Trim(s.substr(start, i - start)));
      start = i + 1;
    }
  }
  parts.push_back(Trim(s.substr(start)));
  return parts;
}

}  // namespace

absl::StatusOr<TermParser::Factor> TermParser::Plain(std::string_view name,
                                                     std::string_view term) const {
  Factor factor;
  factor.label = std::string(name);
  const std::optional<std::size_t> index = schema_.Find(name);
  if (!index && name == "site") {
    factor.categorical = true;
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      factor.levels.push_back(
          {.kind = ModelTerms::Part::Kind::kSite, .level = static_cast<double>(i)});
    }
    factor.level_names = sites_;
    if (sites_.empty()) return Bad(term, "the study names no sites");
    return factor;
  }
  if (!index) {
    std::vector<std::string> known;
    for (const Variable& v : schema_.variables()) known.push_back(v.name);
    return Bad(term, absl::StrCat("no variable '", Av(name), "'", DidYouMean(name, known)));
  }
  const Variable& variable = schema_.variables()[*index];
  factor.value.variable = *index;
  if (variable.kind != VariableKind::kCategory) return factor;
  factor.categorical = true;
  for (std::size_t i = 0; i < variable.levels.size(); ++i) {
    factor.levels.push_back({.kind = ModelTerms::Part::Kind::kLevel,
                             .variable = *index,
                             .level = static_cast<double>(i)});
  }
  factor.level_names = variable.levels;
  if (factor.levels.size() < 2) return Bad(term, "a category needs two levels");
  return factor;
}

absl::StatusOr<TermParser::Factor> TermParser::ParseCall(std::string_view name,
                                                         std::string_view arguments,
                                                         std::string_view term) const {
  const std::vector<std::string_view> list = Split(arguments, ',');
  ESSAIM_ASSIGN_OR_RETURN(Factor factor, Plain(list[0], term));
  if (name == "factor") {
    if (!factor.categorical) return Bad(term, "factor() needs a category");
    if (list.size() == 1) return factor;
    const std::size_t equals = list[1].find('=');
    if (list.size() != 2 || equals == std::string_view::npos ||
        Trim(list[1].substr(0, equals)) != "reference") {
      return Bad(term, "expected factor(variable, reference=level)");
    }
    const std::string level(Unquote(list[1].substr(equals + 1)));
    const auto it = std::find(factor.level_names.begin(), factor.level_names.end(), level);
    if (it == factor.level_names.end()) {
      return Bad(term, absl::StrCat("no level '", level, "'; the levels are ",
                                    absl::StrJoin(factor.level_names, ", ")));
    }
    factor.reference = it - factor.level_names.begin();
    return factor;
  }
  if (name != "scale") return Bad(term, absl::StrCat("no function '", Av(name), "'"));
  if (factor.categorical) return Bad(term, "scale() needs a number");
  if (list.size() != 3 || !absl::SimpleAtod(Av(list[1]), &factor.value.centre) ||
      !absl::SimpleAtod(Av(list[2]), &factor.value.scale) || !std::isfinite(factor.value.centre) ||
      !(factor.value.scale > 0) || !std::isfinite(factor.value.scale)) {
    return Bad(term, "expected scale(variable, centre, sd) with sd > 0");
  }
  factor.label = absl::StrCat("scale(", factor.label, ", ", Av(list[1]), ", ", Av(list[2]), ")");
  return factor;
}

absl::StatusOr<TermParser::Factor> TermParser::ParseFactor(std::string_view text,
                                                           std::string_view term) const {
  if (text.empty()) return Bad(term, "a variable is missing");
  if (schema_.Find(text)) return Plain(text, term);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return Plain(text, term);
  if (text.back() != ')') return Bad(term, "a parenthesis is not closed");
  return ParseCall(Trim(text.substr(0, open)), text.substr(open + 1, text.size() - open - 2), term);
}

absl::StatusOr<std::vector<TermParser::Term>> TermParser::ParseTerm(const std::string& text) const {
  if (text.size() > 1024) return absl::InvalidArgumentError("a term longer than 1024 bytes");
  std::vector<Term> terms;
  for (const std::string_view crossed : Split(text, '*')) {
    Term term;
    for (const std::string_view part : Split(crossed, ':')) {
      ESSAIM_ASSIGN_OR_RETURN(Factor factor, ParseFactor(part, text));
      const bool again = std::any_of(term.begin(), term.end(),
                                     [&](const Factor& f) { return f.label == factor.label; });
      if (!again) term.push_back(std::move(factor));
    }
    const std::size_t before = terms.size();
    if (before > 63) return Bad(text, "too many crossed variables");
    for (std::size_t i = 0; i < before; ++i) {
      Term both = terms[i];
      both.insert(both.end(), term.begin(), term.end());
      terms.push_back(std::move(both));
    }
    terms.insert(terms.begin() + static_cast<std::ptrdiff_t>(before), std::move(term));
  }
  for (const Term& term : terms) {
    if (term.size() > kDegreeMax) return Bad(text, "an interaction of more than 6 variables");
  }
  return terms;
}

absl::Status TermParser::AddColumn(std::string name, ModelTerms::Column column) {
  if (out_.columns_.size() >= ModelTerms::kColumnsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the terms make more than ", ModelTerms::kColumnsMax, " columns"));
  }
  out_.names_.push_back(std::move(name));
  out_.columns_.push_back(std::move(column));
  return absl::OkStatus();
}

absl::Status TermParser::AddTerm(const Term& term, const std::set<std::set<std::string>>& margins) {
  std::vector<ModelTerms::Column> columns(1);
  std::vector<std::string> names(1);
  columns[0].term = out_.term_names_.size();
  for (const Factor& factor : term) {
    std::set<std::string> margin;
    for (const Factor& other : term) {
      if (&other != &factor) margin.insert(other.label);
    }
    const bool contrasts = margins.count(margin) > 0;
    std::vector<std::pair<std::string, ModelTerms::Part>> choices;
    if (!factor.categorical) choices.emplace_back(factor.label, factor.value);
    for (std::size_t i = 0; i < factor.levels.size(); ++i) {
      if (contrasts && i == 0) continue;
      choices.emplace_back(factor.label + factor.level_names[i], factor.levels[i]);
    }
    if (columns.size() * choices.size() > ModelTerms::kColumnsMax) {
      return absl::InvalidArgumentError("an interaction with too many columns");
    }
    std::vector<ModelTerms::Column> wider;
    std::vector<std::string> wider_names;
    for (const auto& [label, part] : choices) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        wider.push_back(columns[i]);
        wider.back().parts.push_back(part);
        wider_names.push_back(names[i].empty() ? label : names[i] + ":" + label);
      }
    }
    columns = std::move(wider);
    names = std::move(wider_names);
  }
  out_.term_names_.push_back(
      absl::StrJoin(term, ":", [](std::string* s, const Factor& f) { s->append(f.label); }));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    ESSAIM_RETURN_IF_ERROR(AddColumn(std::move(names[i]), std::move(columns[i])));
  }
  return absl::OkStatus();
}

// As R does: variables stand in an interaction in the order in which the model first names them,
// and a reference level, once given, is the variable's first level everywhere.
void TermParser::Harmonise(std::vector<Term>& terms) {
  std::vector<std::string> order;
  std::map<std::string, std::ptrdiff_t> references;
  for (const Term& term : terms) {
    for (const Factor& factor : term) {
      if (std::find(order.begin(), order.end(), factor.label) == order.end()) {
        order.push_back(factor.label);
      }
      if (factor.reference >= 0) references[factor.label] = factor.reference;
    }
  }
  const auto place = [&](const Factor& f) {
    return std::find(order.begin(), order.end(), f.label);
  };
  for (Term& term : terms) {
    std::stable_sort(term.begin(), term.end(),
                     [&](const Factor& a, const Factor& b) { return place(a) < place(b); });
    for (Factor& factor : term) {
      const auto it = references.find(factor.label);
      if (it == references.end()) continue;
      const auto first = it->second;
      std::rotate(factor.levels.begin(), factor.levels.begin() + first,
                  factor.levels.begin() + first + 1);
      std::rotate(factor.level_names.begin(), factor.level_names.begin() + first,
                  factor.level_names.begin() + first + 1);
    }
  }
}

absl::StatusOr<ModelTerms> TermParser::Parse(const std::vector<std::string>& terms,
                                             bool intercept) {
  std::vector<Term> all;
  std::set<std::set<std::string>> margins;  // the terms present, as sets of variables
  if (intercept) margins.insert(std::set<std::string>());
  for (const std::string& text : terms) {
    ESSAIM_ASSIGN_OR_RETURN(std::vector<Term> parsed, ParseTerm(text));
    for (Term& term : parsed) {
      std::set<std::string> labels;
      for (const Factor& factor : term) labels.insert(factor.label);
      if (margins.insert(std::move(labels)).second) all.push_back(std::move(term));
    }
  }
  Harmonise(all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Term& a, const Term& b) { return a.size() < b.size(); });
  if (intercept) {
    out_.intercept_ = true;
    out_.term_names_.emplace_back(kInterceptName);
    ESSAIM_RETURN_IF_ERROR(AddColumn(std::string(kInterceptName), {}));
  }
  for (const Term& term : all) {
    ESSAIM_RETURN_IF_ERROR(AddTerm(term, margins));
    // Without an intercept the first category takes its place, as in R.
    if (term.size() == 1 && term[0].categorical) margins.insert(std::set<std::string>());
  }
  Finish();
  return std::move(out_);
}

void TermParser::Finish() {
  std::set<std::size_t> variables;
  for (const ModelTerms::Column& column : out_.columns_) {
    double lower = 1, upper = 1;
    for (const ModelTerms::Part& part : column.parts) {
      double a = 0, b = 1;
      if (part.kind != ModelTerms::Part::Kind::kSite) variables.insert(part.variable);
      if (part.kind == ModelTerms::Part::Kind::kValue) {
        const Variable& v = schema_.variables()[part.variable];
        const bool boolean = v.kind == VariableKind::kBoolean;
        a = ((boolean ? 0 : v.lower) - part.centre) / part.scale;
        b = ((boolean ? 1 : v.upper) - part.centre) / part.scale;
      }
      const double ends[] = {lower * a, lower * b, upper * a, upper * b};
      lower = *std::min_element(std::begin(ends), std::end(ends));
      upper = *std::max_element(std::begin(ends), std::end(ends));
    }
    out_.lower_.push_back(lower);
    out_.upper_.push_back(upper);
  }
  out_.variables_.assign(variables.begin(), variables.end());
}

bool TermParser::MatchPart(std::string_view name, ModelTerms::Column& column) const {
  if (schema_.Find(name) || name.substr(0, 6) == "scale(") {
    const auto factor = ParseFactor(name, name);
    if (!factor.ok() || factor->categorical) return false;
    column.parts.push_back(factor->value);
    return true;
  }
  const auto match = [&](std::string_view label) {
    if (name.substr(0, label.size()) != label) return false;
    const auto factor = Plain(label, name);
    if (!factor.ok() || !factor->categorical) return false;
    const auto it = std::find(factor->level_names.begin(), factor->level_names.end(),
                              name.substr(label.size()));
    if (it == factor->level_names.end()) return false;
    column.parts.push_back(
        factor->levels[static_cast<std::size_t>(it - factor->level_names.begin())]);
    return true;
  };
  for (const Variable& v : schema_.variables()) {
    if (v.kind == VariableKind::kCategory && match(v.name)) return true;
  }
  return match("site");
}

std::optional<ModelTerms::Column> TermParser::MatchColumn(std::string_view name) const {
  ModelTerms::Column column;
  if (name == kInterceptName) return column;
  // A level's name may hold a colon, so the cut that matches decides.
  std::size_t parts = 0;
  while (true) {
    bool found = false;
    for (std::size_t cut = name.size(); cut > 0; --cut) {
      if (cut != name.size() && name[cut] != ':') continue;
      if (!MatchPart(name.substr(0, cut), column)) continue;
      if (cut == name.size()) return column;
      name.remove_prefix(cut + 1);
      found = true;
      break;
    }
    if (!found || ++parts > kDegreeMax) return std::nullopt;
  }
}

absl::StatusOr<ModelTerms> TermParser::ByName(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.size() > 1024) return absl::InvalidArgumentError("a column name over 1024 bytes");
    std::optional<ModelTerms::Column> column = MatchColumn(name);
    if (!column) {
      return absl::InvalidArgumentError(
          absl::StrCat("the model's column '", name, "' cannot be made from the schema"));
    }
    column->term = out_.term_names_.size();
    out_.intercept_ = out_.intercept_ || column->parts.empty();
    out_.term_names_.push_back(name);
    ESSAIM_RETURN_IF_ERROR(AddColumn(name, *std::move(column)));
  }
  Finish();
  return std::move(out_);
}

absl::StatusOr<ModelTerms> ModelTerms::Parse(const std::vector<std::string>& terms,
                                             const Schema& schema,
                                             const std::vector<std::string>& sites,
                                             bool intercept) {
  return TermParser(schema, sites).Parse(terms, intercept);
}

absl::StatusOr<ModelTerms> ModelTerms::Parse(const std::vector<std::string>& terms,
                                             const Setup& setup, bool intercept) {
  return Parse(terms, setup.schema, setup.sites, intercept);
}

absl::StatusOr<ModelTerms> ModelTerms::FromNames(const std::vector<std::string>& names,
                                                 const Schema& schema,
                                                 const std::vector<std::string>& sites) {
  return TermParser(schema, sites).ByName(names);
}

}  // namespace essaim
