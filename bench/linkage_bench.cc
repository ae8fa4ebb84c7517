// Record linkage of 10,000 made-up persons with 10,000, of whom 3,000 are the same, with errors in
// 1, 5 and 20 % of the fields: precision and recall of what is linked without a person's look, by
// equality of hashed identifiers, by Fellegi-Sunter in clear text and by Fellegi-Sunter on Bloom
// filters as they are hardened, each also without the weights by the names' frequency; blocking's
// completeness and reduction; the same with a birth date in ten missing at the second site; time on
// the clock and of the processor, also against comparing all pairs; peak memory of each.
//
// usage: linkage_bench [persons [seed]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "bench/measure.h"
#include "linkage/linker.h"
#include "linkage/made_up_testing.h"

namespace essaim::linkage {
namespace {

void Line(const char* method, const Accuracy& accuracy) {
  std::printf("  %-34s precision %.4f  recall %.4f  F1 %.4f", method, accuracy.precision,
              accuracy.recall, accuracy.F1());
}

double CompletenessOf(const MadeUpLists& lists, const LinkTask& task) {
  std::vector<BlockIndex> passes;
  for (std::size_t pass = 0; pass < kPasses.size(); ++pass) {
    passes.emplace_back(task.n_a, task.n_b,
                        [&](bool second, std::size_t i) { return task.keys(second, i, pass); });
  }
  std::vector<Pair> matches;
  ForEachPair(passes, task.n_a, [&](const Pair& pair) {
    if (lists.a[pair.a].who == lists.b[pair.b].who) matches.push_back(pair);
  });
  return Completeness(lists, matches);
}

// What comparing all pairs would take, from those of some records.
double SecondsOfAllPairs(const LinkTask& task) {
  const Stretch stretch;
  std::int64_t sum = 0;
  const std::size_t rows = std::min<std::size_t>(task.n_a, 50);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < task.n_b; ++j) sum += task.compare(i, j).levels[0];
  }
  ESSAIM_CHECK(sum != 1);  // the sum is used, so that the comparisons are made
  return stretch.CpuSeconds() * static_cast<double>(task.n_a) / static_cast<double>(rows);
}

void RunTask(const char* method, const MadeUpLists& lists, const LinkTask& task,
             double encode_seconds) {
  const auto plain = Link(task, {.by_name = false});
  ESSAIM_CHECK(plain.ok());
  Stretch::ForgetPeak();
  const Stretch stretch;
  const auto result = Link(task, {});
  ESSAIM_CHECK(result.ok());
  const std::vector<Pair> linked = OneToOne(task, *result);
  const double seconds = stretch.Seconds(), cpu = stretch.CpuSeconds();
  const double peak = Stretch::PeakMegabytes(), all = SecondsOfAllPairs(task);
  Line(method, AccuracyOf(lists, linked));
  std::printf(
      "  | names alike: %.4f %.4f | pairs %.4f complete, 1 in %.0f | encoding %.2f s, linking %.2f "
      "s (processor %.2f s), %.0f MB; all pairs %.0f s (x %.0f)\n",
      AccuracyOf(lists, OneToOne(task, *plain)).precision,
      AccuracyOf(lists, OneToOne(task, *plain)).recall, CompletenessOf(lists, task),
      static_cast<double>(result->n_all) / static_cast<double>(result->n_compared), encode_seconds,
      seconds, cpu, peak, all, all / cpu);
}

void Rate(double error_rate, std::size_t n, std::uint64_t seed, std::size_t undated_step) {
  auto lists = MakeUp(ESSAIM_SOURCE_DIR "/tests/data/linkage/names.csv",
                      {.n = n, .error_rate = error_rate, .seed = seed});
  ESSAIM_CHECK(lists.ok());
  for (std::size_t i = 0; undated_step > 0 && i < n; i += undated_step)
    lists->b[i].raw.birth_date = "";
  const std::vector<PersonFields> a = FieldsOf(lists->a), b = FieldsOf(lists->b);
  std::printf("%.0f %% of the fields with an error%s\n", 100 * error_rate,
              undated_step > 0 ? ", and a birth date in ten missing" : "");
  Line("equal hashes", AccuracyOf(*lists, LinkDeterministically(a, b)));
  std::printf("\n");
  RunTask("Fellegi-Sunter, clear text", *lists, TaskOf(a, b), 0);
  for (const auto& [name, hardening] :
       {std::pair{"Bloom filters, not hardened", Hardening{false, false}},
        {"Bloom filters, folded", Hardening{false, true}},
        {"Bloom filters, salted", Hardening{true, false, false, false}},
        {"Bloom filters, salted and folded", Hardening{true, true, false, false}},
        {"as exported", HardeningFor(n)}}) {
    if (!hardening.salt && n > 20'000) continue;  // samples of all years: blocks as large as lists
    const Stretch stretch;
    const Encoder encoder(SecretBytes::CopyOf("a secret of the two sites' own"), "bench",
                          hardening);
    std::vector<EncodedPerson> ea, eb;
    for (const PersonFields& p : a) ea.push_back(encoder.Encode(p));
    for (const PersonFields& p : b) eb.push_back(encoder.Encode(p));
    const double seconds = stretch.CpuSeconds();
    RunTask(name, *lists, TaskOf(ea, eb, hardening.fold), seconds);
  }
}

}  // namespace
}  // namespace essaim::linkage

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const std::uint64_t seed = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 11;
  for (const double rate : {0.01, 0.05, 0.20}) essaim::linkage::Rate(rate, n, seed, 0);
  for (const double rate : {0.01, 0.05}) essaim::linkage::Rate(rate, n, seed, 10);
  return 0;
}
