// A small study and algorithm for tests of the machinery: counts and sums of one variable over
// rounds.
#pragma once

#include <string>
#include <vector>

#include "algo/registry.h"
#include "data/person_table.h"
#include "study/study.h"

namespace essaim::sim {

// "testing/mean": parameters rounds (default 3). Sums n and x in each round; the result is n and
// the mean of the last.
void RegisterTestingMean(Registry& registry);
// n_sites sites named s0, s1, ... with one analysis.
Study SmallStudy(std::size_t n_sites, Privacy::OnDropout on_dropout, int rounds);
// Site i's rows: 20 + i persons with values that differ by site.
PersonTable SmallTable(const Study& study, std::size_t site);

}  // namespace essaim::sim
