// Moves each person's dates by a number of days of their own.
//
// days = HMAC-SHA-256(key, person_id) -> -days_max .. days_max, the same at every load: what lies
// between two dates of a person is kept, and no date is one of the hospital's. Time of day is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/secret_bytes.h"
#include "crypto/hash.h"

namespace essaim {

struct DateShiftOptions {
  int days_max = 183;          // 1 to 3,650
  bool keep_weekdays = false;  // by whole weeks only; days_max is at least 7
};

class DateShift {
 public:
  // `master`: 32 bytes of the site; `project` parts the keys, so that two projects' dates do not
  // meet.
  DateShift(const SecretBytes& master, std::string_view project, const DateShiftOptions& options);

  int DaysOf(std::int64_t person_id) const;

  // What must be the same at every load into one warehouse: the options, and which key.
  std::string settings() const { return settings_; }

 private:
  crypto::HmacSha256Key key_;
  DateShiftOptions options_;
  std::string settings_;
};

// "YYYY-MM-DD" and what follows it, some days later. A year of 9999 says "no end" and stays, as
// does what would leave the years 1 to 9998.
void AddDaysTo(std::string& date, int days);

}  // namespace essaim
