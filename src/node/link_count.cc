#include "node/link_count.h"

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/blinding.h"
#include "linkage/encoding_file.h"
#include "linkage/shared_count.h"
#include "warehouse/expression_sql.h"

namespace essaim::node {
namespace {

constexpr char kTable[] = "CREATE TABLE IF NOT EXISTS link_count (project VARCHAR, scalar VARCHAR)";

std::vector<std::string> KeysOf(const std::vector<LinkablePerson>& people) {
  std::vector<linkage::PersonFields> fields;
  for (const LinkablePerson& person : people) fields.push_back(person.fields);
  return linkage::CountedKeys(fields);
}

absl::Status Forget(SqlEngine& engine, const std::string& project) {
  return engine.Execute("DELETE FROM link_count WHERE project = " + SqlText(project));
}

}  // namespace

absl::StatusOr<std::string> AskSharedCount(SqlEngine& identity_sql,
                                           const std::vector<LinkablePerson>& people,
                                           const std::string& project, const std::string& site,
                                           Entropy& entropy) {
  if (!linkage::IsLinkName(project))
    return absl::InvalidArgumentError("project: expected 1 to 64 of a-z, 0-9 and -");
  ESSAIM_ASSIGN_OR_RETURN(const crypto::BlindingKey key, crypto::BlindingKey::Draw(entropy));
  ESSAIM_ASSIGN_OR_RETURN(const std::string question,
                          linkage::AskCount(project, site, KeysOf(people), key));
  ESSAIM_RETURN_IF_ERROR(identity_sql.Execute(kTable));
  ESSAIM_RETURN_IF_ERROR(Forget(identity_sql, project));
  ESSAIM_RETURN_IF_ERROR(
      identity_sql.Execute(absl::StrCat("INSERT INTO link_count VALUES (", SqlText(project), ", ",
                                        SqlText(ToHex(key.secret().view())), ")")));
  return question;
}

absl::StatusOr<std::string> AnswerSharedCount(const std::string& question,
                                              const std::vector<LinkablePerson>& people,
                                              const std::string& site, Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(const linkage::CountQuestion asked, linkage::ReadCountQuestion(question));
  ESSAIM_ASSIGN_OR_RETURN(const crypto::BlindingKey key, crypto::BlindingKey::Draw(entropy));
  return linkage::AnswerCount(asked, site, KeysOf(people), key);
}

absl::StatusOr<SharedCount> FinishSharedCount(SqlEngine& identity_sql, const std::string& answer) {
  ESSAIM_ASSIGN_OR_RETURN(const linkage::CountAnswer said, linkage::ReadCountAnswer(answer));
  ESSAIM_RETURN_IF_ERROR(identity_sql.Execute(kTable));
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      identity_sql.Query("SELECT scalar FROM link_count WHERE project = " + SqlText(said.project)));
  if (rows.rows.empty())
    return absl::FailedPreconditionError(
        absl::StrCat("nothing is asked for ", said.project, ", or it was counted already"));
  ESSAIM_ASSIGN_OR_RETURN(const std::string scalar,
                          FromHex(std::get<std::string>(rows.rows[0][0])));
  ESSAIM_ASSIGN_OR_RETURN(const crypto::BlindingKey key,
                          crypto::BlindingKey::FromSecret(SecretBytes::CopyOf(scalar)));
  ESSAIM_ASSIGN_OR_RETURN(const std::size_t n, linkage::FinishCount(said, key));
  ESSAIM_RETURN_IF_ERROR(Forget(identity_sql, said.project));
  return SharedCount{.project = said.project, .site = said.site, .n = n};
}

}  // namespace essaim::node
