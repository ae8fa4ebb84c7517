#include "genomics/normalise.h"

#include <algorithm>

#include "base/status_macros.h"

namespace essaim::genomics {
namespace {

// What is left of a change when all that both alleles share is taken off; one may be empty.
struct Core {
  std::int64_t position;
  std::string_view from, to;
};

Core CoreOf(const Spelling& s) {
  Core core{.position = s.position, .from = s.reference, .to = s.alternate};
  while (!core.from.empty() && !core.to.empty() && core.from.front() == core.to.front()) {
    core.from.remove_prefix(1);
    core.to.remove_prefix(1);
    ++core.position;
  }
  while (!core.from.empty() && !core.to.empty() && core.from.back() == core.to.back()) {
    core.from.remove_suffix(1);
    core.to.remove_suffix(1);
  }
  return core;
}

bool IsBase(char c) { return c == 'A' || c == 'C' || c == 'G' || c == 'T'; }

// Bases that are put in before, or taken out at, `position`. Moved by one base they are the same
// bases, the last first or the first last: `begin` is where they begin.
struct Moving {
  std::int64_t position;
  std::string_view bases;
  std::size_t begin = 0;
  bool taken_out;

  std::string Bases() const {
    return std::string(bases.substr(begin)) + std::string(bases.substr(0, begin));
  }
};

absl::Status MoveLeft(Moving& m, const BaseAt& base) {
  const std::size_t n = m.bases.size();
  for (std::int64_t step = 0; step < kShiftMax; ++step) {
    ESSAIM_ASSIGN_OR_RETURN(const char before, base(m.position - 1));
    const std::size_t last = (m.begin + n - 1) % n;
    if (!IsBase(before) || before != m.bases[last]) break;
    m.begin = last;
    --m.position;
  }
  return absl::OkStatus();
}

absl::Status MoveRight(Moving& m, const BaseAt& base) {
  const std::size_t n = m.bases.size();
  const auto width = m.taken_out ? static_cast<std::int64_t>(n) : 0;
  for (std::int64_t step = 0; step < kShiftMax; ++step) {
    ESSAIM_ASSIGN_OR_RETURN(const char next, base(m.position + width));
    if (!IsBase(next) || next != m.bases[m.begin]) break;
    m.begin = (m.begin + 1) % n;
    ++m.position;
  }
  return absl::OkStatus();
}

// With the base before it, or at the sequence's beginning the one after it.
absl::StatusOr<Spelling> Anchored(const Moving& m, const BaseAt& base) {
  const std::string bases = m.Bases();
  ESSAIM_ASSIGN_OR_RETURN(const char before, base(m.position - 1));
  if (before != '\0') {
    const std::string anchor(1, before);
    return Spelling{.position = m.position - 1,
                    .reference = m.taken_out ? anchor + bases : anchor,
                    .alternate = m.taken_out ? anchor : anchor + bases};
  }
  ESSAIM_ASSIGN_OR_RETURN(
      const char next,
      base(m.position + (m.taken_out ? static_cast<std::int64_t>(bases.size()) : 0)));
  const std::string anchor = next == '\0' ? "" : std::string(1, next);
  return Spelling{.position = m.position,
                  .reference = m.taken_out ? bases + anchor : anchor,
                  .alternate = m.taken_out ? anchor : bases + anchor};
}

absl::StatusOr<bool> IsThere(const Spelling& s, const BaseAt& base) {
  for (std::size_t i = 0; i < s.reference.size(); ++i) {
    ESSAIM_ASSIGN_OR_RETURN(const char c, base(s.position + static_cast<std::int64_t>(i)));
    if (c != s.reference[i]) return false;
  }
  return true;
}

Moving MovingOf(const Core& core) {
  return {.position = core.position,
          .bases = core.from.empty() ? core.to : core.from,
          .taken_out = core.to.empty()};
}

}  // namespace

absl::StatusOr<std::optional<Spelling>> LeftAligned(const Spelling& spelling, const BaseAt& base) {
  if (spelling.reference == spelling.alternate) return std::optional<Spelling>();
  ESSAIM_ASSIGN_OR_RETURN(const bool there, IsThere(spelling, base));
  if (!there) return std::optional<Spelling>();
  const Core core = CoreOf(spelling);
  if (core.from.empty() || core.to.empty()) {
    Moving moving = MovingOf(core);
    ESSAIM_RETURN_IF_ERROR(MoveLeft(moving, base));
    ESSAIM_ASSIGN_OR_RETURN(Spelling anchored, Anchored(moving, base));
    return std::optional<Spelling>(std::move(anchored));
  }
  // The end first, then the beginning, and a base is left of each.
  Spelling s = spelling;
  while (s.reference.size() > 1 && s.alternate.size() > 1 &&
         s.reference.back() == s.alternate.back()) {
    s.reference.pop_back();
    s.alternate.pop_back();
  }
  std::size_t n = 0;
  while (n + 1 < std::min(s.reference.size(), s.alternate.size()) &&
         s.reference[n] == s.alternate[n])
    ++n;
  s.position += static_cast<std::int64_t>(n);
  s.reference.erase(0, n);
  s.alternate.erase(0, n);
  return std::optional<Spelling>(std::move(s));
}

absl::StatusOr<std::optional<Spelling>> RightShifted(const Spelling& spelling, const BaseAt& base) {
  if (spelling.reference == spelling.alternate) return std::optional<Spelling>();
  ESSAIM_ASSIGN_OR_RETURN(const bool there, IsThere(spelling, base));
  if (!there) return std::optional<Spelling>();
  const Core core = CoreOf(spelling);
  if (!core.from.empty() && !core.to.empty()) return std::optional<Spelling>(spelling);
  Moving moving = MovingOf(core);
  ESSAIM_RETURN_IF_ERROR(MoveRight(moving, base));
  if (moving.taken_out || moving.position == 1) {
    ESSAIM_ASSIGN_OR_RETURN(Spelling anchored, Anchored(moving, base));
    return std::optional<Spelling>(std::move(anchored));
  }
  const auto n = std::min(static_cast<std::int64_t>(moving.bases.size()), moving.position - 1);
  std::string before;
  for (std::int64_t at = moving.position - n; at < moving.position; ++at) {
    ESSAIM_ASSIGN_OR_RETURN(const char c, base(at));
    before += c;
  }
  return std::optional<Spelling>(Spelling{
      .position = moving.position - n, .reference = before, .alternate = before + moving.Bases()});
}

}  // namespace essaim::genomics
