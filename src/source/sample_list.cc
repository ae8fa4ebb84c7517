#include "source/sample_list.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "warehouse/row_source.h"

namespace essaim {
namespace {

constexpr std::size_t kRowsMax = 10'000'000;

}  // namespace

absl::StatusOr<SampleList> ReadSampleList(const std::string& path, Log* log) {
  ESSAIM_ASSIGN_OR_RETURN(const auto source, OpenRowSource(path, log));
  const auto column = [&](const char* name) {
    const auto at = std::ranges::find_if(source->header(), [&](const std::string& title) {
      return absl::AsciiStrToLower(title) == name;
    });
    return at == source->header().end() ? source->header().size()
                                        : static_cast<std::size_t>(at - source->header().begin());
  };
  const std::size_t sample = column("sample"), person = column("person"),
                    none = source->header().size();
  const std::size_t system = column("system"), date = column("date");
  if (sample == none || person == none)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": line 1: the columns sample and person were expected"));
  SampleList list;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, source->Next());
    if (event == CsvScanner::Event::kEnd) return list;
    const auto wrong = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": line ", source->line(), ": ", what));
    };
    if (event == CsvScanner::Event::kBad) return wrong(std::string(source->reason()));
    const auto cells = source->cells();
    const auto cell = [&](std::size_t at) {
      return at == none ? std::string() : std::string(cells[at]);
    };
    if (cell(sample).empty() || cell(person).empty())
      return wrong("a sample and a person were expected");
    if (list.size() >= kRowsMax) return wrong("more samples than can be");
    const bool is_new = list.emplace(cell(sample), SampleOwner{.person = cell(person),
                                                               .system = cell(system),
                                                               .date = cell(date)})
                            .second;
    if (!is_new) return wrong("a sample that stood before");
  }
}

std::function<absl::StatusOr<bool>(std::int64_t)> PersonsOf(SqlEngine& reading) {
  return [&reading](std::int64_t id) -> absl::StatusOr<bool> {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reading.Query(absl::StrCat("SELECT COUNT(*) FROM person WHERE person_id = ", id)));
    return std::get<std::int64_t>(rows.rows.at(0).at(0)) > 0;
  };
}

absl::StatusOr<FoundOwner> FindOwner(const SampleOwners& owners, const std::string& name,
                                     const std::string& person) {
  SampleOwner owner{.person = person, .system = "", .date = ""};
  if (owners.list != nullptr) {
    const auto at = owners.list->find(name);
    if (at == owners.list->end())
      return FoundOwner{.fault = "not in the list of samples (--samples)"};
    owner = at->second;
  }
  if (owner.system.empty()) owner.system = owners.system;
  FoundOwner found{.person_id = owners.ids->IdOf("person", owner.system, owner.person),
                   .date = owner.date,
                   .fault = ""};
  ESSAIM_ASSIGN_OR_RETURN(const bool known, owners.has_person(found.person_id));
  if (!known)
    found.fault =
        "no person of that identifier in the warehouse: load the persons first, and give their "
        "identifiers' --system";
  return found;
}

}  // namespace essaim
