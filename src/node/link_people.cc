#include "node/link_people.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/bytes.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "crypto/hash.h"
#include "linkage/clusters.h"
#include "warehouse/row_source.h"

namespace essaim::node {
namespace {

using linkage::IdAgreement;
using linkage::PersonFields;
using linkage::ScoredPair;

constexpr std::size_t kSecretBytesMin = 16;
constexpr double kReviewProbability = 0.2;

absl::StatusOr<std::set<std::int64_t>> PersonsOfCdm(SqlEngine& cdm) {
  constexpr std::size_t kAtOnce = 500'000;
  std::set<std::int64_t> persons;
  std::string after;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        cdm.Query(absl::StrCat("SELECT DISTINCT person_id FROM person WHERE person_id IS NOT NULL",
                               after, " ORDER BY person_id LIMIT ", kAtOnce)));
    for (const auto& row : rows.rows) persons.insert(std::get<std::int64_t>(row[0]));
    if (rows.rows.size() < kAtOnce) return persons;
    after = absl::StrCat(" AND person_id > ", *persons.rbegin());
  }
}

// The last word on each; chains were shortened when they were stored.
absl::StatusOr<std::map<std::int64_t, std::int64_t>> MergedPersons(SqlEngine& cdm) {
  ESSAIM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      cdm.Query("SELECT from_id, into_id FROM essaim_merged ORDER BY number, from_id, into_id"));
  std::map<std::int64_t, std::int64_t> into;
  for (const auto& row : rows.rows)
    into[std::get<std::int64_t>(row[0])] = std::get<std::int64_t>(row[1]);
  return into;
}

std::int64_t Resolve(const std::map<std::int64_t, std::int64_t>& into, std::int64_t person) {
  for (std::size_t step = 0; step < into.size() && into.contains(person); ++step)
    person = into.at(person);
  return person;
}

// The fuller of two texts stays.
void Fill(std::string& text, const std::string& other) {
  if (text.empty()) text = other;
}

void Add(LinkablePerson& person, const Identity& identity, const SecretBytes* id_secret) {
  PersonFields fields = linkage::Normalise({.family_name = identity.family_name,
                                            .given_names = identity.given_names,
                                            .birth_date = identity.birth_date,
                                            .sex = identity.sex,
                                            .postcode = identity.postcode,
                                            .identifiers = {{identity.system, identity.value}}});
  if (id_secret != nullptr && !fields.national_id.empty() &&
      !linkage::IsHashedId(fields.national_id))
    fields.national_id = linkage::HashedId(*id_secret, fields.national_id);
  PersonFields& f = person.fields;
  // A name's words come with the name.
  if (f.family.empty()) f.family_parts = fields.family_parts;
  if (f.given.empty()) {
    f.given_parts = fields.given_parts;
    f.given_all = fields.given_all;
  }
  for (auto member : {&PersonFields::family, &PersonFields::given, &PersonFields::birth,
                      &PersonFields::sex, &PersonFields::postcode, &PersonFields::national_id})
    Fill(f.*member, fields.*member);
  for (auto member : {&Identity::family_name, &Identity::given_names, &Identity::birth_date,
                      &Identity::system, &Identity::value})
    Fill(person.shown.*member, identity.*member);
  ++person.n_identifiers;
}

