// A condition as SQL over a table with one DOUBLE column a variable, NULL where missing.
#pragma once

#include <string>
#include <string_view>

#include "data/schema.h"
#include "study/expression_node.h"

namespace essaim {

// True, false or NULL for exactly the rows for which Expression::Matches' logic says true, false or
// unknown (expression_sql_test.cc compares them on random conditions and tables).
std::string ExpressionSql(const ExpressionNode& node, const Schema& schema);

std::string SqlName(std::string_view name);  // "name", quotes doubled
std::string SqlText(std::string_view text);  // 'text', quotes doubled

}  // namespace essaim
