#include "mapping/mapped_files.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "source/cdm_row.h"
#include "warehouse/row_source.h"

namespace essaim::mapping {
namespace {

constexpr std::uint64_t kRowsPerProgress = 1 << 14;

std::string Lower(const std::string& text) { return absl::AsciiStrToLower(text); }

class MappedFiles : public CdmSource {
 public:
  MappedFiles(Mapping mapping, std::vector<std::string> files, std::uint64_t bytes,
              const MappingOptions& options)
      : mapping_(std::move(mapping)), files_(std::move(files)), bytes_(bytes), options_(options) {
    for (const std::string& word : mapping_.missing)
      missing_lengths_[std::min(word.size(), missing_lengths_.size() - 1)] = true;
  }

  std::string_view kind() const override { return "csv"; }

  std::uint64_t bytes_total() const override { return bytes_; }

  std::string settings() const override { return ToHex(crypto::Sha256(mapping_.text)); }

  // Where stays are mapped and no periods, the stays make them, as those that waited for a person.
  bool derives_observation_periods() const override {
    const auto maps = [&](std::string_view table) {
      return std::ranges::any_of(mapping_.tables,
                                 [&](const TableMapping& t) { return t.to->name == table; });
    };
    return (maps("visit_occurrence") || maps("person")) && !maps("observation_period");
  }

  absl::Status Read(CdmSink& sink) override {
    for (std::size_t i = 0; i < mapping_.tables.size(); ++i)
      ESSAIM_RETURN_IF_ERROR(ReadTable(mapping_.tables[i], files_[i], sink));
    for (const auto& [what, n] : without_concept_)
      sink.Notice(absl::StrCat("without a concept: ", n, " rows of ", what));
    return absl::OkStatus();
  }

 private:
  absl::Status ReadTable(const TableMapping& table, const std::string& path, CdmSink& sink) {
    ESSAIM_ASSIGN_OR_RETURN(const std::unique_ptr<RowSource> source,
                            OpenRowSource(path, options_.log));
    for (std::size_t c = 0; c < source->header().size(); ++c) columns_[source->header()[c]] = c;
    TellUnused(table, path, source->header(), sink);
    sink.Header(path, source->raw_header());
    const std::function<std::string()> raw = [&] { return source->raw(); };
    ESSAIM_ASSIGN_OR_RETURN(const std::vector<BoundRule> rules, Bind(table, path));
    CdmRow row(table.to->name);
    std::uint64_t n_read = 0;
    while (true) {
      const absl::StatusOr<CsvScanner::Event> event = source->Next();
      if (!event.ok())
        return absl::Status(event.status().code(),
                            absl::StrCat(path, ": ", event.status().message()));
      if (*event == CsvScanner::Event::kEnd) break;
      ++n_read;
      if (n_read % kRowsPerProgress == 0)
        ESSAIM_RETURN_IF_ERROR(sink.Progress(bytes_before_ + source->bytes_done()));
      if (*event == CsvScanner::Event::kBad) {
        ESSAIM_RETURN_IF_ERROR(sink.Reject(
            {.file = path, .line = source->line(), .reason = std::string(source->reason())},
            source->raw()));
        continue;
      }
      cells_ = source->cells();
      if (!IsWanted(table)) continue;
      row.Clear();
      std::string fault_field, fault;
      for (const BoundRule& rule : rules) {
        ESSAIM_RETURN_IF_ERROR(Apply(rule, row, fault));
        if (fault.empty()) continue;
        fault_field = std::string(rule.field.name());
        break;
      }
      if (!fault.empty()) {
        ESSAIM_RETURN_IF_ERROR(sink.Reject(
            {.file = path, .line = source->line(), .column = fault_field, .reason = fault},
            source->raw()));
        continue;
      }
      ESSAIM_RETURN_IF_ERROR(
          row.WriteTo(sink, {.file = path, .line = source->line(), .raw = &raw}));
      if (table.identity.has_value()) ESSAIM_RETURN_IF_ERROR(Tell(*table.identity, row));
    }
    bytes_before_ += source->bytes_total();
    sink.EndFile(path, source->Sha256Hex(), n_read);
    columns_.clear();
    return sink.Progress(bytes_before_);
  }

