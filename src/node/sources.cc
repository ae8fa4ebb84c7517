#include "node/sources.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "dicom/dicom_files.h"
#include "fhir/fhir_files.h"
#include "hl7v2/hl7_files.h"
#include "hl7v2/known_rows.h"
#include "mapping/mapped_files.h"
#include "mapping/mapping.h"
#include "node/genetic.h"
#include "source/sample_list.h"
#include "text/note_files.h"
#include "waveform/wfdb_files.h"

namespace essaim::node {
namespace {

absl::StatusOr<std::unique_ptr<CdmSource>> OpenMapped(const SourceArguments& args,
                                                      const SourceTools& tools) {
  if (args.mapping.empty())
    return absl::InvalidArgumentError(
        "--from csv needs --mapping FILE; --propose FILE writes one to begin with");
  ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(args.mapping));
  absl::StatusOr<mapping::Mapping> mapping = mapping::ParseMapping(text);
  if (!mapping.ok())
    return absl::Status(mapping.status().code(),
                        absl::StrCat(args.mapping, ":\n", mapping.status().message()));
  return mapping::OpenMappedFiles(args.paths, *std::move(mapping),
                                  {.ids = &tools.ids,
                                   .vocabulary = &tools.vocabulary,
                                   .identities = &tools.identities,
                                   .log = &tools.log});
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenDicom(const SourceArguments& args,
                                                     const SourceTools& tools) {
  return dicom::OpenDicomFiles(
      args.paths,
      {.ids = &tools.ids,
       .vocabulary = &tools.vocabulary,
       .identities = &tools.identities,
       .images = tools.images,
       .person_known = [&reading = tools.reading](std::int64_t id) -> absl::StatusOr<bool> {
         ESSAIM_ASSIGN_OR_RETURN(
             const SqlRows rows,
             reading.Query(absl::StrCat("SELECT COUNT(*) FROM person WHERE person_id = ", id)));
         return std::get<std::int64_t>(rows.rows[0][0]) > 0;
       },
       .visit_on = [visits = dicom::StudyVisits(tools.reading, tools.date_shift)](
                       std::int64_t person,
                       const std::string& day) mutable { return visits.On(person, day); },
       .system = args.system,
       .accept_burned_in = args.accept_burned_in,
       .retain_patient_characteristics = args.retain_patient_characteristics});
}

}  // namespace

absl::StatusOr<std::string> TextOf(const SourceArguments& args) {
  nlohmann::json json = {{"from", args.from}};
  if (!args.system.empty()) json["system"] = args.system;
  if (!args.reference.empty())
    json["reference"] = std::filesystem::absolute(args.reference).string();
  if (args.keep_text) json["keep_text"] = true;
  if (args.surrogates) json["surrogates"] = true;
  if (args.deidentify_values) json["deidentify_values"] = true;
  if (!args.mapping.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(json["mapping"], ReadFile(args.mapping));
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> SourceKinds() {
  return {"csv", "dicom", "fhir", "hl7v2", "text", "vcf", "wfdb"};
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenSource(const SourceArguments& args,
                                                      const SourceTools& tools) {
  if (args.from == "fhir")
    return fhir::OpenFhirFiles(args.paths, {.ids = &tools.ids,
                                            .vocabulary = &tools.vocabulary,
                                            .identities = &tools.identities,
                                            .system = args.system});
  if (args.from == "hl7v2")
    return hl7v2::OpenHl7Files(
        args.paths, {.ids = &tools.ids,
                     .vocabulary = &tools.vocabulary,
                     .identities = &tools.identities,
                     .known = std::make_shared<hl7v2::KnownRows>(tools.reading, tools.date_shift)});
  if (args.from == "text")
    return text::OpenNoteFiles(args.paths, {.ids = &tools.ids,
                                            .vocabulary = &tools.vocabulary,
                                            .system = args.system,
                                            .text_folders = args.text_folders});
  if (args.from == "csv") return OpenMapped(args, tools);
  if (args.from == "vcf") return OpenVcf(args, tools);
  if (args.from == "wfdb")
    return waveform::OpenWfdbFiles(args.paths, {.ids = &tools.ids,
                                                .has_person = PersonsOf(tools.reading),
                                                .samples_path = args.samples,
                                                .system = args.system,
                                                .log = &tools.log});
  if (args.from == "dicom") return OpenDicom(args, tools);
  return absl::InvalidArgumentError(absl::StrCat("no source of the kind '", args.from, "'"));
}

}  // namespace essaim::node
