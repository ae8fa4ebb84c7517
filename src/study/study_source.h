// A study as canonical, self-contained YAML: equal studies have equal bytes, and parsing the bytes
// gives the same bytes again. What parties hash, sign, log and show.
#pragma once

#include <string>

#include "study/study.h"

namespace essaim {

std::string StudySource(const Study& study);

}  // namespace essaim
