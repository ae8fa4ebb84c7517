// HubRun::OnAnswer at every point of a run: a site's bytes never crash the hub, and a hub made
// again from the same events stands where it stood.
#include <cstddef>
#include <cstdint>
#include <string>

#include "algorithms/registry.h"
#include "crypto/hash.h"
#include "data/person_table.h"
#include "engine/hub_run.h"
#include "run_fixture.h"
#include "study/study.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const essaim::fuzz::RunFixture fixture;
  if (size < 1) return 0;
  const std::size_t at = data[0] % fixture.n_asks();
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const essaim::Answer answer{.number = fixture.answer(at).number,
                              .body = fixture.Mutated(fixture.answer(at).body, input)};
  const auto hub = fixture.HubAt(at), again = fixture.HubAt(at);
  for (essaim::HubRun* h : {hub.get(), again.get()}) {
    h->OnAnswer(0, answer, 1);
    h->OnAnswer(0, answer, 2);
    h->OnTick(100'000);
  }
  ESSAIM_CHECK(hub->Progress().phase == again->Progress().phase);
  for (std::size_t site = 0; site < essaim::fuzz::kSites; ++site)
    ESSAIM_CHECK(hub->AskFor(site) == again->AskFor(site));
  return 0;
}
