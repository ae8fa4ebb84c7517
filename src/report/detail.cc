#include "report/detail.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace essaim {
namespace {

constexpr std::array<std::string_view, 4> kForPrograms = {"baseline", "covariance", "model",
                                                          "model_info"};
constexpr std::size_t kLongRows = 60;

}  // namespace

bool IsDetail(const Result& result, const ResultTable& table) {
  const bool for_programs = std::ranges::find(kForPrograms, table.id) != kForPrograms.end();
  return for_programs || (!result.curves.empty() && table.rows.size() > kLongRows);
}

}  // namespace essaim