  // A rule and where its columns are in the file.
  struct BoundRule {
    const Rule* rule;
    FieldName field;
    std::vector<std::size_t> columns;  // that of the factor last
    bool as_it_is = false;             // the cell, if its field reads it
  };

  static bool IsAsItIs(const Rule& rule) {
    return rule.kind == Rule::Kind::kColumn && rule.values.empty() && rule.date_format.empty() &&
           rule.part.empty() && rule.decimal == '.' && rule.times_column.empty();
  }

  absl::StatusOr<std::vector<BoundRule>> Bind(const TableMapping& table,
                                              const std::string& path) const {
    std::vector<BoundRule> bound;
    for (const Rule& rule : table.rules) {
      std::vector<std::string> names = rule.columns;
      if (!rule.times_column.empty()) names.push_back(rule.times_column);
      BoundRule& b = bound.emplace_back(
          BoundRule{.rule = &rule, .field = rule.field->name, .as_it_is = IsAsItIs(rule)});
      for (const std::string& name : names) {
        const auto at = columns_.find(name);
        if (at == columns_.end())  // it was there when the source was opened
          return absl::InvalidArgumentError(absl::StrCat(path, ": no column '", name, "'"));
        b.columns.push_back(at->second);
      }
    }
    return bound;
  }

  static std::set<std::string> UsedColumns(const TableMapping& table) {
    std::set<std::string> used;
    for (const auto& [column, values] : table.where) used.insert(column);
    for (const Rule& rule : table.rules) {
      used.insert(rule.columns.begin(), rule.columns.end());
      if (!rule.times_column.empty()) used.insert(rule.times_column);
    }
    if (table.identity.has_value()) {
      const IdentityRule& i = *table.identity;
      for (const std::string* column : {&i.value, &i.family_name, &i.given_names, &i.birth_date,
                                        &i.sex, &i.address, &i.postcode, &i.phone, &i.email}) {
        if (!column->empty()) used.insert(*column);
      }
    }
    return used;
  }

  static void TellUnused(const TableMapping& table, const std::string& path,
                         const std::vector<std::string>& header, CdmSink& sink) {
    const std::set<std::string> used = UsedColumns(table);
    std::vector<std::string> unused;
    for (const std::string& column : header) {
      if (!used.contains(column)) unused.push_back(column);
    }
    if (!unused.empty())
      sink.Notice(absl::StrCat("no rule uses: ", path, ", for ", Av(table.to->name), ": ",
                               absl::StrJoin(unused, ", ")));
  }

  std::string_view Cell(const std::string& column) const {
    const auto at = columns_.find(column);
    return at == columns_.end() ? std::string_view() : Cell(at->second);
  }

  std::string_view Cell(std::size_t column) const {
    const std::string_view cell = cells_[column];
    // Few cells are as long as a word for a missing one.
    if (!missing_lengths_[std::min(cell.size(), missing_lengths_.size() - 1)]) return cell;
    const bool missing = std::ranges::find(mapping_.missing, cell) != mapping_.missing.end();
    return missing ? std::string_view() : cell;
  }

  bool IsWanted(const TableMapping& table) const {
    return std::ranges::all_of(table.where, [&](const auto& condition) {
      return std::ranges::find(condition.second, Cell(condition.first)) != condition.second.end();
    });
  }

  // `fault` says why the row cannot be, without its values. The row borrows the file's cells.
  absl::Status Apply(const BoundRule& bound, CdmRow& row, std::string& fault) {
    const Rule& rule = *bound.rule;
    if (bound.as_it_is) {
      const std::string_view cell = Cell(bound.columns[0]);
      if (rule.field->type != CdmType::kFloat || IsPlainNumber(cell)) {
        row.SetCutView(bound.field, cell);
        return absl::OkStatus();
      }
    }
    switch (rule.kind) {
      case Rule::Kind::kValue:
        row.SetView(bound.field, rule.text);
        return absl::OkStatus();
      case Rule::Kind::kId: {
        std::string key;
        bool some = false;
        for (const std::size_t column : bound.columns) {
          some = some || !Cell(column).empty();
          absl::StrAppend(&key, column == bound.columns[0] && key.empty() ? "" : "|",
                          Av(Cell(column)));
        }
        if (some) row.Set(bound.field, options_.ids->IdOf(rule.text, "", key));
        return absl::OkStatus();
      }
      case Rule::Kind::kPseudonym: {
        const std::string_view cell = Cell(bound.columns[0]);
        if (!cell.empty()) row.SetCut(bound.field, options_.ids->PseudonymOf("", cell));
        return absl::OkStatus();
      }
      case Rule::Kind::kConcept:
        return ApplyConcept(bound, row);
      case Rule::Kind::kColumn:
        ApplyColumn(bound, row, fault);
        return absl::OkStatus();
    }
    return absl::InternalError("a rule of no kind");
  }

