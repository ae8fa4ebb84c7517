#include "engine/context.h"

#include "algo/model.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "crypto/hash.h"

namespace essaim {

std::string RunContext(std::string_view federation, std::string_view run_id, const Study& study,
                       std::size_t analysis, std::string_view model_result,
                       const std::vector<RosterEntry>& roster, std::string_view nonce) {
  ByteWriter w;
  w.U32(kProtocol);
  w.U64(analysis);
  w.U64(roster.size());
  for (const RosterEntry& entry : roster) {
    w.Bytes(entry.site);
    w.Bytes(entry.signing_key);
  }
  return crypto::HashOf("essaim/run",
                        {federation, run_id, study.source, model_result, nonce, w.bytes()});
}

std::string RoundContext(std::string_view run_context, std::string_view state) {
  return crypto::HashOf("essaim/round", {run_context, state});
}

absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(const Study& study, std::size_t analysis,
                                                         std::string_view model_result,
                                                         const Registry& registry) {
  const Analysis& wanted = study.analyses[analysis];
  Setup setup{.schema = study.schema, .sites = study.sites, .params = wanted.params};
  if (!wanted.model.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(const Result fit, Result::Decode(model_result));
    ESSAIM_RETURN_IF_ERROR(BindModel(fit, setup.params));
  }
  return registry.Make(wanted.algorithm, setup);
}

absl::StatusOr<secagg::Batch> MakeBatch(std::string_view run_context, std::uint32_t counter,
                                        const std::vector<std::uint32_t>& members,
                                        std::size_t n_sessions,
                                        const std::vector<RosterEntry>& roster,
                                        const Privacy& privacy) {
  secagg::Batch batch;
  for (const std::uint32_t m : members) {
    if (m >= roster.size()) return absl::InvalidArgumentError("a member that the roster has not");
    batch.members.push_back({.site = roster[m].site, .signing_key = roster[m].signing_key});
  }
  batch.n_sessions = n_sessions;
  batch.id = secagg::BatchId(run_context, counter, batch.members);
  ESSAIM_RETURN_IF_ERROR(secagg::PlanLinks(batch, static_cast<std::size_t>(privacy.collusions)));
  return batch;
}

}  // namespace essaim
