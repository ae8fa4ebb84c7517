#include "waveform/wfdb_files.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "crypto/hash.h"
#include "source/cdm_row.h"
#include "source/gz_file.h"
#include "source/input_files.h"
#include "source/recognised.h"
#include "waveform/wfdb_header.h"

namespace essaim::waveform {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kEhr = 32817;  // type concept
// A file of samples may end in a byte or two that fill its last word.
constexpr std::int64_t kPaddingBytesMax = 4;

std::string FolderOf(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

struct Checked {
  std::string fault;                                     // empty: everything is there
  std::vector<std::pair<Signal, std::int64_t>> signals;  // with the bytes of their files
};

// Whether each file of samples is there and as long as the header says.
Checked CheckSignals(const WfdbHeader& header, const std::string& folder) {
  Checked checked;
  for (std::size_t i = 0; i < header.signals.size(); ++i) {
    const Signal& signal = header.signals[i];
    std::int64_t bytes = 0;
    if (signal.file != "~" && signal.format != 0) {
      std::error_code error;
      const std::uintmax_t size = fs::file_size(folder + "/" + signal.file, error);
      if (error) {
        checked.fault = absl::StrCat("signal ", i + 1, ": its file is not there");
        return checked;
      }
      bytes = static_cast<std::int64_t>(size);
      const std::int64_t needed = BytesOf(header, signal.file);
      if (needed >= 0 && (bytes < needed || bytes > needed + kPaddingBytesMax)) {
        checked.fault = absl::StrCat("signal ", i + 1, ": its file has ", bytes,
                                     " bytes, by the header it should have ", needed);
        return checked;
      }
    }
    checked.signals.emplace_back(signal, bytes);
  }
  return checked;
}

class WfdbFiles : public CdmSource {
 public:
  WfdbFiles(std::vector<std::string> paths, std::uint64_t bytes, WfdbOptions options,
            std::optional<SampleList> list, std::string settings)
      : paths_(std::move(paths)),
        bytes_(bytes),
        options_(std::move(options)),
        list_(std::move(list)),
        settings_(std::move(settings)) {}

  std::string_view kind() const override { return "wfdb"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  // Also what was wrong: once a person or a file of signals is there, the same headers are another
  // load.
  std::string settings() const override {
    return faults_.empty() ? settings_
                           : absl::StrCat(settings_, "|", ToHex(crypto::Sha256(faults_)));
  }

  absl::Status Read(CdmSink& sink) override {
    std::map<std::string, absl::StatusOr<WfdbHeader>> headers;
    std::map<std::string, std::string> hashes;
    std::set<std::string> segments;  // paths
    Recognised recognised("WFDB headers, which begin with a record's name and number of signals");
    for (const std::string& path : paths_) {
      ESSAIM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kHeaderBytesMax + 1));
      hashes[path] = ToHex(crypto::Sha256(text));
      const auto header = headers.emplace(path, ReadWfdbHeader(text)).first;
      recognised.File(path, header->second.ok() || HasRecordLine(text));
      if (!header->second.ok()) continue;
      for (const Segment& segment : header->second->segments)
        segments.insert(absl::StrCat(FolderOf(path), "/", segment.record, ".hea"));
    }
    ESSAIM_RETURN_IF_ERROR(recognised.Check());
    std::uint64_t done = 0;
    for (const std::string& path : paths_) {
      const bool is_segment =
          segments.contains(FolderOf(path) + "/" + fs::path(path).filename().string());
      const absl::StatusOr<WfdbHeader>& header = headers.at(path);
      std::string fault;
      if (!header.ok()) {
        fault = std::string(header.status().message());
      } else if (!is_segment) {
        ESSAIM_ASSIGN_OR_RETURN(fault, Record(path, hashes[path], *header, sink));
      }
      if (!fault.empty()) {
        absl::StrAppend(&faults_, hashes[path], " ", fault, "\n");
        ESSAIM_RETURN_IF_ERROR(
            sink.Reject({.file = path, .line = 1, .column = "", .reason = fault}, ""));
      }
      sink.EndFile(path, hashes[path], is_segment ? 0 : 1);
      ESSAIM_RETURN_IF_ERROR(sink.Progress(++done));
    }
    return absl::OkStatus();
  }

 private:
  // What is wrong, or empty.
  absl::StatusOr<std::string> Record(const std::string& path, const std::string& hash,
                                     const WfdbHeader& header, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(
        const FoundOwner owner,
        FindOwner({.ids = options_.ids,
                   .has_person = options_.has_person,
                   .list = list_.has_value() ? &*list_ : nullptr,
                   .system = options_.system},
                  header.record, header.person.empty() ? header.record : header.person));
    if (!owner.fault.empty()) return owner.fault;
    const std::string date = owner.date.empty() ? header.base_date : owner.date;
    if (date.empty())
      return "no date: the record line has none; give it in the column date of --samples";
    ESSAIM_ASSIGN_OR_RETURN(const Checked checked, Check(path, header));
    if (!checked.fault.empty()) return checked.fault;
    const std::string key = absl::StrCat(owner.person_id, "|", hash);
    const std::int64_t id = options_.ids->IdOf("essaim_waveform", "wfdb", key);
    const std::int64_t procedure_id = options_.ids->IdOf("procedure_occurrence", "wfdb", key);
    const RowOrigin origin{.file = path, .line = 1};
    const std::string time =
        header.base_time.empty() ? "" : absl::StrCat(date, " ", header.base_time);
    CdmRow procedure("procedure_occurrence");
    procedure.Set("procedure_occurrence_id", procedure_id);
    procedure.Set("person_id", owner.person_id);
    procedure.Set("procedure_concept_id", std::int64_t{0});
    procedure.Set("procedure_date", std::string_view(date));
    procedure.Set("procedure_datetime", std::string_view(time));
    procedure.Set("procedure_type_concept_id", kEhr);
    procedure.SetCut("procedure_source_value", "WFDB");
    procedure.Set("procedure_source_concept_id", std::int64_t{0});
    ESSAIM_RETURN_IF_ERROR(procedure.WriteTo(sink, origin));
    CdmRow waveform("essaim_waveform");
    waveform.Set("waveform_id", id);
    waveform.Set("person_id", owner.person_id);
    waveform.Set("procedure_occurrence_id", procedure_id);
    waveform.Set("waveform_start_date", std::string_view(date));
    waveform.Set("waveform_start_datetime", std::string_view(time));
    waveform.Set("sampling_frequency", header.frequency);
    waveform.Set("n_samples", header.n_samples);
    waveform.Set("duration_seconds", static_cast<double>(header.n_samples) / header.frequency);
    waveform.Set("n_signals", static_cast<std::int64_t>(header.n_signals));
    waveform.Set("n_segments", static_cast<std::int64_t>(header.segments.size()));
    waveform.SetCut("age_source_value", header.age);
    waveform.SetCut("sex_source_value", header.sex);
    waveform.SetCut("diagnosis_source_value", header.diagnoses);
    waveform.SetCut("local_path", path);
    waveform.Set("header_sha256", std::string_view(hash));
    ESSAIM_RETURN_IF_ERROR(waveform.WriteTo(sink, origin));
    for (std::size_t i = 0; i < checked.signals.size(); ++i) {
      const auto& [signal, bytes] = checked.signals[i];
      CdmRow row("essaim_waveform_signal");
      row.Set("waveform_signal_id",
              options_.ids->IdOf("essaim_waveform_signal", "wfdb", absl::StrCat(key, "|", i)));
      row.Set("waveform_id", id);
      row.Set("person_id", owner.person_id);
      row.Set("signal_number", static_cast<std::int64_t>(i + 1));
      row.SetCut("signal_source_value", signal.description);
      row.SetCut("unit_source_value", signal.units);
      row.Set("signal_format", std::int64_t{signal.format});
      row.Set("gain", signal.gain);
      row.Set("resolution_bits", signal.resolution_bits);
      row.Set("samples_per_frame", signal.samples_per_frame);
      row.SetCut("signal_file", signal.file);
      row.Set("signal_file_bytes", bytes);
      ESSAIM_RETURN_IF_ERROR(row.WriteTo(sink, origin));
    }
    return std::string();
  }

  // Also of the segments, whose own headers lie beside.
  absl::StatusOr<Checked> Check(const std::string& path, const WfdbHeader& header) {
    const std::string folder = FolderOf(path);
    if (!header.multi_segment()) return CheckSignals(header, folder);
    Checked all;
    std::int64_t n_samples = 0;
    for (std::size_t i = 0; i < header.segments.size(); ++i) {
      const Segment& segment = header.segments[i];
      n_samples += segment.n_samples;
      if (segment.record == "~") continue;
      const auto wrong = [&](const std::string& what) {
        return Checked{.fault = absl::StrCat("segment ", i + 1, ": ", what), .signals = {}};
      };
      const absl::StatusOr<std::string> text =
          ReadFile(absl::StrCat(folder, "/", segment.record, ".hea"), kHeaderBytesMax + 1);
      if (!text.ok()) return wrong("its header is not there");
      const absl::StatusOr<WfdbHeader> part = ReadWfdbHeader(*text);
      if (!part.ok()) return wrong(std::string(part.status().message()));
      if (part->multi_segment()) return wrong("a segment of segments");
      if (part->n_samples != segment.n_samples)
        return wrong("its header has another number of samples");
      const Checked checked = CheckSignals(*part, folder);
      if (!checked.fault.empty()) return wrong(checked.fault);
      all.signals.insert(all.signals.end(), checked.signals.begin(), checked.signals.end());
    }
    if (header.n_samples != 0 && n_samples != header.n_samples)
      all.fault = "the segments together have another number of samples than the record";
    return all;
  }

  std::vector<std::string> paths_;
  std::uint64_t bytes_;
  WfdbOptions options_;
  std::optional<SampleList> list_;
  std::string settings_, faults_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CdmSource>> OpenWfdbFiles(const std::vector<std::string>& paths,
                                                         const WfdbOptions& options) {
  const auto wanted = [](const std::string& name) { return absl::EndsWith(name, ".hea"); };
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> files, InputFiles(paths, wanted, ".hea file"));
  for (const std::string& file : files) {
    if (!wanted(file))
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": a header was expected, a name ending in .hea"));
    std::error_code error;
    if (!fs::exists(file, error)) return absl::NotFoundError(absl::StrCat(file, ": no such file"));
  }
  std::optional<SampleList> list;
  std::string settings = options.system;
  if (!options.samples_path.empty()) {
    ESSAIM_ASSIGN_OR_RETURN(list, ReadSampleList(options.samples_path, options.log));
    ESSAIM_ASSIGN_OR_RETURN(const std::string hash, HashOfFile(options.samples_path));
    settings = absl::StrCat(settings, "|", hash);
  }
  const std::uint64_t n_files = files.size();
  return std::make_unique<WfdbFiles>(std::move(files), n_files, options, std::move(list),
                                     std::move(settings));
}

}  // namespace essaim::waveform
