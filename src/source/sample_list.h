// Whose the samples of a VCF file, or the records of signals, are: a list of the site.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "source/id_maker.h"
#include "warehouse/sql_engine.h"

namespace essaim {

struct SampleOwner {
  std::string person, system, date;  // date: YYYY-MM-DD, or empty
};

using SampleList = std::map<std::string, SampleOwner, std::less<>>;

// CSV with the columns sample and person, and perhaps system and date. kInvalidArgument with the
// line: a sample twice, no person, no such column.
absl::StatusOr<SampleList> ReadSampleList(const std::string& path, Log* log);

// Whether the CDM has a person; the engine outlives what is given.
std::function<absl::StatusOr<bool>(std::int64_t)> PersonsOf(SqlEngine& reading);

// What sources of samples need of their site.
struct SampleOwners {
  const IdMaker* ids = nullptr;  // not owned
  // Whether the CDM has that person.
  std::function<absl::StatusOr<bool>(std::int64_t)> has_person;
  const SampleList* list = nullptr;  // null: the name is the person's identifier
  std::string system;                // of identifiers, where the list names none
};

struct FoundOwner {
  std::int64_t person_id = 0;
  std::string date;   // the list's, or empty
  std::string fault;  // why there is none; empty if there is one
};

// `name` is the sample's in the list, `person` its identifier where there is no list.
absl::StatusOr<FoundOwner> FindOwner(const SampleOwners& owners, const std::string& name,
                                     const std::string& person);

}  // namespace essaim
