#include "cohort/definition.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"
#include "crypto/hash.h"

namespace essaim::cohort {
namespace {

using absl::StrAppend;
using absl::StrCat;

// Length first: no text can look like the structure around it.
std::string Quoted(std::string_view text) { return StrCat(text.size(), "'", Av(text)); }

std::string Shortest(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

std::string TextOf(const Endpoint& endpoint) {
  return endpoint.days.has_value() ? StrCat(*endpoint.days) : endpoint.sign == -1 ? "-*" : "+*";
}

std::string TextOf(const Window& window) {
  return StrCat("[", TextOf(window.start), ",", TextOf(window.end),
                window.from_index_end ? ",index-end" : "",
                !window.on_event_end.has_value() ? ""
                : *window.on_event_end           ? ",end"
                                                 : ",start",
                "]");
}

class Canonical {
 public:
  explicit Canonical(const Definition& definition) : definition_(definition) {}

  std::string Whole() const;

 private:
  std::string Set(std::optional<int> id) const {
    if (!id.has_value()) return "-";
    const ConceptSet* set = definition_.FindConceptSet(*id);
    return set == nullptr ? "?" : CanonicalText(*set);
  }

  std::string TextOf(const FilterValue& value) const;
  std::string TextOf(const std::vector<Filter>& filters) const;
  std::string TextOf(const Criterion& criterion) const;
  std::string TextOf(const std::vector<Criterion>& criteria) const;
  std::string TextOf(const CorrelatedCriterion& correlated) const;
  std::string TextOf(const Group& group) const;
  std::string Exit() const;

  const Definition& definition_;
};

std::string Canonical::TextOf(const FilterValue& value) const {
  if (const auto* number = std::get_if<NumberRange>(&value)) {
    return StrCat("n", static_cast<int>(number->comparison), ":", Shortest(number->value), ":",
                  Shortest(number->extent));
  }
  if (const auto* date = std::get_if<DateRange>(&value)) {
    return StrCat("d", static_cast<int>(date->comparison), ":", date->value, ":", date->extent);
  }
  if (const auto* text = std::get_if<TextFilter>(&value)) {
    return StrCat("t", static_cast<int>(text->match), text->negated ? "!" : "", Quoted(text->text));
  }
  if (const auto* list = std::get_if<ConceptList>(&value)) {
    std::vector<std::int64_t> ids = list->concepts;
    std::sort(ids.begin(), ids.end());
    return StrCat("c", list->excluded ? "!" : "", absl::StrJoin(ids, ","));
  }
  if (const auto* choice = std::get_if<ConceptSetChoice>(&value)) {
    return StrCat("s", choice->excluded ? "!" : "", Set(choice->concept_set));
  }
  return std::get<bool>(value) ? "true" : "false";
}

std::string Canonical::TextOf(const std::vector<Filter>& filters) const {
  std::vector<std::string> texts;
  for (const Filter& filter : filters) {
    texts.push_back(StrCat(Av(filter.field->key), "=", TextOf(filter.value)));
  }
  std::sort(texts.begin(), texts.end());
  return absl::StrJoin(texts, ";");
}

std::string Canonical::TextOf(const Criterion& criterion) const {
  std::string text = StrCat(Av(InfoOf(criterion.domain).key), "(", Set(criterion.concept_set), "/",
                            Set(criterion.source_concept_set), criterion.first ? "/first" : "", "/",
                            TextOf(criterion.filters));
  if (const auto& adjust = criterion.adjustment) {
    StrAppend(&text, "/adjust:", adjust->start_from_end ? "end" : "start", adjust->start_days, ",",
              adjust->end_from_end ? "end" : "start", adjust->end_days);
  }
  StrAppend(&text, "/", criterion.period_start, "/", criterion.period_end);
  for (const Group& group : criterion.correlated) StrAppend(&text, "/", TextOf(group));
  return text + ")";
}

std::string Canonical::TextOf(const std::vector<Criterion>& criteria) const {
  std::string text;
  for (const Criterion& criterion : criteria) StrAppend(&text, TextOf(criterion));
  return text;
}

std::string Canonical::TextOf(const CorrelatedCriterion& correlated) const {
  const Occurrence& occurrence = correlated.occurrence;
  return StrCat("{", TextOf(correlated.criterion), cohort::TextOf(correlated.start),
                correlated.end.has_value() ? cohort::TextOf(*correlated.end) : "",
                correlated.same_visit ? "visit" : "", correlated.beyond_observation ? "beyond" : "",
                static_cast<int>(occurrence.type), "x", occurrence.count,
                occurrence.distinct ? Av(occurrence.column) : "", "}");
}

std::string Canonical::TextOf(const Group& group) const {
  std::string text = StrCat("<", static_cast<int>(group.type), ",", group.count);
  for (const CorrelatedCriterion& correlated : group.criteria) {
    StrAppend(&text, TextOf(correlated));
  }
  for (const Demographic& demographic : group.demographics) {
    StrAppend(&text, "person(", TextOf(demographic.filters), ")");
  }
  for (const Group& inner : group.groups) StrAppend(&text, TextOf(inner));
  return text + ">";
}

std::string Canonical::Exit() const {
  if (const auto* offset = std::get_if<DateOffset>(&definition_.exit)) {
    return StrCat(offset->from_end ? "end" : "start", offset->days);
  }
  if (const auto* era = std::get_if<DrugEraExit>(&definition_.exit)) {
    return StrCat("era:", Set(era->concept_set), ",", era->gap_days, ",", era->offset, ",",
                  era->days_supply.has_value() ? StrCat(*era->days_supply) : "-");
  }
  return "observation";
}

std::string Canonical::Whole() const {
  const Definition& d = definition_;
  std::string text = StrCat("essaim-cohort-1\nentry ", TextOf(d.entry), "\nobserved ",
                            d.days_before, ",", d.days_after, "\nlimits ",
                            static_cast<int>(d.entry_limit), ",", static_cast<int>(d.limit));
  if (d.additional.has_value()) {
    StrAppend(&text, "\nadditional ", static_cast<int>(d.qualified_limit), TextOf(*d.additional));
  }
  for (const InclusionRule& rule : d.rules) StrAppend(&text, "\nrule ", TextOf(rule.group));
  StrAppend(&text, "\nexit ", Exit(), "\ncensoring ", TextOf(d.censoring), "\nera ", d.era_gap,
            "\nwindow ", d.censor_start, ",", d.censor_end, "\n");
  return text;
}

}  // namespace

const ConceptSet* Definition::FindConceptSet(int id) const {
  const auto at = std::find_if(concept_sets.begin(), concept_sets.end(),
                               [&](const ConceptSet& set) { return set.id == id; });
  return at == concept_sets.end() ? nullptr : &*at;
}

std::string CanonicalText(const ConceptSet& set) {
  std::vector<std::string> items;
  for (const ConceptSetItem& item : set.items) {
    items.push_back(StrCat(item.excluded ? "-" : "+", item.concept_id, item.descendants ? "d" : "",
                           item.mapped ? "m" : ""));
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return StrCat("[", absl::StrJoin(items, ","), "]");
}

std::string CanonicalText(const Definition& definition) { return Canonical(definition).Whole(); }

std::string DefinitionHash(const Definition& definition) {
  const std::string hash = crypto::Sha256(CanonicalText(definition));
  return absl::BytesToHexString(Av(hash));
}

}  // namespace essaim::cohort
