// NodeRun::OnAsk at every point of a run: a hub's bytes never crash a node, and what it answers
// parses. The first byte says where in the run, the second how much of the true ask stays.
#include <cstddef>
#include <cstdint>
#include <string>

#include "algorithms/registry.h"
#include "crypto/hash.h"
#include "data/person_table.h"
#include "engine/node_run.h"
#include "essaim/v1/run.pb.h"
#include "run_fixture.h"
#include "study/study.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const essaim::fuzz::RunFixture fixture;
  if (size < 1) return 0;
  const std::size_t at = data[0] % fixture.n_asks();
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto node = fixture.NodeAfter(at);
  const essaim::Ask ask{.number = fixture.ask(at).number,
                        .body = fixture.Mutated(fixture.ask(at).body, input)};
  const auto answer = node->OnAsk(ask);
  essaim::v1::AnswerBody body;
  ESSAIM_CHECK(answer.has_value() && body.ParseFromString(answer->body));
  ESSAIM_CHECK(*node->OnAsk(ask) == *answer);  // a repeated ask has the same answer
  if (body.answer_case() != essaim::v1::AnswerBody::kRefusal) {
    ESSAIM_CHECK(fixture.NodeAfter(at)->Restore(ask, *answer).ok());
  }
  return 0;
}
