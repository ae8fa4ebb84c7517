// Who a person is, for the site's identity store alone: nothing of it goes into the CDM.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace essaim {

// Fields are empty where the source does not say.
struct Identity {
  std::int64_t person_id = 0;
  std::string system, value;  // the source's identifier: an assigning authority and its number
  std::string family_name, given_names, birth_date;  // YYYY-MM-DD
  std::string sex;                                   // as the source has it
  std::string address, postcode, phone, email;
};

class IdentitySink {
 public:
  virtual ~IdentitySink() = default;
  virtual absl::Status Put(const Identity& identity) = 0;
};

}  // namespace essaim
