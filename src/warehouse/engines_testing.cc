#include "warehouse/engines_testing.h"

#include "base/status_macros.h"
#include "warehouse/duckdb_warehouse.h"

namespace essaim {

absl::StatusOr<std::unique_ptr<SqlEngine>> TestEngines::Make(const std::string& name,
                                                             const std::string& folder) {
  if (name == "duckdb") {
    duckdb_path_ = folder + "/warehouse.duckdb";
    return Again();
  }
  static const auto cluster = PostgresCluster::Start();
  ESSAIM_RETURN_IF_ERROR(cluster.status());
  ESSAIM_ASSIGN_OR_RETURN(connection_, (*cluster)->NewDatabase());
  return Again();
}

absl::StatusOr<std::unique_ptr<SqlEngine>> TestEngines::Again() {
  if (!connection_.empty()) return OpenPostgresEngine(connection_, nullptr);
  return OpenDuckDbEngine(DuckDbOptions{.path = duckdb_path_,
                                        .key = SecretBytes::CopyOf(std::string(32, 'k')),
                                        .entropy = &entropy_,
                                        .log = nullptr});
}

}  // namespace essaim
