// A site's side of a linkage between sites: its encodings out, its links in.
//
// The tokens of an export and the persons behind them stay in the identity store's file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "base/secret_bytes.h"
#include "linkage/encoding_file.h"
#include "node/link_people.h"
#include "warehouse/sql_engine.h"

namespace essaim::node {

// New tokens in the place of those of the project's last export.
absl::StatusOr<linkage::EncodingFile> ExportEncodings(SqlEngine& identity_sql,
                                                      const std::vector<LinkablePerson>& people,
                                                      const std::string& project,
                                                      const std::string& site,
                                                      const SecretBytes& secret, Entropy& entropy);

struct ImportReport {
  std::size_t n_shared = 0;  // persons of this site who are at another too
  std::size_t n_here = 0;    // of them, whom this site counts
};

// kInvalidArgument: another site's links, or tokens that are not of the project's last export.
absl::StatusOr<ImportReport> ImportLinks(SqlEngine& cdm, SqlEngine& identity_sql,
                                         const std::string& site, const linkage::LinksFile& links,
                                         std::int64_t now_ms);

// Two sites' common secret for a linkage, without a third knowing it and without anything secret
// sent: X25519 (crypto/agreement.h) between keys that each derives from its own signing key and
// offers under its signature.
struct LinkOffer {
  std::string site, agreement_key, signature;
};

absl::StatusOr<std::string> WriteOffer(const std::string& site, const SecretBytes& signing_seed);
// The secret with the site that made the offer. `peer_key`: its signing key, as this site's steward
// trusts it, by the site's name. kPermissionDenied: it did not sign this; kInvalidArgument.
absl::StatusOr<LinkOffer> ReadOffer(const std::string& text);
absl::StatusOr<SecretBytes> AgreeOnSecret(const std::string& site, const SecretBytes& signing_seed,
                                          const LinkOffer& offer, const std::string& peer_key);

}  // namespace essaim::node
