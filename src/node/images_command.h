// `essaim node images`: a site's de-identified images, for its own staff; and the store of images
// for the commands that load and undo.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/entropy.h"
#include "dicom/image_store.h"
#include "node/command.h"
#include "node/node_folder.h"
#include "warehouse/sql_engine.h"

namespace essaim::node {

Command ImagesCommand(CLI::App& app);

// `dir` is the site's folder.
std::string ImagesFolder(const std::string& dir);

// Under the key of the category "imaging", and its successor while it is replaced.
// kFailedPrecondition: it was destroyed.
absl::StatusOr<std::unique_ptr<dicom::ImageStore>> OpenImages(const NodeFolder& folder,
                                                              Entropy& entropy);
// Takes back the last load with the images it brought. `dir` is the site's folder. As UndoLastLoad.
absl::Status UndoWithImages(const std::string& dir, SqlEngine& engine);

}  // namespace essaim::node
