// `essaim node cohort`: runs cohort definitions on a site's OMOP tables, for the site's own staff.
#pragma once

#include <string>
#include <vector>

namespace essaim::node {

struct CohortArguments {
  std::string dir, format = "table";
  std::vector<std::string> files;
};

int Cohort(const CohortArguments& args);  // the process's exit code

}  // namespace essaim::node
