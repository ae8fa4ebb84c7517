#include "warehouse/postgres_testing.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace essaim {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin/";

// initdb and the server refuse to run as root.
std::string Prefix(const std::string& folder) {
  if (geteuid() != 0) return "";
  return absl::StrCat("setpriv --reuid=postgres --regid=postgres --init-groups env -i PATH=", kBin,
                      ":/usr/bin:/bin HOME=", folder, " LC_ALL=C.UTF-8 ");
}

absl::Status Shell(const std::string& command, const std::string& folder) {
  const std::string all = absl::StrCat(command, " >> ", folder, "/output 2>&1");
  if (std::system(all.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("failed, see ", folder, "/output: ", command));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresCluster>> PostgresCluster::Start() {
  std::string folder = "/tmp/essaim-postgres-XXXXXX";  // short: a socket's path is
  if (mkdtemp(folder.data()) == nullptr) return absl::UnavailableError("no temporary folder");
  std::unique_ptr<PostgresCluster> cluster(new PostgresCluster(folder));
  if (geteuid() == 0)
    ESSAIM_RETURN_IF_ERROR(Shell(absl::StrCat("chown postgres ", folder), folder));
  ESSAIM_RETURN_IF_ERROR(
      Shell(absl::StrCat(Prefix(folder), kBin, "initdb -D ", folder,
                         "/data -U app --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync"),
            folder));
  ESSAIM_RETURN_IF_ERROR(
      Shell(absl::StrCat(Prefix(folder), kBin, "pg_ctl -D ", folder, "/data -w -s -l ", folder,
                         "/log -o \"-k ", folder,
                         " -c listen_addresses= -c fsync=off -c shared_buffers=64MB\" start"),
            folder));
  return cluster;
}

PostgresCluster::~PostgresCluster() {
  const absl::Status stopped = Shell(
      absl::StrCat(Prefix(folder_), kBin, "pg_ctl -D ", folder_, "/data -m immediate -s stop"),
      folder_);
  if (stopped.ok()) std::filesystem::remove_all(folder_);
}

absl::StatusOr<std::string> PostgresCluster::NewDatabase() {
  const std::string name = absl::StrCat("test", ++n_databases_);
  ESSAIM_RETURN_IF_ERROR(
      Shell(absl::StrCat(kBin, "createdb -h ", folder_, " -U app ", name), folder_));
  return absl::StrCat("host=", folder_, " user=app dbname=", name);
}

}  // namespace essaim
