#include "node/link_sites.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "cohort/count_once.h"
#include "crypto/agreement.h"
#include "crypto/hash.h"
#include "crypto/signing.h"
#include "linkage/encoding.h"
#include "warehouse/expression_sql.h"

namespace essaim::node {
namespace {

constexpr char kTokenTable[] =
    "CREATE TABLE IF NOT EXISTS link_token (project VARCHAR, token "
    "VARCHAR, person_id BIGINT)";
constexpr char kOfferDomain[] = "essaim/link-offer";
constexpr char kOfferMark[] = "essaim link offer 1";

absl::Status WriteTokens(SqlEngine& engine, const linkage::EncodingFile& file,
                         const std::vector<LinkablePerson>& people) {
  ESSAIM_RETURN_IF_ERROR(
      engine.Execute("DELETE FROM link_token WHERE project = " + SqlText(file.project)));
  ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<SqlAppender> rows,
                          engine.Append("link_token", {"project", "token", "person_id"}));
  for (std::size_t i = 0; i < people.size(); ++i) {
    const std::string token = ToHex(file.tokens[i]), person = absl::StrCat(people[i].person_id);
    const std::array<std::optional<std::string_view>, 3> cells = {file.project, token, person};
    ESSAIM_RETURN_IF_ERROR(rows->Row(cells));
  }
  return rows->Close();
}

absl::StatusOr<std::map<std::string, std::int64_t>> PersonsOfTokens(SqlEngine& engine,
                                                                    const std::string& project) {
  constexpr std::size_t kAtOnce = 500'000;
  std::map<std::string, std::int64_t> persons;
  std::string after;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        engine.Query(absl::StrCat("SELECT token, person_id FROM link_token WHERE project = ",
                                  SqlText(project), after, " ORDER BY token LIMIT ", kAtOnce)));
    for (const auto& row : rows.rows)
      persons[std::get<std::string>(row[0])] = std::get<std::int64_t>(row[1]);
    if (rows.rows.size() < kAtOnce) return persons;
    after = " AND token > " + SqlText(persons.rbegin()->first);
  }
}

absl::StatusOr<crypto::AgreementKey> AgreementKeyOf(const SecretBytes& signing_seed) {
  return crypto::AgreementKey::FromSecret(
      crypto::Hkdf(signing_seed.span(), "", "essaim/linkage/agreement", crypto::kAgreementBytes));
}

std::string OfferBytes(const std::string& site, const std::string& key) {
  ByteWriter w;
  w.Bytes(site);
  w.Bytes(key);
  return w.Take();
}

}  // namespace

absl::StatusOr<linkage::EncodingFile> ExportEncodings(SqlEngine& identity_sql,
                                                      const std::vector<LinkablePerson>& people,
                                                      const std::string& project,
                                                      const std::string& site,
                                                      const SecretBytes& secret, Entropy& entropy) {
  if (!linkage::IsLinkName(project))
    return absl::InvalidArgumentError("project: expected 1 to 64 of a-z, 0-9 and -");
  if (people.size() > linkage::kRecordsMax)
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", linkage::kRecordsMax, " persons in one file"));
  const linkage::Encoder encoder(secret, project, linkage::HardeningFor(people.size()));
  linkage::EncodingFile file{.project = project, .site = site, .key_check = encoder.KeyCheck()};
  for (const LinkablePerson& person : people) {
    std::string token(linkage::kTokenBytes, '\0');
    ESSAIM_RETURN_IF_ERROR(
        entropy.Fill({reinterpret_cast<std::uint8_t*>(token.data()), token.size()}));
    file.tokens.push_back(std::move(token));
    file.persons.push_back(encoder.Encode(person.fields));
  }
  ESSAIM_RETURN_IF_ERROR(identity_sql.Execute(kTokenTable));
  ESSAIM_RETURN_IF_ERROR(identity_sql.Execute("BEGIN"));
  const absl::Status kept = WriteTokens(identity_sql, file, people);
  ESSAIM_RETURN_IF_ERROR(identity_sql.Execute(kept.ok() ? "COMMIT" : "ROLLBACK"));
  ESSAIM_RETURN_IF_ERROR(kept);
  return file;
}

