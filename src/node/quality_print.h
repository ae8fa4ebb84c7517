// The quality report on a terminal.
#pragma once

#include <string>

#include "quality/characteristics.h"
#include "quality/run_checks.h"
#include "warehouse/sql_engine.h"

namespace essaim::node {

void PrintChecks(const CheckRun& run);
void PrintReport(const QualityReport& report);
// The labels of every report so far, beside the load that they were made after.
absl::Status PrintHistory(SqlEngine& engine, const std::string& format);

}  // namespace essaim::node
