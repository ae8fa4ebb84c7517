#include "source/identity_store.h"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/expression_sql.h"
#include "warehouse/sql_values.h"

namespace essaim {
namespace {

constexpr char kColumns[] =
    "person_id, system, value, family_name, given_names, birth_date, sex, address, postcode, "
    "phone, email";

// After so many questions all are read at once, if they are not too many to remember (some 100 MB).
constexpr std::size_t kReadAheadAfter = 50;
constexpr int kReadAheadMax = 200'000;

}  // namespace

absl::StatusOr<std::unique_ptr<IdentityStore>> IdentityStore::Open(SqlEngine& engine) {
  ESSAIM_RETURN_IF_ERROR(engine.Execute(
      "CREATE TABLE IF NOT EXISTS identity (person_id BIGINT, system VARCHAR, value VARCHAR, "
      "family_name VARCHAR, given_names VARCHAR, birth_date VARCHAR, sex VARCHAR, address VARCHAR, "
      "postcode VARCHAR, phone VARCHAR, email VARCHAR)"));
  return std::unique_ptr<IdentityStore>(new IdentityStore(engine));
}

absl::Status IdentityStore::Put(const Identity& identity) {
  waiting_.push_back(identity);
  return absl::OkStatus();
}

absl::Status IdentityStore::Commit() {
  ESSAIM_RETURN_IF_ERROR(engine_.Execute("BEGIN"));
  const absl::Status written = Write();
  ESSAIM_RETURN_IF_ERROR(engine_.Execute(written.ok() ? "COMMIT" : "ROLLBACK"));
  if (written.ok()) waiting_.clear();
  n_asked_ = 0;
  all_.reset();
  return written;
}

absl::Status IdentityStore::Write() {
  // The last word of this load on an identifier.
  std::map<std::pair<std::string, std::string>, const Identity*> last;
  for (const Identity& i : waiting_) last[{i.system, i.value}] = &i;
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("CREATE TABLE staged AS SELECT * FROM identity WHERE 1 = 0"));
  ESSAIM_ASSIGN_OR_RETURN(
      const std::unique_ptr<SqlAppender> appender,
      engine_.Append("staged", {"person_id", "system", "value", "family_name", "given_names",
                                "birth_date", "sex", "address", "postcode", "phone", "email"}));
  for (const auto& [key, i] : last) {
    const std::string person = absl::StrCat(i->person_id);
    const std::array<std::optional<std::string_view>, 11> cells = {
        person, i->system,  i->value,    i->family_name, i->given_names, i->birth_date,
        i->sex, i->address, i->postcode, i->phone,       i->email};
    ESSAIM_RETURN_IF_ERROR(appender->Row(cells));
  }
  ESSAIM_RETURN_IF_ERROR(appender->Close());
  ESSAIM_RETURN_IF_ERROR(
      engine_.Execute("DELETE FROM identity WHERE EXISTS (SELECT 1 FROM staged s WHERE s.system = "
                      "identity.system AND s.value = identity.value)"));
  ESSAIM_RETURN_IF_ERROR(engine_.Execute("INSERT INTO identity SELECT * FROM staged"));
  return engine_.Execute("DROP TABLE staged");
}

absl::StatusOr<std::vector<Identity>> IdentityStore::Where(const std::string& condition,
                                                           int n_most) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat("SELECT ", kColumns, " FROM identity WHERE ", condition,
                                 " ORDER BY system, value",
                                 n_most > 0 ? absl::StrCat(" LIMIT ", n_most) : "")));
  std::vector<Identity> found;
  for (const auto& row : rows.rows) {
    found.push_back({.person_id = std::get<std::int64_t>(row[0]),
                     .system = TextOf(row[1]),
                     .value = TextOf(row[2]),
                     .family_name = TextOf(row[3]),
                     .given_names = TextOf(row[4]),
                     .birth_date = TextOf(row[5]),
                     .sex = TextOf(row[6]),
                     .address = TextOf(row[7]),
                     .postcode = TextOf(row[8]),
                     .phone = TextOf(row[9]),
                     .email = TextOf(row[10])});
  }
  return found;
}

absl::Status IdentityStore::ForEach(const std::function<absl::Status(const Identity&)>& take) {
  constexpr int kAtOnce = 50'000;
  std::string after = "1 = 1";
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<Identity> some, Where(after, kAtOnce));
    for (const Identity& identity : some) ESSAIM_RETURN_IF_ERROR(take(identity));
    if (some.size() < kAtOnce) return absl::OkStatus();
    const std::string system = SqlText(some.back().system);
    after = absl::StrCat("(system > ", system, " OR (system = ", system, " AND value > ",
                         SqlText(some.back().value), "))");
  }
}

absl::Status IdentityStore::ReadAhead() {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<Identity> all, Where("1 = 1", kReadAheadMax + 1));
  if (all.size() > static_cast<std::size_t>(kReadAheadMax)) return absl::OkStatus();
  all_.emplace();
  for (Identity& identity : all) (*all_)[identity.person_id].push_back(std::move(identity));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Identity>> IdentityStore::OfPerson(std::int64_t person_id) {
  if (++n_asked_ == kReadAheadAfter) ESSAIM_RETURN_IF_ERROR(ReadAhead());
  if (!all_.has_value()) return Where(absl::StrCat("person_id = ", person_id));
  const auto at = all_->find(person_id);
  return at == all_->end() ? std::vector<Identity>() : at->second;
}

absl::StatusOr<std::vector<Identity>> IdentityStore::OfValue(const std::string& value) {
  return Where(absl::StrCat("value = ", SqlText(value)));
}

absl::StatusOr<std::vector<Identity>> IdentityStore::Names() {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      engine_.Query(absl::StrCat("SELECT DISTINCT family_name, given_names FROM identity LIMIT ",
                                 SqlEngine::kRowsMax)));
  std::vector<Identity> names;
  for (const auto& row : rows.rows)
    names.push_back({.family_name = TextOf(row[0]), .given_names = TextOf(row[1])});
  return names;
}

}  // namespace essaim
