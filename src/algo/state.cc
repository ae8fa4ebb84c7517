#include "algo/state.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace essaim {
namespace {

// "EST" and the version of the encoding.
constexpr std::uint32_t kMagic = 0x01545345;

// Encode writes one quiet NaN and no negative zero, so that equal states have equal bytes.
bool IsCanonical(double x) {
  if (x == 0) return !std::signbit(x);
  return x == x || std::bit_cast<std::uint64_t>(x) ==
                       std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

const std::vector<double>& State::Get(std::string_view name) const {
  static const std::vector<double> kEmpty;
  const auto it = vectors.find(name);
  return it == vectors.end() ? kEmpty : it->second;
}

double State::Scalar(std::string_view name) const {
  const std::vector<double>& v = Get(name);
  return v.size() == 1 ? v[0] : std::numeric_limits<double>::quiet_NaN();
}

std::string State::Encode() const {
  ByteWriter writer;
  writer.U32(kMagic);
  writer.U32(static_cast<std::uint32_t>(round));
  writer.U8(done ? 1 : 0);
  writer.U64(vectors.size());
  for (const auto& [name, values] : vectors) {
    writer.Bytes(name);
    writer.U64(values.size());
    for (const double x : values) writer.F64(x == 0 ? 0.0 : x);
  }
  return writer.Take();
}

absl::StatusOr<State> State::Decode(std::string_view bytes) {
  if (bytes.size() > limits::kStateBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat("a state of ", bytes.size(), " bytes, at most ",
                                                   limits::kStateBytesMax, " allowed"));
  }
  ByteReader reader(bytes);
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t magic, reader.U32());
  if (magic != kMagic) return absl::InvalidArgumentError("not a state of this version");
  ESSAIM_ASSIGN_OR_RETURN(const std::uint32_t round, reader.U32());
  if (round > static_cast<std::uint32_t>(limits::kRoundsMax)) {
    return absl::InvalidArgumentError("a state above the largest round");
  }
  ESSAIM_ASSIGN_OR_RETURN(const std::uint8_t done, reader.U8());
  if (done > 1) return absl::InvalidArgumentError("a state neither done nor not done");
  State state;
  state.round = static_cast<int>(round);
  state.done = done == 1;
  ESSAIM_ASSIGN_OR_RETURN(const std::uint64_t n_vectors, reader.U64());
  // Every vector takes 16 bytes at least, so a lying count ends with kDataLoss before it costs.
  for (std::uint64_t i = 0; i < n_vectors; ++i) {
    ESSAIM_ASSIGN_OR_RETURN(std::string name, reader.Bytes(limits::kNameBytesMax));
    if (!state.vectors.empty() && name <= state.vectors.rbegin()->first) {
      return absl::InvalidArgumentError("the vectors of a state are not in order");
    }
    ESSAIM_ASSIGN_OR_RETURN(std::vector<double> values,
                            reader.F64s(limits::kStateBytesMax / sizeof(double)));
    for (const double x : values) {
      if (!IsCanonical(x)) return absl::InvalidArgumentError("a number in no canonical form");
    }
    state.vectors.emplace_hint(state.vectors.end(), std::move(name), std::move(values));
  }
  ESSAIM_RETURN_IF_ERROR(reader.End());
  return state;
}

}  // namespace essaim