std::string Cell(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// More is known of whom one keeps; else the smaller number, so that the answer is one.
bool IsKept(const LinkablePerson& a, const LinkablePerson& b) {
  const auto n_known = [](const LinkablePerson& p) {
    return !p.fields.family.empty() + !p.fields.given.empty() + !p.fields.birth.empty() +
           !p.fields.sex.empty() + !p.fields.postcode.empty() + p.n_identifiers;
  };
  return n_known(a) != n_known(b) ? n_known(a) > n_known(b) : a.person_id < b.person_id;
}

class Decisions : public CdmSource {
 public:
  Decisions(std::string path, std::string sha256, std::uint64_t n_read,
            std::vector<std::pair<std::int64_t, std::int64_t>> merges)
      : path_(std::move(path)),
        sha256_(std::move(sha256)),
        n_read_(n_read),
        merges_(std::move(merges)) {}

  std::string_view kind() const override { return "link"; }

  std::uint64_t bytes_total() const override { return 0; }

  absl::Status Read(CdmSink& sink) override {
    for (const auto& [from, into] : merges_) ESSAIM_RETURN_IF_ERROR(sink.MergePersons(from, into));
    sink.EndFile(path_, sha256_, n_read_);
    sink.Notice(
        absl::StrCat(merges_.size(), " persons were found to be others and are so from now on"));
    return absl::OkStatus();
  }

 private:
  const std::string path_, sha256_;
  const std::uint64_t n_read_;
  const std::vector<std::pair<std::int64_t, std::int64_t>> merges_;
};

struct Decision {
  bool merge = false;
  std::int64_t keep = 0, other = 0;
};

absl::StatusOr<Decision> ReadDecision(const RowSource& rows,
                                      const std::set<std::int64_t>& persons) {
  Decision decision;
  int n_found = 0;
  for (std::size_t c = 0; c < rows.header().size(); ++c) {
    const std::string cell(rows.cells()[c]);
    if (rows.header()[c] == "decision") {
      ++n_found;
      decision.merge = cell == "merge";
      if (!decision.merge && cell != "" && cell != "apart")
        return absl::InvalidArgumentError("decision: expected merge, apart, or nothing");
    } else if (rows.header()[c] == "keep" || rows.header()[c] == "other") {
      ++n_found;
      if (!absl::SimpleAtoi(cell, rows.header()[c] == "keep" ? &decision.keep : &decision.other))
        return absl::InvalidArgumentError(absl::StrCat(rows.header()[c], ": expected a person_id"));
    }
  }
  if (n_found != 3)
    return absl::InvalidArgumentError("expected the columns decision, keep and other");
  if (decision.merge && (!persons.contains(decision.keep) || !persons.contains(decision.other)))
    return absl::InvalidArgumentError(
        "a person who is not in the warehouse (merged since?): make the list again");
  if (decision.merge && decision.keep == decision.other)
    return absl::InvalidArgumentError("one person twice");
  return decision;
}

// Whoever hangs together is one: the one that no line gives up, else the smallest number.
std::vector<std::pair<std::int64_t, std::int64_t>> MergesOf(const std::vector<Decision>& decided) {
  std::map<std::int64_t, std::uint32_t> index;
  std::vector<std::int64_t> ids;
  std::set<std::int64_t> given_up;
  std::vector<linkage::Tie> ties;
  const auto at = [&](std::int64_t id) {
    const auto [found, added] = index.emplace(id, static_cast<std::uint32_t>(ids.size()));
    if (added) ids.push_back(id);
    return found->second;
  };
  for (const Decision& d : decided) {
    given_up.insert(d.other);
    ties.push_back({.a = at(d.keep), .b = at(d.other)});
  }
  const std::vector<std::uint32_t> group =
      linkage::Clusters(ids.size(), ties, [](const auto&, const auto&) { return true; });
  std::map<std::uint32_t, std::int64_t> kept;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    const auto [found, added] = kept.emplace(group[i], ids[i]);
    if (added) continue;
    const std::pair<bool, std::int64_t> now(given_up.contains(found->second), found->second),
        candidate(given_up.contains(ids[i]), ids[i]);
    if (candidate < now) found->second = ids[i];
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> merges;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    if (kept.at(group[i]) != ids[i]) merges.emplace_back(ids[i], kept.at(group[i]));
  }
  std::ranges::sort(merges);
  return merges;
}

}  // namespace

absl::StatusOr<SecretBytes> ReadLinkSecret(const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(std::string text, ReadFile(path, 4096));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.size() < kSecretBytesMin)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected a secret of at least ", kSecretBytesMin,
                     " bytes that nobody can guess: openssl rand -hex 32 > ", path));
  return SecretBytes::CopyOf(text);
}

absl::StatusOr<std::vector<LinkablePerson>> LinkablePersons(SqlEngine& cdm, IdentityStore& store,
                                                            const SecretBytes* id_secret) {
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::int64_t> persons, PersonsOfCdm(cdm));
  ESSAIM_ASSIGN_OR_RETURN(const auto merged, MergedPersons(cdm));
  std::map<std::int64_t, LinkablePerson> found;
  ESSAIM_RETURN_IF_ERROR(store.ForEach([&](const Identity& identity) {
    const std::int64_t id = Resolve(merged, identity.person_id);
    if (!persons.contains(id)) return absl::OkStatus();  // of a load that was taken back
    LinkablePerson& person = found[id];
    person.person_id = id;
    Add(person, identity, id_secret);
    return absl::OkStatus();
  }));
  std::vector<LinkablePerson> people;
  for (auto& [id, person] : found) people.push_back(std::move(person));
  return people;
}

