#include "engine/plain_run.h"

#include "base/compensated.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/secure_sum_maker.h"

namespace essaim {

absl::StatusOr<Result> RunPlain(const Algorithm& algorithm, std::span<const PersonTable> tables) {
  std::vector<std::size_t> sites(tables.size());
  for (std::size_t i = 0; i < sites.size(); ++i) sites[i] = tables[i].site();
  State state = algorithm.Start();
  while (!state.done) {
    if (state.round >= limits::kRoundsMax) return absl::ResourceExhaustedError("too many rounds");
    const Layout layout = algorithm.LayoutFor(state);
    std::vector<CompensatedSum> sums(layout.length());
    std::vector<double> x;
    for (const PersonTable& table : tables) {
      x.assign(layout.length(), 0.0);
      ESSAIM_RETURN_IF_ERROR(algorithm.LocalStatistic(table, state, x));
      for (std::size_t i = 0; i < x.size(); ++i) sums[i].Add(x[i]);
    }
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = sums[i].Value();
    ESSAIM_ASSIGN_OR_RETURN(
        State next, algorithm.Update(state, SecureSumMaker::Make(layout, std::move(x), sites)));
    next.round = state.round + 1;
    state = std::move(next);
  }
  ESSAIM_ASSIGN_OR_RETURN(Result result, algorithm.ResultOf(state));
  result.rounds = state.round;
  return result;
}

}  // namespace essaim
