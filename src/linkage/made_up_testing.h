// Made-up persons whose names are as unevenly common as real ones, and the errors that clerks make.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "linkage/blocking.h"
#include "linkage/person_fields.h"

namespace essaim::linkage {

struct MadeUpPerson {
  RawPerson raw;
  std::uint64_t who = 0;  // equal for records of one person
};

struct MadeUpOptions {
  std::size_t n = 0;         // records a list
  double shared = 0.3;       // share of the first list's persons that are in the second too
  double error_rate = 0.05;  // chance of an error in each field of a record of the second list
  double with_id = 0;        // share of the persons whose records have a NIR
  std::uint64_t seed = 1;
};

struct MadeUpLists {
  std::vector<MadeUpPerson> a, b;
};

// Half French, half English. One person in eight is of the household of the one before (the same
// family name and postcode), some with the given name too; one in a hundred is a twin of it, one in
// a thousand another person with its names and birth date, in another town. Some given names are
// compound ("Jean-Pierre") or several. Errors: a letter inserted, left out, taken for another (by
// sound, by look, by neighbourhood on the keyboard) or exchanged with the next; accents that a
// decoding broke; a field left empty; names exchanged; half of a compound name; a married name,
// alone or as a part; day and month exchanged, a digit of the date (the year's last two too), 1
// January for a day that is not known; a move. kNotFound: no `names_csv`
// (tests/data/linkage/names.csv).
absl::StatusOr<MadeUpLists> MakeUp(const std::string& names_csv, const MadeUpOptions& options);

std::vector<PersonFields> FieldsOf(const std::vector<MadeUpPerson>& people);

struct Accuracy {
  double precision = 0, recall = 0;

  double F1() const {
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
  }
};

// Of pairs that were called matches.
Accuracy AccuracyOf(const MadeUpLists& lists, const std::vector<Pair>& called);
// The share of the true pairs that are among these.
double Completeness(const MadeUpLists& lists, const std::vector<Pair>& compared);

}  // namespace essaim::linkage
