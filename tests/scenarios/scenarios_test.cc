#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing/status_matchers.h"
#include "scenario.h"

namespace essaim {
namespace {

using ::essaim::testing::StatusIs;
using ::testing::HasSubstr;

TEST(Scenarios, EveryFileHolds) {
  int n = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(ESSAIM_SOURCE_DIR "/tests/scenarios")) {
    if (entry.path().extension() != ".scenario") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_OK(PlayScenario(text.str())) << entry.path().filename();
    ++n;
  }
  EXPECT_GE(n, 10);
}

// The runner itself can fail.
TEST(Scenarios, TheRunnerSaysWhatDoesNotHold) {
  const auto fails = [](const char* text, const char* why) {
    EXPECT_THAT(PlayScenario(text),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(why)));
  };
  fails("start", "line 1: start: `sites` comes first");
  fails("sites,4\nfly,s1", "line 2: fly,s1: no such command");
  fails("sites,4\ndrop,s9", "no such command or site");
  fails("sites,4\nstart\nassert_phase,done", "stands at planning");
  fails("sites,4\nstart\ndeliver_all\nassert_done,s0,s1", "sites in the result: s0,s1,s2,s3");
  fails("sites,4\nstart\ndeliver_all\nassert_failed,x", "stands at done");
  fails("sites,4", "end: everybody is back");
}

}  // namespace
}  // namespace essaim
