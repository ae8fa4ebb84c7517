// Plots as inline SVG: colours come from the page's style, so light, dark and print all fit.
#pragma once

#include <optional>
#include <string>

#include "algo/result.h"

namespace essaim {

std::string EscapeXml(std::string_view text);  // also drops what XML forbids

// Lines or steps with confidence bands, axes and a legend; ROC and calibration get a diagonal.
std::string CurveSvg(const Curve& curve);

// Estimate and interval of each row on a line, for tables with an odds or hazard ratio (or a
// coefficient) and its limits. nullopt if the table has no such columns.
std::optional<std::string> ForestSvg(const ResultTable& table);

}  // namespace essaim
