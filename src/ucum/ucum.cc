#include "ucum/ucum.h"

#include <cctype>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "ucum/atoms.h"

namespace essaim::ucum {
namespace {

constexpr int kDepthMax = 32;
constexpr int kPowerMax = 99;  // of one dimension

// What Cel and its kin are in kelvin: value * factor + offset.
struct Special {
  std::string_view code;
  double factor, offset;
};

constexpr Special kSpecials[] = {
    {"Cel", 1, 273.15}, {"[degF]", 5.0 / 9, 459.67 * 5 / 9}, {"[degRe]", 1.25, 273.15}};
constexpr std::string_view kCurved[] = {"[pH]",  "B",    "Np",           "B[SPL]",
                                        "B[V]",  "B[W]", "[p'diop]",     "%[slope]",
                                        "bit_s", "dB",   "[m/s2/Hz^0.5]"};

absl::Status Multiply(Unit& unit, const Unit& by, int power) {
  unit.factor *= std::pow(by.factor, power);
  if (!std::isfinite(unit.factor) || unit.factor == 0)
    return absl::InvalidArgumentError("the unit is too large or too small");
  for (std::size_t d = 0; d < kDimensions; ++d) {
    unit.powers[d] += by.powers[d] * power;
    if (std::abs(unit.powers[d]) > kPowerMax)
      return absl::InvalidArgumentError("a power is too large");
  }
  if (by.arbitrary_power == 0) return absl::OkStatus();
  if (unit.arbitrary_power != 0 && unit.arbitrary != by.arbitrary)
    return absl::UnimplementedError("two different arbitrary units in one");
  unit.arbitrary = by.arbitrary;
  unit.arbitrary_power += by.arbitrary_power * power;
  if (std::abs(unit.arbitrary_power) > kPowerMax)
    return absl::InvalidArgumentError("a power is too large");
  if (unit.arbitrary_power == 0) unit.arbitrary.clear();
  return absl::OkStatus();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(std::string_view text, int depth) : text_(text), depth_(depth) {}

  absl::StatusOr<Unit> Whole() {
    ESSAIM_ASSIGN_OR_RETURN(Unit unit, Term());
    if (at_ != text_.size()) return Wrong("unexpected");
    return unit;
  }

 private:
  absl::Status Wrong(std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(Av(what), " at character ", at_ + 1));
  }

  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // "a.b/c": each / divides by what comes right after it.
  absl::StatusOr<Unit> Term() {
    if (++depth_ > kDepthMax) return Wrong("nested too deep");
    Unit unit;
    bool divide = Take('/');
    while (true) {
      ESSAIM_ASSIGN_OR_RETURN(const Unit part, Component());
      if (part.offset != 0) {
        // Nothing but the unit itself has a zero of its own.
        if (unit.factor != 1 || divide || at_ != text_.size())
          return absl::UnimplementedError("a temperature with a zero of its own within a product");
        --depth_;
        return part;
      }
      ESSAIM_RETURN_IF_ERROR(Multiply(unit, part, divide ? -1 : 1));
      if (Take('/')) {
        divide = true;
      } else if (Take('.')) {
        divide = false;
      } else {
        --depth_;
        return unit;
      }
    }
  }

  absl::StatusOr<Unit> Component() {
    if (Take('(')) {
      ESSAIM_ASSIGN_OR_RETURN(const Unit unit, Term());
      if (!Take(')')) return Wrong("expected )");
      ESSAIM_RETURN_IF_ERROR(Annotation().status());
      return unit;
    }
    ESSAIM_ASSIGN_OR_RETURN(const bool annotated, Annotation());
    if (annotated) return Unit{};
    const std::string_view rest = text_.substr(at_);
    const bool is_power_of_ten = rest.substr(0, 3) == "10*" || rest.substr(0, 3) == "10^";
    if (!is_power_of_ten && at_ < text_.size() && IsDigit(text_[at_])) {
      Unit number;
      ESSAIM_ASSIGN_OR_RETURN(const int value, Digits());
      if (value == 0) return Wrong("zero");
      number.factor = value;
      ESSAIM_RETURN_IF_ERROR(Annotation().status());
      return number;
    }
    const std::string_view symbol = is_power_of_ten ? rest.substr(0, 3) : Symbol();
    if (symbol.empty()) return Wrong("expected a unit");
    at_ += symbol.size();
    ESSAIM_ASSIGN_OR_RETURN(const Unit atom, AtomOf(symbol));
    ESSAIM_ASSIGN_OR_RETURN(const int power, Power());
    ESSAIM_RETURN_IF_ERROR(Annotation().status());
    if (power == 1) return atom;
    if (atom.offset != 0)
      return absl::UnimplementedError("a power of a temperature with a zero of its own");
    Unit unit;
    ESSAIM_RETURN_IF_ERROR(Multiply(unit, atom, power));
    return unit;
  }

  // {anything}: no meaning.
  absl::StatusOr<bool> Annotation() {
    if (!Take('{')) return false;
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) return Wrong("expected }");
    at_ = end + 1;
    return true;
  }