  absl::Status ApplyConcept(const BoundRule& bound, CdmRow& row) {
    const Rule& rule = *bound.rule;
    const std::string_view cell = Cell(bound.columns[0]);
    const auto own = rule.values.find(cell);  // the site's own table comes first
    if (own != rule.values.end()) {
      row.SetView(bound.field, own->second);
      return absl::OkStatus();
    }
    std::int64_t concept_id = 0;
    if (!cell.empty()) {
      ESSAIM_ASSIGN_OR_RETURN(const MappedCode* code, options_.vocabulary->Map(rule.text, cell));
      concept_id = rule.source_concept     ? code->source.concept_id
                   : code->targets.empty() ? 0
                                           : code->targets[0].concept_id;
    }
    if (concept_id == 0 && !rule.source_concept)
      ++without_concept_[absl::StrCat(Av(rule.field->name), " (", rule.text, ")")];
    if (concept_id == 0 && rule.otherwise.has_value()) {
      row.SetView(bound.field, *rule.otherwise);
    } else {
      row.Set(bound.field, concept_id);
    }
    return absl::OkStatus();
  }

  void ApplyColumn(const BoundRule& bound, CdmRow& row, std::string& fault) {
    const Rule& rule = *bound.rule;
    std::string_view cell = Cell(bound.columns[0]);
    if (!rule.values.empty()) {
      const auto value = rule.values.find(cell);
      if (value != rule.values.end()) {
        cell = value->second;
      } else if (rule.otherwise.has_value()) {
        cell = *rule.otherwise;
      } else if (!cell.empty()) {
        fault = "a value that the mapping does not list";
        return;
      }
    }
    if (cell.empty()) return;
    std::string date;
    if (!rule.date_format.empty()) {
      date = ReadDate(cell, rule.date_format);
      cell = date;
      if (cell.empty()) {
        fault = absl::StrCat("not a date as ", rule.date_format);
        return;
      }
    }
    if (!rule.part.empty()) {
      if (cell.size() < 10) {
        fault = "not a date";
        return;
      }
      cell = rule.part == "year"    ? cell.substr(0, 4)
             : rule.part == "month" ? cell.substr(5, 2)
                                    : cell.substr(8, 2);
    }
    if (rule.field->type == CdmType::kFloat) {
      ApplyNumber(bound, cell, row, fault);
    } else if (!date.empty()) {
      row.SetCut(bound.field, cell);
    } else {
      row.SetCutView(bound.field, cell);
    }
  }

  // Whether the sink's own check of a number says all there is to say.
  static bool IsPlainNumber(std::string_view cell) {
    return cell.empty() || (cell[0] >= '0' && cell[0] <= '9') || cell[0] == '-';
  }

  void ApplyNumber(const BoundRule& bound, std::string_view cell, CdmRow& row, std::string& fault) {
    const Rule& rule = *bound.rule;
    std::string text;
    if (rule.decimal == ',') {
      text = cell;
      std::ranges::replace(text, ',', '.');
      cell = text;
    }
    double number = 0;
    if (!absl::SimpleAtod(Av(cell), &number) || !std::isfinite(number)) {
      fault = "not a number";
      return;
    }
    if (rule.times_column.empty()) {
      row.Set(bound.field, number);
      return;
    }
    const auto factor = rule.times.find(std::string(Cell(bound.columns.back())));
    if (factor == rule.times.end()) {
      fault = "a unit that the mapping does not list";
      return;
    }
    row.Set(bound.field, number * factor->second);
  }

