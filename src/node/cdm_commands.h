// `essaim node` on a site's OMOP tables: load, undo, quality.
#pragma once

#include <string>
#include <vector>

namespace essaim::node {

struct CdmArguments {
  std::string dir, on_bad_row = "quarantine", format = "table", as_of, out, reference, html,
                   language = "en", from = "omop", system, mapping, propose;
  bool dry_run = false, history = false;
  std::vector<std::string> paths;
};

// Each gives the process's exit code.
int LoadCdm(const CdmArguments& args);
int UndoCdm(const CdmArguments& args);
int Quality(const CdmArguments& args);

}  // namespace essaim::node
