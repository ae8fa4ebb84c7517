// The page's part on what changed since the load before.
#pragma once

#include <string>

#include "quality/load_comparison.h"
#include "quality/page_text.h"

namespace essaim {

// A section; empty if no earlier load is kept.
std::string ChangesHtml(const std::optional<LoadComparison>& comparison, const Words& words);

}  // namespace essaim