  absl::Status Tell(const IdentityRule& rule, const CdmRow& row) {
    std::int64_t person_id = 0;
    const auto key = row.Get("person_id");
    if (options_.identities == nullptr || !key.has_value() ||
        !absl::SimpleAtoi(Av(*key), &person_id))
      return absl::OkStatus();
    const auto of = [&](const std::string& column) {
      return column.empty() ? std::string() : std::string(Cell(column));
    };
    return options_.identities->Put({.person_id = person_id,
                                     .system = "",
                                     .value = of(rule.value),
                                     .family_name = of(rule.family_name),
                                     .given_names = of(rule.given_names),
                                     .birth_date = of(rule.birth_date),
                                     .sex = of(rule.sex),
                                     .address = of(rule.address),
                                     .postcode = of(rule.postcode),
                                     .phone = of(rule.phone),
                                     .email = of(rule.email)});
  }

  friend absl::StatusOr<std::unique_ptr<CdmSource>> essaim::mapping::OpenMappedFiles(
      const std::vector<std::string>& paths, Mapping mapping, const MappingOptions& options);

  Mapping mapping_;
  std::vector<std::string> files_;  // one a table of the mapping
  std::uint64_t bytes_, bytes_before_ = 0;
  MappingOptions options_;
  std::array<bool, 16> missing_lengths_ =
      {};  // of the words for a missing cell; the last: and more
  std::map<std::string, std::size_t> columns_;
  std::span<const std::string_view> cells_;
  std::map<std::string, std::uint64_t> without_concept_;
};

}  // namespace

std::string ReadDate(std::string_view text, std::string_view format) {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  bool has_time = false;
  std::size_t at = 0;
  const auto digits = [&](std::size_t least, std::size_t most, int& value) {
    value = 0;
    std::size_t n = 0;
    for (; n < most && at < text.size() && text[at] >= '0' && text[at] <= '9'; ++n, ++at)
      value = 10 * value + (text[at] - '0');
    return n >= least;
  };
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      if (at >= text.size() || text[at++] != format[i]) return "";
      continue;
    }
    bool good = false;
    switch (format[++i]) {
      case 'Y':
        good = digits(4, 4, year);
        break;
      case 'y':
        good = digits(2, 2, year);
        year += year < 30 ? 2000 : 1900;
        break;
      case 'm':
        good = digits(1, 2, month);
        break;
      case 'd':
        good = digits(1, 2, day);
        break;
      case 'H':
        good = digits(1, 2, hour);
        has_time = true;
        break;
      case 'M':
        good = digits(2, 2, minute);
        break;
      case 'S':
        good = digits(2, 2, second);
        break;
      default:
        break;
    }
    if (!good) return "";
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (at != text.size() || !date.ok() || year < 1 || hour > 23 || minute > 59 || second > 59)
    return "";
  const std::string iso = absl::StrFormat("%04d-%02d-%02d", year, month, day);
  return has_time ? absl::StrFormat("%s %02d:%02d:%02d", iso, hour, minute, second) : iso;
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenMappedFiles(const std::vector<std::string>& paths,
                                                           Mapping mapping,
                                                           const MappingOptions& options) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::uint64_t bytes = 0;
  for (const TableMapping& table : mapping.tables) {
    std::string found;
    for (const std::string& path : paths) {
      const fs::path name(path);
      if (Lower(name.filename().string()) == Lower(table.from) ||
          Lower(name.stem().string()) == Lower(table.from))
        found = path;
    }
    if (found.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the mapping's line ", table.line, ": no file '", table.from, "' among those given"));
    }
    ESSAIM_ASSIGN_OR_RETURN(const auto source, OpenRowSource(found, options.log));
    const std::vector<std::string>& header = source->header();
    for (const std::string& column : MappedFiles::UsedColumns(table)) {
      if (std::ranges::find(header, column) != header.end()) continue;
      std::size_t line = table.line;
      for (const Rule& rule : table.rules) {
        if (std::ranges::find(rule.columns, column) != rule.columns.end()) line = rule.line;
      }
      return absl::InvalidArgumentError(
          absl::StrCat("the mapping's line ", line, ": ", found, " has no column '", column, "'",
                       column == "?" ? ": the proposal did not find it, write its name" : ""));
    }
    bytes += source->bytes_total();
    files.push_back(found);
  }
  return std::make_unique<MappedFiles>(std::move(mapping), std::move(files), bytes, options);
}

}  // namespace essaim::mapping
