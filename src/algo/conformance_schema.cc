#include "algo/conformance_schema.h"

#include <utility>

#include "base/check.h"

namespace essaim {
namespace {

Variable Number(std::string name, std::string unit, double lower, double upper) {
  Variable v;
  v.name = std::move(name);
  v.unit = std::move(unit);
  v.lower = lower;
  v.upper = upper;
  return v;
}

Variable Integer(std::string name, std::string unit, double lower, double upper) {
  Variable v = Number(std::move(name), std::move(unit), lower, upper);
  v.kind = VariableKind::kInteger;
  return v;
}

Variable Boolean(std::string name) {
  Variable v;
  v.name = std::move(name);
  v.kind = VariableKind::kBoolean;
  return v;
}

Variable Category(std::string name, std::vector<std::string> levels) {
  Variable v;
  v.name = std::move(name);
  v.kind = VariableKind::kCategory;
  v.levels = std::move(levels);
  return v;
}

}  // namespace

Schema ConformanceSchema() {
  auto schema = Schema::Make({
      Number("age", "a", 18, 90),
      Number("dose", "mg", 0, 10),
      Number("score", "", -4, 4),
      Integer("visits", "", 0, 50),
      Number("cost", "", 0.5, 200),
      Boolean("sex"),
      Category("stage", {"I", "II", "III", "IV"}),
      Category("arm", {"control", "treated"}),
      Boolean("outcome"),
      Integer("time", "d", 1, 200),
      Boolean("event"),
      Number("weight", "", 0.5, 2),
      Category("split", {"train", "test"}),
      Number("risk", "", 0, 1),
  });
  ESSAIM_CHECK(schema.ok());
  return *std::move(schema);
}

}  // namespace essaim
