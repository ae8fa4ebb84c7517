// What a command on a site's OMOP tables opens.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "node/node_folder.h"

namespace essaim::node {

// `entropy` and `log` outlive the engine.
struct SqlSession {
  crypto::SystemEntropy entropy;
  StderrLog log{Severity::kWarning};
  std::unique_ptr<SqlEngine> engine;

  absl::Status Open(const std::string& dir, Processors processors = Processors::kOne) {
    ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(dir));
    ESSAIM_ASSIGN_OR_RETURN(engine, OpenNodeSql(folder, entropy, &log, processors));
    return absl::OkStatus();
  }
};

}  // namespace essaim::node
