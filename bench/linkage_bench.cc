// Record linkage of 10,000 made-up persons with 10,000, of whom 3,000 are the same, with errors in
// 1, 5 and 20 % of the fields: precision and recall of what is linked without a person's look, by
// equality of hashed identifiers, by Fellegi-Sunter in clear text and by Fellegi-Sunter on Bloom
// filters as they are hardened; blocking's completeness and reduction; processor time, also against
// comparing all pairs.
//
// usage: linkage_bench [persons]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "base/check.h"
#include "linkage/linker.h"
#include "linkage/made_up_testing.h"

namespace essaim::linkage {
namespace {

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void Line(const char* method, const Accuracy& accuracy) {
  std::printf("  %-34s precision %.4f  recall %.4f  F1 %.4f", method, accuracy.precision,
              accuracy.recall, accuracy.F1());
}

void RunTask(const char* method, const MadeUpLists& lists, const LinkTask& task,
             double encode_seconds) {
  const double start = CpuSeconds();
  const auto result = Link(task, {});
  ESSAIM_CHECK(result.ok());
  const std::vector<Pair> linked = OneToOne(task, *result);
  const double seconds = CpuSeconds() - start;
  std::vector<Blocks> passes;
  for (std::size_t pass = 0; pass < kPasses.size(); ++pass) {
    KeyLists a(task.n_a), b(task.n_b);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = task.keys(false, i, pass);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = task.keys(true, i, pass);
    auto blocks = PairsOf(a, &b);
    ESSAIM_CHECK(blocks.ok());
    passes.push_back(*std::move(blocks));
  }
  const auto compared = Union(passes);
  ESSAIM_CHECK(compared.ok());
  // A sample of all pairs, for what the whole would take.
  const double all_start = CpuSeconds();
  std::int64_t sum = 0;
  const std::size_t rows = std::min<std::size_t>(task.n_a, 50);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < task.n_b; ++j) sum += task.compare(i, j).levels[0];
  }
  const double all_seconds =
      (CpuSeconds() - all_start) * static_cast<double>(task.n_a) / static_cast<double>(rows);
  Line(method, AccuracyOf(lists, linked));
  std::printf("  | pairs %.4f complete, 1 in %.0f | %.2f s + %.2f s, all pairs %.0f s (x %.0f)%s\n",
              Completeness(lists, *compared),
              static_cast<double>(result->n_all) / static_cast<double>(result->n_compared),
              encode_seconds, seconds, all_seconds, all_seconds / seconds, sum == 0 ? " " : "");
}

void Rate(double error_rate, std::size_t n) {
  const auto lists = MakeUp(ESSAIM_SOURCE_DIR "/tests/data/linkage/names.csv",
                            {.n = n, .error_rate = error_rate, .seed = 11});
  ESSAIM_CHECK(lists.ok());
  const std::vector<PersonFields> a = FieldsOf(lists->a), b = FieldsOf(lists->b);
  std::printf("%.0f %% of the fields with an error\n", 100 * error_rate);
  const auto equal = LinkDeterministically(a, b);
  ESSAIM_CHECK(equal.ok());
  Line("equal hashes", AccuracyOf(*lists, *equal));
  std::printf("\n");
  RunTask("Fellegi-Sunter, clear text", *lists, TaskOf(a, b), 0);
  for (const auto& [name, hardening] :
       {std::pair{"Bloom filters, not hardened", Hardening{false, false}},
        {"Bloom filters, folded", Hardening{false, true}},
        {"Bloom filters, salted", Hardening{true, false}},
        {"Bloom filters, salted and folded", Hardening{true, true}}}) {
    const double start = CpuSeconds();
    const Encoder encoder(SecretBytes::CopyOf("a secret of the two sites' own"), "bench",
                          hardening);
    std::vector<EncodedPerson> ea, eb;
    for (const PersonFields& p : a) ea.push_back(encoder.Encode(p));
    for (const PersonFields& p : b) eb.push_back(encoder.Encode(p));
    const double seconds = CpuSeconds() - start;
    RunTask(name, *lists, TaskOf(ea, eb, hardening.fold), seconds);
  }
}

}  // namespace
}  // namespace essaim::linkage

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  for (const double rate : {0.01, 0.05, 0.20}) essaim::linkage::Rate(rate, n);
  std::printf("peak memory %.0f MiB\n", essaim::linkage::PeakMib());
  return 0;
}
