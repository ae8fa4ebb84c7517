// The persons of a site as a linkage sees them, and the merging of those that were found to be one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret_bytes.h"
#include "linkage/linker.h"
#include "source/identity_store.h"
#include "warehouse/cdm_source.h"
#include "warehouse/sql_engine.h"

namespace essaim::node {

struct LinkablePerson {
  std::int64_t person_id = 0;
  linkage::PersonFields fields;
  Identity shown;  // for the site's own staff
  int n_identifiers = 0;
};

// Who is in the CDM and in the identity store, by person_id; persons merged before are one. A field
// that one of a person's records lacks is taken from another. `id_secret`: hashes national
// identifiers, so that they meet those that came hashed; null: they stay as they are.
absl::StatusOr<std::vector<LinkablePerson>> LinkablePersons(SqlEngine& cdm, IdentityStore& store,
                                                            const SecretBytes* id_secret);

// At least 16 bytes, less a line end. kInvalidArgument.
absl::StatusOr<SecretBytes> ReadLinkSecret(const std::string& path);

struct Duplicate {
  const LinkablePerson *keep = nullptr, *other = nullptr;
  linkage::ScoredPair score;
  bool merge = false;  // likely enough to need no look
};

struct DuplicateReport {
  std::vector<Duplicate> duplicates;  // the likeliest first; of `people`
  std::uint64_t n_compared = 0, n_all = 0;
  double n_matches = 0;
};

absl::StatusOr<DuplicateReport> FindDuplicates(const std::vector<LinkablePerson>& people);

// The list for a person to read and to decide on: CSV; with names where `show`.
std::string ReviewCsv(const DuplicateReport& report, bool show);

// What a decided list merges. kInvalidArgument with file and line: no such list, a decision that is
// none, a person who is not in the CDM.
absl::StatusOr<std::unique_ptr<CdmSource>> OpenDecisions(SqlEngine& cdm, const std::string& path);

}  // namespace essaim::node
