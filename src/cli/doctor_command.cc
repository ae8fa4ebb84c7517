#include <sys/stat.h>
#include <sys/statvfs.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/files.h"
#include "cli/commands.h"
#include "cli/fail.h"
#include "crypto/certificates.h"
#include "crypto/mask.h"
#include "transport/json_text.h"
#include "transport/rest_client.h"

namespace essaim::cli {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kFreeMibMin = 1024;
constexpr std::int64_t kDayMs = 86'400'000;

class Doctor {
 public:
  void Say(bool good, const std::string& what, const std::string& found,
           const std::string& advice) {
    json_.push_back(
        {{"check", what}, {"ok", good}, {"found", found}, {"advice", good ? "" : advice}});
    n_bad_ += good ? 0 : 1;
  }

  int Print(const std::string& format) const {
    if (format == "json") {
      std::printf("%s\n", json_.dump(2).c_str());
    } else {
      for (const Json& row : json_) {
        const bool good = row["ok"].get<bool>();
        std::printf("%-4s %-24s %s\n", good ? "ok" : "BAD", row["check"].get<std::string>().c_str(),
                    row["found"].get<std::string>().c_str());
        if (!good) std::printf("     %-24s %s\n", "", row["advice"].get<std::string>().c_str());
      }
    }
    return n_bad_ == 0 ? kOk : kFailed;
  }

 private:
  Json json_ = Json::array();
  int n_bad_ = 0;
};

void CheckPrivate(Doctor& doctor, const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) {
    doctor.Say(false, "key", path + " is missing",
               "restore it from a backup, or make the folder anew");
    return;
  }
  const unsigned mode = info.st_mode & 0777;
  doctor.Say((mode & 077) == 0, "key", absl::StrFormat("%s, mode %03o", path, mode),
             absl::StrCat("chmod 600 ", path));
}

void CheckCertificate(Doctor& doctor, const std::string& path) {
  const absl::StatusOr<std::string> pem = ReadFile(path);
  const auto info = pem.ok() ? crypto::ReadCertificate(*pem)
                             : absl::StatusOr<crypto::CertificateInfo>(pem.status());
  if (!info.ok()) {
    doctor.Say(false, "certificate", path + ": " + std::string(info.status().message()),
               "essaim node enroll DIR");
    return;
  }
  const std::int64_t days = (info->not_after_ms - SystemClock().NowMs()) / kDayMs;
  doctor.Say(days > 7, "certificate",
             absl::StrFormat("%s for %s, %d days left", path, info->common_name, days),
             "a connected node renews by itself; if it was off for long, enroll again");
}

void CheckDisk(Doctor& doctor, const std::string& dir) {
  struct statvfs info = {};
  if (statvfs(dir.c_str(), &info) != 0) {
    doctor.Say(false, "disk", dir + " cannot be read", "give this user access to the folder");
    return;
  }
  const std::uint64_t mib = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize >> 20;
  doctor.Say(mib >= kFreeMibMin, "disk", absl::StrFormat("%d MiB free", mib),
             "make room: a gibibyte at least");
}

void CheckHub(Doctor& doctor, const std::string& url, const std::string& ca_path) {
  const absl::StatusOr<std::string> ca = ReadFile(ca_path);
  if (!ca.ok()) {
    doctor.Say(false, "hub", "its authority is not known here", "essaim node enroll DIR");
    return;
  }
  const auto answer =
      transport::Call({.url = url, .ca_pem = *ca, .token = ""}, "GET", "/healthz", "", "", 10'000);
  const bool good = answer.ok() && answer->status == 200;
  doctor.Say(good, "hub", good ? url + " answers" : std::string(answer.status().message()),
             "is the hub running, and does a firewall or proxy let port and protocol through?");
}

void CheckDatabase(Doctor& doctor, const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path, std::size_t{1} << 40);
  const bool good = bytes.ok() && bytes->rfind("SQLite format 3", 0) == 0;
  doctor.Say(good, "database", path,
             bytes.ok() ? "not a database: restore it from a backup"
                        : std::string(bytes.status().message()));
}

int Run(const std::string& dir, const std::string& format) {
  Doctor doctor;
  doctor.Say(true, "mask kernel",
             crypto::HasVaes() ? "VAES, AVX-512" : "portable (no VAES on this processor)", "");
  const std::int64_t now_ms = SystemClock().NowMs();
  doctor.Say(
      now_ms > 1'700'000'000'000, "clock",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixMillis(now_ms), absl::UTCTimeZone()),
      "set the clock: certificates depend on it");
  if (dir.empty()) return doctor.Print(format);
  CheckDisk(doctor, dir);
  const absl::StatusOr<std::string> node = ReadFile(dir + "/node.json"),
                                    hub = ReadFile(dir + "/hub.json");
  if (node.ok()) {
    const Json json = Json::parse(*node, nullptr, false);
    for (const char* key : {"/master.key", "/signing.key", "/tls.key"})
      CheckPrivate(doctor, dir + key);
    CheckCertificate(doctor, dir + "/tls.pem");
    CheckDatabase(doctor, dir + "/node.db");
    CheckHub(doctor, JsonText(json, "hub"), dir + "/ca.pem");
  } else if (hub.ok()) {
    const Json json = Json::parse(*hub, nullptr, false);
    for (const char* key : {"/ca.key", "/server.key", "/operator.token"})
      CheckPrivate(doctor, dir + key);
    CheckCertificate(doctor, dir + "/server.pem");
    CheckDatabase(doctor, dir + "/hub.db");
    CheckHub(doctor, absl::StrCat("https://", JsonText(json, "rest")), dir + "/ca.pem");
  } else {
    doctor.Say(false, "folder", dir + " is neither a hub's nor a site's",
               "essaim hub init DIR, or essaim node init DIR");
  }
  return doctor.Print(format);
}

}  // namespace

void AddDoctorCommand(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string dir, format = "table";
  };

  auto args = std::make_shared<Arguments>();
  CLI::App* sub = app.add_subcommand(
      "doctor", "Check keys, certificate, clock, disk, database and the way to the hub");
  sub->add_option("DIR", args->dir, "a hub's or a site's folder");
  sub->add_option("--format", args->format)->check(CLI::IsMember({"table", "json"}));
  sub->callback([args, &exit_code] { exit_code = Run(args->dir, args->format); });
}

}  // namespace essaim::cli
