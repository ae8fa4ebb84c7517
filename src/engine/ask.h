// What hub and node say to each other within a run: the hub asks, the node answers.
//
// At any time a site has at most one open ask. Asks of one run and site are numbered 1, 2, 3... and
// are a function of the hub's state, so after a lost connection the same ask is sent again, byte
// for byte; a node answers a repeated ask with the bytes it persisted the first time. That is all
// the reliability there is, and all that is needed.
#pragma once

#include <cstdint>
#include <string>

namespace essaim {

struct Ask {
  std::uint64_t number = 0;
  std::string body;  // essaim.v1.AskBody
  bool operator==(const Ask&) const = default;
};

struct Answer {
  std::uint64_t number = 0;  // of the ask
  std::string body;          // essaim.v1.AnswerBody
  bool operator==(const Answer&) const = default;
};

}  // namespace essaim
