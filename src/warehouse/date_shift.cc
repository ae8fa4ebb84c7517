#include "warehouse/date_shift.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/strings.h"

namespace essaim {
namespace {

SecretBytes KeyOf(const SecretBytes& master, std::string_view project) {
  return crypto::Hkdf(master.span(), crypto::HashOf("essaim/date-shift", {project}),
                      "essaim/date-shift", 32);
}

}  // namespace

DateShift::DateShift(const SecretBytes& master, std::string_view project,
                     const DateShiftOptions& options)
    : key_(KeyOf(master, project).span()), options_(options) {
  ESSAIM_CHECK(options.days_max >= (options.keep_weekdays ? 7 : 1) && options.days_max <= 3'650);
  const auto tag = key_.Tag("essaim/date-shift/which key");
  settings_ =
      absl::StrCat(options.days_max, options.keep_weekdays ? " days, by weeks, " : " days, ",
                   ToHex({reinterpret_cast<const char*>(tag.data()), 8}));
}

int DateShift::DaysOf(std::int64_t person_id) const {
  const auto digest = key_.Tag(absl::StrCat("person/", person_id));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
  const int step = options_.keep_weekdays ? 7 : 1;
  const int most = options_.days_max / step;
  // 64 bits over at most 7,301 values: no value is preferred by more than 2^-50.
  return step * (static_cast<int>(number % static_cast<std::uint64_t>(2 * most + 1)) - most);
}

void AddDaysTo(std::string& date, int days) {
  int year = 0, month = 0, day = 0;
  if (date.size() < 10 || !absl::SimpleAtoi(date.substr(0, 4), &year) ||
      !absl::SimpleAtoi(date.substr(5, 2), &month) || !absl::SimpleAtoi(date.substr(8, 2), &day) ||
      year >= 9999)
    return;
  const absl::CivilDay moved = absl::CivilDay(year, month, day) + days;
  if (moved.year() < 1 || moved.year() >= 9999) return;
  date.replace(0, 10, absl::StrFormat("%04d-%02d-%02d", moved.year(), moved.month(), moved.day()));
}

}  // namespace essaim
