#include "linkage/shared_count.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "linkage/encoding_file.h"

namespace essaim::linkage {
namespace {

constexpr std::string_view kQuestionMark = "essaim count 1 ask", kAnswerMark = "essaim count 1 say";

absl::Status Damaged() { return absl::InvalidArgumentError("not a file of a count, or damaged"); }

void WriteList(ByteWriter& w, std::vector<std::string> elements) {
  std::ranges::sort(elements);
  w.U32(static_cast<std::uint32_t>(elements.size()));
  for (const std::string& element : elements) {
    for (const char byte : element) w.U8(static_cast<std::uint8_t>(byte));
  }
}

// Rising, each once: a repeated element would be counted twice.
absl::StatusOr<std::vector<std::string>> ReadList(ByteReader& reader, std::size_t n_bytes) {
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t n, reader.U32());
  if (n > kCountedMax || n > n_bytes / crypto::kElementBytes) return Damaged();
  std::vector<std::string> elements;
  elements.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string element;
    for (std::size_t word = 0; word < crypto::kElementBytes / 8; ++word) {
      ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t value, reader.U64());
      for (int byte = 0; byte < 8; ++byte) element += static_cast<char>(value >> (8 * byte) & 0xFF);
    }
    if (!elements.empty() && element <= elements.back()) return Damaged();
    elements.push_back(std::move(element));
  }
  return elements;
}

absl::Status ReadHead(ByteReader& reader, std::string_view mark, std::string& project,
                      std::string& site) {
  ESSAIM_ASSIGN_OR_RETURN(const std::string read, reader.Bytes(mark.size()));
  ESSAIM_ASSIGN_OR_RETURN(project, reader.Bytes(64));
  ESSAIM_ASSIGN_OR_RETURN(site, reader.Bytes(64));
  return read == mark && IsLinkName(project) && IsLinkName(site) ? absl::OkStatus() : Damaged();
}

std::string Head(std::string_view mark, const std::string& project, const std::string& site) {
  ByteWriter w;
  w.Bytes(mark);
  w.Bytes(project);
  w.Bytes(site);
  return w.Take();
}

absl::StatusOr<std::vector<std::string>> BlindKeys(const std::string& project,
                                                   const std::vector<std::string>& keys,
                                                   const crypto::BlindingKey& key) {
  if (keys.size() > kCountedMax)
    return absl::ResourceExhaustedError(absl::StrCat("more than ", kCountedMax, " persons"));
  std::vector<std::string> blinded;
  blinded.reserve(keys.size());
  for (const std::string& text : keys) blinded.push_back(key.BlindText(project + "/" + text));
  return blinded;
}

absl::StatusOr<std::vector<std::string>> BlindAll(const std::vector<std::string>& elements,
                                                  const crypto::BlindingKey& key) {
  std::vector<std::string> blinded;
  blinded.reserve(elements.size());
  for (const std::string& element : elements) {
    ESSAIM_ASSIGN_OR_RETURN(blinded.emplace_back(), key.Blind(element));
  }
  return blinded;
}

// Whatever went wrong, the file is what is wrong.
template <typename T>
absl::StatusOr<T> AsDamage(absl::StatusOr<T> read) {
  return read.ok() ? std::move(read) : absl::StatusOr<T>(Damaged());
}

absl::StatusOr<CountQuestion> Question(ByteReader reader, std::size_t n_bytes) {
  CountQuestion question;
  ESSAIM_RETURN_IF_ERROR(ReadHead(reader, kQuestionMark, question.project, question.site));
  ESSAIM_ASSIGN_OR_RETURN(question.elements, ReadList(reader, n_bytes));
  ESSAIM_RETURN_IF_ERROR(reader.End());
  return question;
}

absl::StatusOr<CountAnswer> Answer(ByteReader reader, std::size_t n_bytes) {
  CountAnswer answer;
  ESSAIM_RETURN_IF_ERROR(ReadHead(reader, kAnswerMark, answer.project, answer.site));
  ESSAIM_ASSIGN_OR_RETURN(answer.asked, ReadList(reader, n_bytes));
  ESSAIM_ASSIGN_OR_RETURN(answer.own, ReadList(reader, n_bytes));
  ESSAIM_RETURN_IF_ERROR(reader.End());
  return answer;
}

}  // namespace

std::vector<std::string> CountedKeys(const std::vector<PersonFields>& people) {
  std::set<std::string> keys;
  for (const PersonFields& p : people) {
    if (!p.national_id.empty()) {
      keys.insert("id/" + p.national_id);
    } else if (!p.family.empty() && !p.given.empty() && !p.birth.empty() && !p.sex.empty()) {
      keys.insert(absl::StrCat("who/", p.family, "/", p.given, "/", p.birth, "/", p.sex));
    }
  }
  return {keys.begin(), keys.end()};
}

absl::StatusOr<std::string> AskCount(const std::string& project, const std::string& site,
                                     const std::vector<std::string>& keys,
                                     const crypto::BlindingKey& key) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> blinded, BlindKeys(project, keys, key));
  ByteWriter w;
  WriteList(w, std::move(blinded));
  return Head(kQuestionMark, project, site) + w.bytes();
}

absl::StatusOr<CountQuestion> ReadCountQuestion(std::string_view bytes) {
  return AsDamage(Question(ByteReader(bytes), bytes.size()));
}

absl::StatusOr<std::string> AnswerCount(const CountQuestion& question, const std::string& site,
                                        const std::vector<std::string>& keys,
                                        const crypto::BlindingKey& key) {
  if (site == question.site)
    return absl::InvalidArgumentError("this site's own question: another site answers it");
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> asked, BlindAll(question.elements, key));
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> own, BlindKeys(question.project, keys, key));
  ByteWriter w;
  WriteList(w, std::move(asked));
  WriteList(w, std::move(own));
  return Head(kAnswerMark, question.project, site) + w.bytes();
}

absl::StatusOr<CountAnswer> ReadCountAnswer(std::string_view bytes) {
  return AsDamage(Answer(ByteReader(bytes), bytes.size()));
}

absl::StatusOr<std::size_t> FinishCount(const CountAnswer& answer, const crypto::BlindingKey& key) {
  ESSAIM_ASSIGN_OR_RETURN(std::vector<std::string> own, BlindAll(answer.own, key));
  std::ranges::sort(own);
  std::vector<std::string> both;
  std::ranges::set_intersection(own, answer.asked, std::back_inserter(both));
  return both.size();
}

}  // namespace essaim::linkage
