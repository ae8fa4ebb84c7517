// A result as JSON (docs/study.md, "Results as JSON"). Hidden cells are {"hidden": "<5"}, cells
// that do not apply are null, numbers that JSON lacks are the texts "NaN", "Infinity", "-Infinity".
#pragma once

#include <string>

#include "algo/result.h"

namespace essaim {

std::string ResultJson(const Result& result, int minimum_cell, int indent = 2);

}  // namespace essaim