absl::StatusOr<DuplicateReport> FindDuplicates(const std::vector<LinkablePerson>& people) {
  std::vector<PersonFields> fields;
  for (const LinkablePerson& person : people) fields.push_back(person.fields);
  ESSAIM_ASSIGN_OR_RETURN(
      const linkage::LinkResult result,
      linkage::Link(linkage::TaskWithin(fields), {.probability_least = kReviewProbability}));
  const auto is_sure = [](const ScoredPair& p) {
    return (p.probability >= linkage::kLinkProbability || p.id == IdAgreement::kEqual) &&
           !linkage::NeedsPerson(p);
  };
  std::vector<linkage::Tie> ties;
  for (const ScoredPair& p : result.pairs) {
    if (is_sure(p)) ties.push_back({.a = p.pair.a, .b = p.pair.b, .weight = p.weight});
  }
  // Sure pairs may hang together and yet have two identifiers between them: then a person looks.
  const std::vector<std::uint32_t> group =
      linkage::Clusters(people.size(), ties, [&](const auto& one, const auto& other) {
        for (const std::uint32_t i : one) {
          for (const std::uint32_t j : other) {
            const std::string &a = fields[i].national_id, &b = fields[j].national_id;
            if (!a.empty() && a.size() == b.size() && a != b) return false;
          }
        }
        return true;
      });
  DuplicateReport report{
      .n_compared = result.n_compared, .n_all = result.n_all, .n_matches = result.n_matches};
  for (const ScoredPair& p : result.pairs) {
    const LinkablePerson &a = people[p.pair.a], &b = people[p.pair.b];
    const bool a_stays = IsKept(a, b);
    report.duplicates.push_back({.keep = a_stays ? &a : &b,
                                 .other = a_stays ? &b : &a,
                                 .score = p,
                                 .merge = is_sure(p) && group[p.pair.a] == group[p.pair.b]});
  }
  return report;
}

std::string ReviewCsv(const DuplicateReport& report, bool show) {
  std::string csv = "decision,keep,other,probability,weight,identifier,keys";
  for (const std::string_view field : linkage::kFieldNames) absl::StrAppend(&csv, ",", Av(field));
  if (show) csv += ",keep_name,keep_birth,keep_identifier,other_name,other_birth,other_identifier";
  csv += "\n";
  for (const Duplicate& d : report.duplicates) {
    const char* id = d.score.id == IdAgreement::kEqual       ? "equal"
                     : d.score.id == IdAgreement::kDifferent ? "different"
                                                             : "-";
    absl::StrAppendFormat(&csv, "%s,%d,%d,%.6f,%.2f,%s,%s", d.merge ? "merge" : "",
                          d.keep->person_id, d.other->person_id, d.score.probability,
                          d.score.weight, id, Cell(linkage::PassNames(d.score.passes)));
    for (const std::int8_t level : d.score.comparison.levels)
      absl::StrAppend(&csv, ",", Av(linkage::LevelName(level)));
    if (show) {
      for (const LinkablePerson* p : {d.keep, d.other}) {
        const Identity& i = p->shown;
        absl::StrAppend(&csv, ",", Cell(absl::StrCat(i.family_name, ", ", i.given_names)), ",",
                        Cell(i.birth_date), ",", Cell(absl::StrCat(i.system, " ", i.value)));
      }
    }
    csv += "\n";
  }
  return csv;
}

absl::StatusOr<std::unique_ptr<CdmSource>> OpenDecisions(SqlEngine& cdm, const std::string& path) {
  ESSAIM_ASSIGN_OR_RETURN(const std::set<std::int64_t> persons, PersonsOfCdm(cdm));
  ESSAIM_ASSIGN_OR_RETURN(const auto rows, OpenRowSource(path, nullptr));
  std::vector<Decision> decided;
  std::uint64_t n_read = 0;
  while (true) {
    ESSAIM_ASSIGN_OR_RETURN(const CsvScanner::Event event, rows->Next());
    if (event == CsvScanner::Event::kEnd) break;
    ++n_read;
    const auto wrong = [&](std::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", rows->line(), ": ", Av(what)));
    };
    if (event == CsvScanner::Event::kBad) return wrong(rows->reason());
    const absl::StatusOr<Decision> decision = ReadDecision(*rows, persons);
    if (!decision.ok()) return wrong(std::string(decision.status().message()));
    if (decision->merge) decided.push_back(*decision);
  }
  if (decided.empty())
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": no line has the decision merge: nothing to do"));
  return std::make_unique<Decisions>(path, rows->Sha256Hex(), n_read, MergesOf(decided));
}

}  // namespace essaim::node
