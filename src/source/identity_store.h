// The site's identity store: who the persons of the CDM are, in an encrypted file of its own.
//
// Its key is not the warehouse's: without it the warehouse works and nobody in it has a name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "source/identity.h"
#include "warehouse/sql_engine.h"

namespace essaim {

class IdentityStore : public IdentitySink {
 public:
  // Makes the table if it is not there. The engine is this store's alone and outlives it.
  static absl::StatusOr<std::unique_ptr<IdentityStore>> Open(SqlEngine& engine);

  // Kept in memory until Commit; a (system, value) that comes again replaces its former row.
  absl::Status Put(const Identity& identity) override;
  absl::Status Commit();  // all or none
  // Of those committed. Asked often, all are read at once if they are not too many: a load of notes
  // asks for every person.
  absl::StatusOr<std::vector<Identity>> OfPerson(std::int64_t person_id);
  absl::StatusOr<std::vector<Identity>> OfValue(const std::string& value);
  // The names of everybody who is committed, each pair once, in an Identity's two fields; at most
  // SqlEngine::kRowsMax.
  absl::StatusOr<std::vector<Identity>> Names();
  // All that is kept, by system and value; what `take` gives ends it.
  absl::Status ForEach(const std::function<absl::Status(const Identity&)>& take);

 private:
  explicit IdentityStore(SqlEngine& engine) : engine_(engine) {}

  absl::Status Write();
  absl::StatusOr<std::vector<Identity>> Where(const std::string& condition, int n_most = 0);

  absl::Status ReadAhead();

  SqlEngine& engine_;
  std::vector<Identity> waiting_;
  std::size_t n_asked_ = 0;  // for persons, since the last commit
  std::optional<std::unordered_map<std::int64_t, std::vector<Identity>>> all_;  // once read ahead
};

}  // namespace essaim
