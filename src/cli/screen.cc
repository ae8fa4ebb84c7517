#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace essaim::cli {
namespace {

constexpr int kColumnsMin = 60, kColumnsMax = 400, kColumnsUnknown = 120;
constexpr std::size_t kRowsMax = 20;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Columns() {
  winsize size{};
  int columns = kColumnsUnknown;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    columns = size.ws_col;
  } else if (!absl::SimpleAtoi(Environment("COLUMNS"), &columns)) {
    columns = kColumnsUnknown;
  }
  return std::clamp(columns, kColumnsMin, kColumnsMax);
}

bool Utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = absl::AsciiStrToLower(Environment(name));
    if (locale.empty() || locale == "c" || locale == "posix") continue;
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return true;  // nothing said: today's terminals
}

}  // namespace

TerminalStyle ScreenStyle(int minimum_cell, bool all) {
  return {.unicode = Utf8(),
          .colour = isatty(STDOUT_FILENO) == 1 && Environment("NO_COLOR").empty(),
          .columns = Columns(),
          .minimum_cell = minimum_cell,
          .rows_max = all ? 0 : kRowsMax,
          .details = all};
}

}  // namespace essaim::cli
