#include "source/vocabulary.h"

#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "base/text_hash.h"
#include "warehouse/expression_sql.h"

namespace essaim {
namespace {

constexpr char kColumns[] =
    "c.concept_id, c.domain_id, c.vocabulary_id, c.concept_code, "
    "CASE WHEN c.standard_concept = 'S' THEN 1 ELSE 0 END";

std::string TextAt(const std::vector<SqlValue>& row, std::size_t at) {
  const auto* text = std::get_if<std::string>(&row[at]);
  return text == nullptr ? "" : *text;
}

std::int64_t NumberAt(const std::vector<SqlValue>& row, std::size_t at) {
  const auto* number = std::get_if<std::int64_t>(&row[at]);
  return number == nullptr ? 0 : *number;
}

Concept ConceptOf(const std::vector<SqlValue>& row) {
  return {.concept_id = NumberAt(row, 0),
          .domain_id = TextAt(row, 1),
          .vocabulary_id = TextAt(row, 2),
          .concept_code = TextAt(row, 3),
          .standard = NumberAt(row, 4) == 1};
}

using CodeView = std::pair<std::string_view, std::string_view>;  // a vocabulary and a code of it

struct CodeHash {
  using is_transparent = void;

  std::size_t operator()(const CodeView& code) const {
    return 31 * TextHash()(code.first) + TextHash()(code.second);
  }
};

struct SameCode {
  using is_transparent = void;

  bool operator()(const CodeView& a, const CodeView& b) const { return a == b; }
};

class SqlVocabulary : public Vocabulary {
 public:
  explicit SqlVocabulary(SqlEngine& engine) : engine_(engine) {}

  absl::StatusOr<const MappedCode*> Map(std::string_view vocabulary_id,
                                        std::string_view code) override {
    const auto known = codes_.find(CodeView(vocabulary_id, code));
    if (known != codes_.end()) return known->second.get();
    const std::pair<std::string, std::string> key(vocabulary_id, code);
    auto mapped = std::make_unique<MappedCode>();
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows sources,
        engine_.Query(absl::StrCat(
            "SELECT ", kColumns, " FROM concept c WHERE c.vocabulary_id = ", SqlText(key.first),
            " AND c.concept_code = ", SqlText(key.second),
            // A valid concept before one that was withdrawn under the same code.
            " ORDER BY CASE WHEN c.invalid_reason IS NULL THEN 0 ELSE 1 END, c.concept_id")));
    if (!sources.rows.empty()) {
      mapped->source = ConceptOf(sources.rows[0]);
      ESSAIM_RETURN_IF_ERROR(AddTargets(*mapped));
    }
    // Bounded memory: a source with more codes than that starts over, and asks again.
    if (codes_.size() >= kCodesKept) {
      retired_ = std::move(codes_);
      codes_.clear();
    }
    return codes_.emplace(key, std::move(mapped)).first->second.get();
  }

  absl::StatusOr<Concept> Find(std::int64_t concept_id) override {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat("SELECT ", kColumns,
                                   " FROM concept c WHERE c.concept_id = ", concept_id)));
    return rows.rows.empty() ? Concept() : ConceptOf(rows.rows[0]);
  }

 private:
  absl::Status AddTargets(MappedCode& mapped) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine_.Query(absl::StrCat(
            "SELECT ", kColumns,
            ", r.relationship_id FROM concept_relationship r JOIN concept c ON c.concept_id = "
            "r.concept_id_2 WHERE r.concept_id_1 = ",
            mapped.source.concept_id,
            " AND r.relationship_id IN ('Maps to', 'Maps to value') AND r.invalid_reason IS NULL "
            "AND c.invalid_reason IS NULL ORDER BY c.concept_id")));
    for (const auto& row : rows.rows) {
      const bool is_value = TextAt(row, 5) == "Maps to value";
      (is_value ? mapped.values : mapped.targets).push_back(ConceptOf(row));
    }
    if (mapped.targets.empty() && mapped.source.standard) mapped.targets.push_back(mapped.source);
    return absl::OkStatus();
  }

  using Codes = std::unordered_map<std::pair<std::string, std::string>, std::unique_ptr<MappedCode>,
                                   CodeHash, SameCode>;
  SqlEngine& engine_;
  Codes codes_, retired_;  // answers just given stay valid over one change
};

}  // namespace

std::unique_ptr<Vocabulary> OpenSqlVocabulary(SqlEngine& engine) {
  return std::make_unique<SqlVocabulary>(engine);
}

}  // namespace essaim
