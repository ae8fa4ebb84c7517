// The report on the seven characteristics as JSON.
#pragma once

#include <string>

#include "quality/characteristics.h"

namespace essaim {

std::string ReportJson(const QualityReport& report);

}  // namespace essaim
