#include "algo/model.h"

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace essaim {
namespace {

std::optional<std::size_t> ColumnOf(const ResultTable& table, std::string_view name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
  }
  return std::nullopt;
}

// The cell of that column, or null when the table has no such column or the row is short.
const Cell* CellOf(const ResultTable& table, std::size_t row, std::string_view name) {
  const auto column = ColumnOf(table, name);
  if (!column || row >= table.rows.size() || *column >= table.rows[row].size()) return nullptr;
  return &table.rows[row][*column];
}

const std::string* TextOf(const ResultTable& table, std::size_t row, std::string_view name) {
  const Cell* cell = CellOf(table, row, name);
  return cell == nullptr ? nullptr : std::get_if<std::string>(cell);
}

const double* NumberOf(const ResultTable& table, std::size_t row, std::string_view name) {
  const Cell* cell = CellOf(table, row, name);
  return cell == nullptr ? nullptr : std::get_if<double>(cell);
}

}  // namespace

void AddModel(const std::vector<ModelColumn>& columns, const std::string& family,
              const std::string& link, Result& result) {
  ResultTable model{.id = "model", .title = "Model"};
  model.columns = {{"term", "Term", ColumnKind::kText},
                   {"coefficient", "Coefficient", ColumnKind::kNumber},
                   {"centre", "Centre", ColumnKind::kNumber},
                   {"scale", "Scale", ColumnKind::kNumber}};
  for (const ModelColumn& column : columns) {
    Cell coefficient;
    if (!std::isnan(column.coefficient)) coefficient = column.coefficient;
    model.rows.push_back({column.term, coefficient, column.centre, column.scale});
  }
  ResultTable info{.id = "model_info", .title = "Family and link"};
  info.columns = {{"family", "Family", ColumnKind::kText}, {"link", "Link", ColumnKind::kText}};
  info.rows.push_back({family, link});
  result.tables.push_back(std::move(model));
  result.tables.push_back(std::move(info));
}

absl::Status BindModel(const Result& fit, Params& params) {
  const ResultTable* model = fit.Find("model");
  const ResultTable* info = fit.Find("model_info");
  if (model == nullptr || info == nullptr) {
    return absl::InvalidArgumentError("the analysis named as model has fitted none");
  }
  const std::string* family = TextOf(*info, 0, "family");
  const std::string* link = TextOf(*info, 0, "link");
  if (family == nullptr || link == nullptr) {
    return absl::InvalidArgumentError("the fitted model does not name its family and link");
  }
  std::vector<std::string> terms;
  std::vector<double> coefficients, centres, scales;
  for (std::size_t row = 0; row < model->rows.size(); ++row) {
    const std::string* term = TextOf(*model, row, "term");
    const double* centre = NumberOf(*model, row, "centre");
    const double* scale = NumberOf(*model, row, "scale");
    if (term == nullptr || centre == nullptr || scale == nullptr) {
      return absl::InvalidArgumentError("the fitted model has an unreadable row");
    }
    const double* coefficient = NumberOf(*model, row, "coefficient");
    if (coefficient == nullptr || std::isnan(*coefficient)) continue;
    terms.push_back(*term);
    coefficients.push_back(*coefficient);
    centres.push_back(*centre);
    scales.push_back(*scale);
  }
  if (terms.empty()) return absl::InvalidArgumentError("the fitted model has no coefficient");
  params.values["model_terms"] = std::move(terms);
  params.values["model_coefficients"] = std::move(coefficients);
  params.values["model_centres"] = std::move(centres);
  params.values["model_scales"] = std::move(scales);
  params.values["model_family"] = *family;
  params.values["model_link"] = *link;
  return absl::OkStatus();
}

std::vector<ParamSpec> ModelParamSpecs() {
  return {
      {.name = "model_terms", .type = ParamType::kTexts, .description = "Set by `model`."},
      {.name = "model_coefficients", .type = ParamType::kNumbers, .description = "Set by `model`."},
      {.name = "model_centres", .type = ParamType::kNumbers, .description = "Set by `model`."},
      {.name = "model_scales", .type = ParamType::kNumbers, .description = "Set by `model`."},
      {.name = "model_family", .type = ParamType::kText, .description = "Set by `model`."},
      {.name = "model_link", .type = ParamType::kText, .description = "Set by `model`."}};
}

}  // namespace essaim
