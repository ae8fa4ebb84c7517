// Plays a run from a text, one command a line, so that a failure of a distributed run reads as
// prose. `#` starts a comment.
//
//   study,wait|continue,ROUNDS      on_dropout and the number of rounds, before `sites`
//   sites,N                         sites s0 to s(N-1), one of them may collude
//   start                           the hub asks
//   deliver,s1                      s1 gets its open ask and the hub its answer
//   deliver_once                    every connected site does so once
//   deliver_all                     until nothing is under way
//   deliver_until,PHASE             rounds of deliver_once until the hub is in that phase
//   drop,s1  return,s1              s1's connection breaks; it is back
//   tick_ms,30000                   time passes
//   hold,s1  release,s1             s1's next answer stays under way; it arrives
//   repeat,s1                       s1's last answer arrives again
//   tamper,s1                       one bit of s1's next answer is turned on the way
//   unwilling,s1                    s1's steward says no (before `start`)
//   undecided,s1  decided,s1        s1's steward has not decided; says yes
//   restart_hub  restart,s1         from what was persisted
//   cancel
//   assert_phase,PHASE  assert_standing,s1,STANDING  assert_message,TEXT
//   assert_done,s0,s1               finished with these sites, equal to their pooled rows
//   assert_failed,TEXT              finished with an error that says so
//   assert_not_finished
//
// After every line: the hub made again from its log asks the same bytes. At the end: the run is
// finished, or `return` and `release` of everybody finish it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace essaim {

// kFailedPrecondition with "line N: COMMAND: why" for what does not hold.
absl::Status PlayScenario(std::string_view text);

}  // namespace essaim
