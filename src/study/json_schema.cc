#include "study/json_schema.h"

#include <nlohmann/json.hpp>

#include "study/site_quality.h"

namespace essaim {
namespace {

using Json = nlohmann::ordered_json;

Json Text(const char* description) { return {{"type", "string"}, {"description", description}}; }

Json Name(const char* description) {
  return {{"type", "string"}, {"pattern", "^[a-z0-9-]{1,64}$"}, {"description", description}};
}

Json Whole(int least, int otherwise, const char* description) {
  return {{"type", "integer"},
          {"minimum", least},
          {"default", otherwise},
          {"description", description}};
}

Json ListOf(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json Object(Json properties, Json required) {
  return {{"type", "object"},
          {"additionalProperties", false},
          {"properties", std::move(properties)},
          {"required", std::move(required)}};
}

Json ParamSchema(const ParamSpec& spec) {
  Json number = {{"type", spec.type == ParamType::kInteger ? "integer" : "number"}};
  if (spec.lower < spec.upper) {
    number["minimum"] = spec.lower;
    number["maximum"] = spec.upper;
  }
  Json text = {{"type", "string"}};
  if (!spec.choices.empty()) text["enum"] = spec.choices;
  Json schema;
  switch (spec.type) {
    case ParamType::kBool:
      schema = {{"type", "boolean"}};
      break;
    case ParamType::kInteger:
    case ParamType::kNumber:
      schema = number;
      break;
    case ParamType::kText:
    case ParamType::kVariable:
      schema = text;
      break;
    case ParamType::kNumbers:
      schema = ListOf(number);
      break;
    case ParamType::kVariables:
    case ParamType::kTexts:
    case ParamType::kTerms:
      schema = ListOf(text);
      break;
  }
  schema["description"] = spec.description;
  return schema;
}

Json ParamsOf(const AlgorithmInfo& info) {
  Json properties = Json::object(), required = Json::array();
  for (const ParamSpec& spec : info.params) {
    properties[spec.name] = ParamSchema(spec);
    if (spec.required) required.push_back(spec.name);
  }
  return Object(std::move(properties), std::move(required));
}

Json AnalysisSchema(const Registry& registry) {
  Json names = Json::array(), rules = Json::array();
  for (const AlgorithmInfo* info : registry.All()) {
    names.push_back(info->name);
    const Json parameters = ParamsOf(*info);
    Json then = {{"properties", {{"parameters", parameters}}}};
    if (!parameters["required"].empty()) then["required"] = {"parameters"};
    rules.push_back({{"if", {{"properties", {{"algorithm", {{"const", info->name}}}}}}},
                     {"then", std::move(then)}});
  }
  Json analysis = Object({{"name", Name("unique within the study")},
                          {"algorithm", {{"enum", std::move(names)}}},
                          {"model", Name("an earlier analysis whose fitted model this one uses")},
                          {"where", Text("further condition on the cohort's persons")},
                          {"parameters", {{"type", "object"}}}},
                         {"name", "algorithm"});
  if (!rules.empty()) analysis["allOf"] = std::move(rules);
  return analysis;
}

Json VariableSchema() {
  const Json texts = {{"anyOf", {{{"type", "string"}}, ListOf({{"type", {"string", "null"}}})}}};
  const Json level = {{"anyOf",
                       {{{"type", "string"}},
                        Object({{"name", {{"type", "string"}}}, {"codes", texts}}, {"name"})}}};
  Json range = ListOf({{"type", {"number", "string"}}});
  range["minItems"] = 2;
  range["maxItems"] = 2;
  return Object({{"name", {{"type", "string"}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}},
                 {"type", {{"enum", {"number", "integer", "boolean", "category", "date"}}}},
                 {"unit", Text("UCUM code")},
                 {"description", Text("for people")},
                 {"range", range},
                 {"levels", ListOf(level)},
                 {"missing", texts},
                 {"true", texts},
                 {"false", texts},
                 {"source", Text("the column's header in a site's files")}},
                {"name", "type"});
}

Json PrivacySchema() {
  return Object(
      {{"minimum_cohort", Whole(1, 20, "persons a site must have in the cohort to take part")},
       {"minimum_cell", Whole(1, 5, "smallest count of persons that is shown")},
       {"minimum_sites", Whole(2, 3, "fewest sites in any sum")},
       {"collusions", Whole(0, 1, "sites that may collude with the hub and learn nothing")},
       {"on_dropout", {{"enum", {"wait", "continue"}}, {"default", "wait"}}}},
      Json::array());
}

Json QualitySchema() {
  Json properties = Json::object();
  for (const std::string_view name : kQualityKeys)
    properties[std::string(name)] = {{"enum", {"passed", "to_watch"}}};
  Json bounds = Json::object();
  for (const QualityMetricId& metric : QualityMetricIds()) {
    bounds[std::string(metric.id)] =
        Object({{"watch", {{"type", "number"}}}, {"fail", {{"type", "number"}}}}, Json::array());
  }
  properties["thresholds"] = Object(std::move(bounds), Json::array());
  return Object(std::move(properties), Json::array());
}

}  // namespace

std::string StudyJsonSchema(const Registry& registry) {
  Json sites = ListOf(Name("a site's name"));
  sites["minItems"] = 2;
  sites["uniqueItems"] = true;
  Json analyses = ListOf(AnalysisSchema(registry));
  analyses["minItems"] = 1;
  const Json schema = {{"anyOf", {{{"type", "string"}}, ListOf(VariableSchema())}},
                       {"description", "a schema file beside the study, or its variables"}};
  Json root = Object(
      {{"essaim", {{"const", 1}, {"description", "version of the format"}}},
       {"name", Name("the study's name")},
       {"title", Text("for people")},
       {"purpose", Text("why the question is asked")},
       {"data",
        {{"anyOf",
          {Object({{"set", Name("the data set's name at every site")}, {"schema", schema}},
                  {"set", "schema"}),
           Object({{"omop", Text("a file beside the study, or its text: the cohort on the sites' "
                                 "OMOP tables, and where each variable comes from")}},
                  {"omop"})}}}},
       {"sites", std::move(sites)},
       {"cohort", Object({{"include", Text("condition for being in")},
                          {"exclude", Text("condition for being out")}},
                         Json::array())},
       {"privacy", PrivacySchema()},
       {"quality", QualitySchema()},
       {"count_once", Name("the linkage between the sites by which a person at several of them is "
                           "counted at one")},
       {"analyses", std::move(analyses)}},
      {"essaim", "name", "data", "sites", "analyses"});
  root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  root["title"] = "Essaim study";
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace essaim