absl::StatusOr<ImportReport> ImportLinks(SqlEngine& cdm, SqlEngine& identity_sql,
                                         const std::string& site, const linkage::LinksFile& links,
                                         std::int64_t now_ms) {
  if (links.site != site)
    return absl::InvalidArgumentError(
        absl::StrCat("these are the links of ", links.site, ", this site is ", site));
  ESSAIM_RETURN_IF_ERROR(identity_sql.Execute(kTokenTable));
  ESSAIM_ASSIGN_OR_RETURN(const auto persons, PersonsOfTokens(identity_sql, links.project));
  ImportReport report;
  std::vector<cohort::LinkedPerson> linked;
  for (const linkage::SharedRecord& link : links.links) {
    const auto person = persons.find(ToHex(link.token));
    if (person == persons.end())
      return absl::InvalidArgumentError(absl::StrCat("a token that is not of the last export for ",
                                                     links.project,
                                                     ": match the file that was exported last"));
    linked.push_back(
        {.person_id = person->second, .linkage_id = ToHex(link.linkage_id), .first = link.first});
    ++report.n_shared;
    report.n_here += link.first.empty() ? 1 : 0;
  }
  ESSAIM_RETURN_IF_ERROR(cohort::StoreLinkage(cdm, links.project, links.sites, linked, now_ms));
  return report;
}

absl::StatusOr<std::string> WriteOffer(const std::string& site, const SecretBytes& signing_seed) {
  ESSAIM_ASSIGN_OR_RETURN(const crypto::AgreementKey agreement, AgreementKeyOf(signing_seed));
  ESSAIM_ASSIGN_OR_RETURN(const crypto::SigningKey key, crypto::SigningKey::FromSeed(signing_seed));
  return absl::StrCat(kOfferMark, "\n", site, "\n", ToHex(agreement.public_key()), "\n",
                      ToHex(key.Sign(kOfferDomain, OfferBytes(site, agreement.public_key()))),
                      "\n");
}

absl::StatusOr<LinkOffer> ReadOffer(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 4 || lines[0] != kOfferMark || !linkage::IsLinkName(lines[1]))
    return absl::InvalidArgumentError("not an offer (essaim node link offer makes one)");
  LinkOffer offer{.site = lines[1]};
  ESSAIM_ASSIGN_OR_RETURN(offer.agreement_key, FromHex(lines[2]));
  ESSAIM_ASSIGN_OR_RETURN(offer.signature, FromHex(lines[3]));
  return offer;
}

absl::StatusOr<SecretBytes> AgreeOnSecret(const std::string& site, const SecretBytes& signing_seed,
                                          const LinkOffer& offer, const std::string& peer_key) {
  if (offer.site == site)
    return absl::InvalidArgumentError("this site's own offer: the other site's is needed");
  if (!crypto::Verify(peer_key, kOfferDomain, OfferBytes(offer.site, offer.agreement_key),
                      offer.signature))
    return absl::PermissionDeniedError(
        absl::StrCat("the offer is not signed by ", offer.site, "'s key as it is trusted here"));
  ESSAIM_ASSIGN_OR_RETURN(const crypto::AgreementKey own, AgreementKeyOf(signing_seed));
  ESSAIM_ASSIGN_OR_RETURN(const SecretBytes shared, own.Agree(offer.agreement_key));
  return crypto::Hkdf(shared.span(),
                      crypto::HashOf("essaim/linkage/pair",
                                     {std::min(site, offer.site), std::max(site, offer.site)}),
                      "essaim/linkage/secret", 32);
}

}  // namespace essaim::node