  absl::StatusOr<int> Digits() {
    int value = 0;
    const std::size_t start = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) {
      if (at_ - start == 9) return Wrong("a number is too long");
      value = value * 10 + (text_[at_++] - '0');
    }
    if (at_ == start) return Wrong("expected digits");
    return value;
  }

  absl::StatusOr<int> Power() {
    const bool negative = Take('-');
    if (!negative && !Take('+') && (at_ == text_.size() || !IsDigit(text_[at_]))) return 1;
    ESSAIM_ASSIGN_OR_RETURN(const int power, Digits());
    if (power > kPowerMax || power == 0) return Wrong("a power out of range");
    return negative ? -power : power;
  }

  std::string_view Symbol() const {
    std::size_t end = at_;
    while (end < text_.size()) {
      const char c = text_[end];
      if (c == '[') {
        const std::size_t close = text_.find(']', end);
        if (close == std::string_view::npos) return {};
        end = close + 1;
      } else if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '%' || c == '\'' ||
                 c == '_') {
        ++end;
      } else {
        break;
      }
    }
    return text_.substr(at_, end - at_);
  }

  absl::StatusOr<Unit> AtomOf(std::string_view symbol) const {
    for (const Special& special : kSpecials) {
      if (special.code != symbol) continue;
      Unit unit{.factor = special.factor, .offset = special.offset, .powers = {}, .arbitrary = {}};
      unit.powers[kTemperature] = 1;
      return unit;
    }
    for (const Atom& atom : Atoms()) {
      if (atom.code == symbol) return UnitOf(atom, 1);
    }
    for (const Prefix& prefix : Prefixes()) {
      if (symbol.substr(0, prefix.code.size()) != prefix.code) continue;
      for (const Atom& atom : Atoms()) {
        if (atom.metric && atom.code == symbol.substr(prefix.code.size()))
          return UnitOf(atom, prefix.value);
      }
    }
    for (const std::string_view code : kCurved) {
      if (code == symbol) return absl::UnimplementedError("a unit on a curved scale");
    }
    return absl::InvalidArgumentError(absl::StrCat("no unit '", Av(symbol), "'"));
  }

  absl::StatusOr<Unit> UnitOf(const Atom& atom, double prefix) const {
    Unit unit;
    unit.factor = atom.value * prefix;
    if (atom.unit.empty()) return unit;
    if (atom.unit == "?") {
      unit.arbitrary = std::string(atom.code);
      unit.arbitrary_power = 1;
      return unit;
    }
    if (atom.unit == "=") {
      constexpr std::string_view kBase[] = {"m", "s", "g", "rad", "K", "C", "cd", "mol"};
      for (std::size_t d = 0; d < kDimensions; ++d) {
        if (kBase[d] == atom.code) unit.powers[d] = 1;
      }
      return unit;
    }
    ESSAIM_ASSIGN_OR_RETURN(const Unit base, Parser(atom.unit, depth_).Whole());
    ESSAIM_RETURN_IF_ERROR(Multiply(unit, base, 1));
    return unit;
  }

  std::string_view text_;
  int depth_;
  std::size_t at_ = 0;
};

}  // namespace

absl::StatusOr<Unit> ParseUnit(std::string_view code) {
  if (code.empty()) return absl::InvalidArgumentError("an empty unit");
  if (code.size() > kCodeBytesMax) return absl::InvalidArgumentError("a unit that is too long");
  absl::StatusOr<Unit> unit = Parser(code, 0).Whole();
  if (unit.ok()) return unit;
  return absl::Status(unit.status().code(),
                      absl::StrCat("unit '", Av(code), "': ", unit.status().message()));
}

absl::StatusOr<Conversion> Convert(const Unit& from, const Unit& to,
                                   std::optional<double> molar_mass) {
  std::array<int, kDimensions> rest = {};
  for (std::size_t d = 0; d < kDimensions; ++d) rest[d] = to.powers[d] - from.powers[d];
  double bridge = 1;
  const int moles = rest[kMass];  // as many masses more as amounts less
  if (moles != 0 && rest[kAmount] == -moles) {
    if (!molar_mass.has_value() || !(*molar_mass > 0))
      return absl::InvalidArgumentError(
          "one unit is of mass, the other of amount of substance: expected a molar mass");
    bridge = std::pow(*molar_mass, moles);
    rest[kMass] = rest[kAmount] = 0;
  }
  for (const int power : rest) {
    if (power != 0) return absl::InvalidArgumentError("the units are of different kinds");
  }
  if (from.arbitrary != to.arbitrary || from.arbitrary_power != to.arbitrary_power)
    return absl::InvalidArgumentError("the units are of different kinds");
  const Conversion conversion{.factor = from.factor / to.factor * bridge,
                              .shift = (from.offset - to.offset) / to.factor};
  if (!std::isfinite(conversion.factor) || conversion.factor == 0 ||
      !std::isfinite(conversion.shift))
    return absl::InvalidArgumentError("the units are too far apart");
  return conversion;
}

}  // namespace essaim::ucum
