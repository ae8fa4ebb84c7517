#include "genomics/vep_allele.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace essaim::genomics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(VepAllele, LosesTheBaseThatAllShareIfOneIsAnIndel) {
  EXPECT_THAT(VepNames("C", {"A", "T"}), ElementsAre("A", "T"));
  EXPECT_THAT(VepNames("GA", {"G", "GAA"}), ElementsAre("-", "AA"));
  EXPECT_THAT(VepNames("GTC", {"G", "GTCT", "GAC"}), ElementsAre("-", "TCT", "AC"));
  EXPECT_THAT(VepNames("CA", {"C", "TA"}), ElementsAre("C", "TA"));  // no base in common
  EXPECT_THAT(VepNames("CA", {"C", "*"}), ElementsAre("-", "*"));
  EXPECT_THAT(VepNames("CA", {"CT", "CG"}), ElementsAre("CT", "CG"));  // none is an indel
  EXPECT_THAT(VepMinimalNames("GTC", {"G", "GTCT", "GAC"}), ElementsAre("-", "T", "A"));
}

TEST(VepAllele, TellsWhoseAnEntryIs) {
  const std::vector<VepEntry> entries = {{"-", ""}, {"AA", ""}, {"AA", ""}};
  EXPECT_THAT(EntriesOf(entries, 1, "GA", {"G", "GAA"}), ElementsAre(0));
  EXPECT_THAT(EntriesOf(entries, 2, "GA", {"G", "GAA"}), ElementsAre(1, 2));
  EXPECT_THAT(EntriesOf(entries, 1, "GA", {"G"}), ElementsAre(0, 1, 2));
  // By --minimal's names.
  EXPECT_THAT(EntriesOf({{"-", ""}, {"A", ""}}, 2, "GTC", {"G", "GAC"}), ElementsAre(1));
  // The number is surer than any name.
  EXPECT_THAT(EntriesOf({{"A", "2"}, {"A", "1"}}, 1, "C", {"A", "T"}), ElementsAre(1));
  // Two alternates of one minimal name, and entries that are of neither way of writing.
  EXPECT_THAT(EntriesOf({{"A", ""}}, 1, "GTC", {"GATC", "GTAC"}), IsEmpty());
  EXPECT_THAT(EntriesOf({{"T", ""}, {"G", ""}}, 1, "C", {"T", "A"}), IsEmpty());
}

}  // namespace
}  // namespace essaim::genomics
