// Whether files hold anything of the kind that they are loaded as.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace essaim {

class Recognised {
 public:
  // What was expected, for people: "messages of HL7 v2, which begin with MSH|".
  explicit Recognised(std::string_view expected) : expected_(expected) {}

  // A file that has something in it; `found`: something of the kind, be it at fault.
  void File(std::string_view path, bool found);
  // kInvalidArgument: there were such files, and nothing was found in any. For the end of a load.
  absl::Status Check() const;

 private:
  std::string expected_, first_other_;
  std::size_t n_others_ = 0;
  bool found_ = false;
};

}  // namespace essaim
