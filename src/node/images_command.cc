#include "node/images_command.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/exit_codes.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "crypto/entropy.h"
#include "dicom/export.h"
#include "node/category_keys.h"
#include "node/sql_session.h"
#include "warehouse/cdm_load.h"

namespace essaim::node {
namespace {

using Json = nlohmann::json;

struct ImagesArguments {
  std::string dir, action, out, as = "dicom", format = "table";
  std::int64_t image_id = 0, person_id = 0;
  std::uint32_t frame = 1;
  int limit = 100;
};

constexpr char kListed[] =
    "image_instance_id, person_id, image_study_uid, image_series_uid, image_instance_uid, "
    "modality_source_value, body_site_source_value, image_rows, image_columns, image_frames, "
    "transfer_syntax_uid, pixels, pixel_file, pixel_bytes, pixel_sha256";

Json JsonOf(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

std::string TextOf(const SqlValue& value) {
  const Json json = JsonOf(value);
  return json.is_null() ? "-" : json.is_string() ? json.get<std::string>() : json.dump();
}

absl::StatusOr<SqlRows> Rows(SqlEngine& engine, const ImagesArguments& args) {
  ESSAIM_RETURN_IF_ERROR(CreateCdm(engine));
  const std::string where =
      args.image_id != 0    ? absl::StrCat(" WHERE image_instance_id = ", args.image_id)
      : args.person_id != 0 ? absl::StrCat(" WHERE person_id = ", args.person_id)
                            : "";
  return engine.Query(absl::StrCat("SELECT ", kListed, " FROM essaim_image_instance", where,
                                   " ORDER BY person_id, image_study_uid, image_series_uid, "
                                   "instance_number, image_instance_id LIMIT ",
                                   args.limit));
}

absl::Status List(SqlEngine& engine, const ImagesArguments& args) {
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, Rows(engine, args));
  if (args.format == "json") {
    Json json = Json::array();
    for (const auto& row : rows.rows) {
      Json each;
      for (std::size_t c = 0; c < row.size(); ++c) each[rows.columns[c]] = JsonOf(row[c]);
      json.push_back(each);
    }
    std::printf("%s\n", json.dump(2).c_str());
    return absl::OkStatus();
  }
  std::printf("%-20s %-20s %-8s %-16s %-14s %s\n", "image", "person", "modality", "body part",
              "size", "pixels");
  for (const auto& row : rows.rows) {
    const std::string size = absl::StrCat(TextOf(row[7]), "x", TextOf(row[8]), "x", TextOf(row[9]));
    std::printf("%-20s %-20s %-8s %-16s %-14s %s\n", TextOf(row[0]).c_str(), TextOf(row[1]).c_str(),
                TextOf(row[5]).c_str(), TextOf(row[6]).c_str(), size.c_str(),
                TextOf(row[11]).c_str());
  }
  if (rows.rows.size() == static_cast<std::size_t>(args.limit))
    std::printf("The first %d; --limit N shows more.\n", args.limit);
  return absl::OkStatus();
}

absl::Status Export(const NodeFolder& folder, SqlEngine& engine, Entropy& entropy,
                    const ImagesArguments& args) {
  if (args.image_id == 0 || args.out.empty())
    return absl::InvalidArgumentError("what, and where to? Give --image ID and --out FILE");
  ESSAIM_ASSIGN_OR_RETURN(const SqlRows rows, Rows(engine, args));
  if (rows.rows.empty())
    return absl::NotFoundError(absl::StrCat("there is no image ", args.image_id));
  const auto* file = std::get_if<std::string>(&rows.rows[0][12]);
  if (file == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the pixels of image ", args.image_id, " are not kept (", TextOf(rows.rows[0][11]), ")"));
  }
  ESSAIM_ASSIGN_OR_RETURN(const auto images, OpenImages(folder, entropy));
  ESSAIM_RETURN_IF_ERROR(images->Settle(engine));
  if (args.as == "dicom") {
    ESSAIM_RETURN_IF_ERROR(dicom::ExportDicom(*images, *file, TextOf(rows.rows[0][14]), args.out));
  } else {
    ESSAIM_RETURN_IF_ERROR(dicom::ExportFrame(*images, *file, args.frame, args.out));
  }
  std::printf("%s\n", args.out.c_str());
  return absl::OkStatus();
}

absl::Status Run(const ImagesArguments& args) {
  crypto::SystemEntropy entropy;
  StderrLog log(Severity::kWarning);
  ESSAIM_ASSIGN_OR_RETURN(const NodeFolder folder, OpenNodeFolder(args.dir));
  ESSAIM_ASSIGN_OR_RETURN(const auto engine, OpenNodeSql(folder, entropy, &log));
  return args.action == "list" ? List(*engine, args) : Export(folder, *engine, entropy, args);
}

}  // namespace

std::string ImagesFolder(const std::string& dir) { return dir + "/images"; }

absl::StatusOr<std::unique_ptr<dicom::ImageStore>> OpenImages(const NodeFolder& folder,
                                                              Entropy& entropy) {
  ESSAIM_ASSIGN_OR_RETURN(SecretBytes key, CategoryKey(folder, "imaging", entropy));
  ESSAIM_ASSIGN_OR_RETURN(
      auto images, dicom::ImageStore::Open(ImagesFolder(folder.path), std::move(key), entropy));
  if (HasNextKey(folder, "imaging")) {
    ESSAIM_ASSIGN_OR_RETURN(SecretBytes next, NextKey(folder, "imaging"));
    images->OpenWith(std::move(next));
  }
  return images;
}

absl::Status UndoWithImages(const std::string& dir, SqlEngine& engine) {
  std::error_code error;
  if (!std::filesystem::exists(ImagesFolder(dir), error)) return UndoLastLoad(engine);
  crypto::SystemEntropy entropy;
  // Without a key: what is removed need not be read, and the key may be destroyed.
  ESSAIM_ASSIGN_OR_RETURN(const auto images,
                          dicom::ImageStore::Open(ImagesFolder(dir), SecretBytes(), entropy));
  ESSAIM_RETURN_IF_ERROR(images->Settle(engine));
  ESSAIM_ASSIGN_OR_RETURN(const std::vector<std::string> files, dicom::FilesOfLastLoad(engine));
  ESSAIM_RETURN_IF_ERROR(images->PlanRemoval(files));
  const absl::Status undone = UndoLastLoad(engine);
  ESSAIM_RETURN_IF_ERROR(images->Settle(engine));
  return undone;
}

Command ImagesCommand(CLI::App& app) {
  auto args = std::make_shared<ImagesArguments>();
  CLI::App* images =
      app.add_subcommand("images", "The site's de-identified images: list them, or take one out");
  images->add_option("ACTION", args->action, "list or export")
      ->required()
      ->check(CLI::IsMember({"list", "export"}));
  AddDir(images, args->dir);
  images->add_option("--person", args->person_id, "of list: this person's");
  images->add_option("--limit", args->limit, "of list: at most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  images->add_option("--image", args->image_id, "which one, as list shows it");
  images->add_option("--out", args->out, "of export: the file to make");
  images->add_option("--as", args->as, "of export: dicom, or pnm (one frame's pixels)")
      ->check(CLI::IsMember({"dicom", "pnm"}))
      ->capture_default_str();
  images->add_option("--frame", args->frame, "of pnm: from 1")->capture_default_str();
  AddFormat(images, args->format);
  return {images, [args] {
            const absl::Status done = Run(*args);
            return done.ok() ? kOk : essaim::Fail("essaim-node", done);
          }};
}

}  // namespace essaim::node
