#include "base/log.h"

#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/strings.h"

namespace essaim {
namespace {

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};

std::string Quoted(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\n\t") == std::string::npos;
  return plain ? value : absl::StrCat("\"", absl::CEscape(value), "\"");
}

}  // namespace

void StderrLog::Write(Severity severity, std::string_view event,
                      std::initializer_list<Field> fields) {
  if (severity < least_) return;
  std::string line =
      absl::StrCat(absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
                   " ", Av(kNames[static_cast<int>(severity)]), " ", Av(event));
  for (const Field& field : fields)
    absl::StrAppend(&line, " ", Av(field.first), "=", Quoted(field.second));
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);  // one call a line: stdio locks the stream
}

}  // namespace essaim
