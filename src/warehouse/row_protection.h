// What is done to a good row of the CDM before it is kept: its dates are moved, its free text is
// sealed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "omop/cdm.h"
#include "warehouse/cell_cipher.h"
#include "warehouse/date_shift.h"

namespace essaim {

// Free text (omop/free_text.h), and the own text of rejected rows, which may hold some.
struct FreeTextRule {
  enum class Kind { kPlain, kSealed, kLeftOut };
  Kind kind = Kind::kPlain;
  const CellCipher* cipher = nullptr;  // of kSealed; outlives the load
  std::string why = "";                // of kLeftOut, for people
};

// One load's. Threads: one.
class RowProtection {
 public:
  // `shift` may be null: dates stay.
  RowProtection(const FreeTextRule& text, const DateShift* shift) : text_(text), shift_(shift) {}

  // Cells that change point into `buffers`, one a cell. Gives why the row cannot be kept, null if
  // it can. Days and times are ISO 8601, as ReadCdmCell gives them, in `buffers`.
  const char* MoveDates(const CdmTable& table, std::span<std::optional<std::string_view>> cells,
                        std::span<std::string> buffers);
  absl::Status KeepTexts(const CdmTable& table, std::span<std::optional<std::string_view>> cells,
                         std::span<std::string> buffers);
  // The own text of a rejected row as it is kept; nullopt: it is not.
  absl::StatusOr<std::optional<std::string>> KeepRaw(std::string_view raw) const;

  std::uint64_t n_left_out() const { return n_left_out_; }  // texts

 private:
  struct Plan {
    std::optional<std::size_t> person;
    std::vector<std::size_t> dates, texts;
  };

  const Plan& PlanOf(const CdmTable& table);
  static void MoveBirth(const CdmTable& table, int days,
                        std::span<std::optional<std::string_view>> cells,
                        std::span<std::string> buffers);

  const FreeTextRule& text_;
  const DateShift* shift_;
  std::map<const CdmTable*, Plan> plans_;
  std::uint64_t n_left_out_ = 0;
};

// Whose days a row's dates move by: person_id, or a cohort's subject_id. Null: nobody's, as of
// vocabularies, care sites, costs and note_nlp, whose one date is that of the program's run.
const CdmField* PersonFieldOf(const CdmTable& table);

}  // namespace essaim
