// Which numbers name the same person or the same visit, as messages said over time.
//
// A row's number is made of the identifiers that its first message had. Later messages may have
// others: the patient's number was merged (A40), the visit moved to another patient (A45) or given
// another number (A50). Here is under which numbers a row may be known.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "hl7v2/known.h"
#include "warehouse/id_links.h"

namespace essaim::hl7v2 {

class VisitHistory {
 public:
  void Add(const KnownHistory& history);
  void MergePersons(std::int64_t from, std::int64_t into);
  void JoinVisits(std::int64_t from, std::int64_t into);
  void MoveVisit(std::int64_t visit, std::int64_t from, std::int64_t into);

  // What a visit's number stands for.
  std::int64_t VisitOf(std::int64_t id) const;
  bool SamePerson(std::int64_t a, std::int64_t b) const;

  // Whose numbers a visit of this person may have, besides the person's own; `visit` is the only
  // one if it came by a move, 0 where the persons are one.
  struct Former {
    std::int64_t person, visit;
  };

  std::vector<Former> FormerOf(std::int64_t person) const;

 private:
  std::int64_t PersonOf(std::int64_t id) const;
  std::vector<std::int64_t> NumbersOf(std::int64_t person) const;

  IdLinks persons_, visits_;
  std::multimap<std::int64_t, std::int64_t> merged_;  // both ways, also what is no more
  std::multimap<std::int64_t, std::int64_t> moved_;   // visit, whose it was
  std::multimap<std::int64_t, Former> moved_into_;    // whose it became
};

}  // namespace essaim::hl7v2
