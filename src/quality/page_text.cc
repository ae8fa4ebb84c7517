#include "quality/page_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace essaim {
namespace {

constexpr char kThinSpace[] = "\u202f";  // what French puts between thousands and before %

// By CheckKind. $T table, $F field, $1 and $2 arguments, $C concept.
constexpr struct {
  const char *english, *french;
} kDescriptions[] = {
    {"The table $T is missing.", "La table $T est absente."},
    {"Persons without any record in $T.", "Personnes sans aucun enregistrement dans $T."},
    {"Persons with conditions for whom no condition era was built.",
     "Personnes ayant des diagnostics mais aucune période de diagnostic construite."},
    {"Persons whose observation periods overlap or follow without a gap.",
     "Personnes dont les périodes d’observation se chevauchent ou se touchent."},
    {"The field $T.$F is missing.", "Le champ $T.$F est absent."},
    {"Records with an empty $F, which must be filled.",
     "Enregistrements dont $F, obligatoire, est vide."},
    {"Records whose $F is not a whole number.",
     "Enregistrements dont $F n’est pas un nombre entier."},
    {"Records whose $F, the table's key, occurs more than once.",
     "Enregistrements dont $F, la clé de la table, apparaît plusieurs fois."},
    {"Records whose $F points to nothing in $1.",
     "Enregistrements dont $F ne renvoie à rien dans $1."},
    {"Records whose $F is a concept outside the domain $1.",
     "Enregistrements dont $F est un concept hors du domaine $1."},
    {"Records whose $F is a concept outside the class $1.",
     "Enregistrements dont $F est un concept hors de la classe $1."},
    {"Records whose $F is no standard, valid concept.",
     "Enregistrements dont $F n’est pas un concept standard et valide."},
    {"Records with an empty $F.", "Enregistrements dont $F est vide."},
    {"Records whose $F is 0: the source was not mapped to a standard concept.",
     "Enregistrements dont $F vaut 0 : la source n’a pas de concept standard."},
    {"Records whose $F is 0: the source code is unknown.",
     "Enregistrements dont $F vaut 0 : le code source est inconnu."},
    {"Distinct values of $F that are mapped to no concept ($1).",
     "Valeurs distinctes de $F sans concept correspondant ($1)."},
    {"Records whose $F is below $1.", "Enregistrements dont $F est inférieur à $1."},
    {"Records whose $F is above $1.", "Enregistrements dont $F est supérieur à $1."},
    {"Records whose $F lies before $1.$2.", "Enregistrements dont $F précède $1.$2."},
    {"Records whose $F lies after the person's death.",
     "Enregistrements dont $F est postérieur au décès de la personne."},
    {"Records whose $F lies more than a week outside their visit.",
     "Enregistrements dont $F s’écarte de plus d’une semaine du séjour."},
    {"Records whose $F lies before the person's birth.",
     "Enregistrements dont $F précède la naissance de la personne."},
    {"Records whose $F lies more than 60 days after the person's death.",
     "Enregistrements dont $F dépasse de plus de 60 jours le décès de la personne."},
    {"Records whose $F lies after $1.", "Enregistrements dont $F est postérieur à $1."},
    {"Records of $C for persons of the other sex than $1.",
     "Enregistrements de $C chez des personnes d’un autre sexe que $1."},
    {"Records of $C and its descendants for persons of the other sex than $1.",
     "Enregistrements de $C ou de ses descendants chez des personnes d’un autre sexe que $1."},
    {"Records of $C with a unit that is implausible for it.",
     "Enregistrements de $C dont l’unité n’est pas plausible."}};

}  // namespace

absl::StatusOr<Language> ParseLanguage(std::string_view text) {
  if (text == "en") return Language::kEnglish;
  if (text == "fr") return Language::kFrench;
  return absl::InvalidArgumentError("language: en or fr was expected");
}

std::string EscapeHtml(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t good = Utf8Prefix(text);
    clean.append(text.substr(0, good));
    if (good == text.size()) break;
    clean += "\uFFFD";
    text.remove_prefix(good + 1);
  }
  return absl::StrReplaceAll(
      clean, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Words::Say(std::string_view english) const {
  if (language_ == Language::kEnglish || english.empty()) return EscapeHtml(english);
  const std::string_view french = FrenchOf(english);
  if (!french.empty()) return EscapeHtml(french);
  missing_.emplace(english);
  return EscapeHtml(english);
}

std::string Words::Point(std::string text) const {
  if (language_ == Language::kFrench) std::ranges::replace(text, '.', ',');
  return text;
}

std::string Words::Count(std::int64_t n) const {
  std::string digits = absl::StrCat(n < 0 ? -n : n);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, language_ == Language::kFrench ? kThinSpace : ",");
  }
  return absl::StrCat(n < 0 ? "\u2212" : "", digits);
}

std::string Words::Number(double value) const {
  if (std::fabs(value) >= 1000 && std::fabs(value) < 1e15) return Count(std::llround(value));
  return Point(absl::StrFormat("%.4g", value));
}

std::string Words::Percent(double share) const {
  const double percent = 100 * share;
  // A share that is small and not 0 must not read as 0.
  const std::string text = percent > 0 && percent < 0.05 ? absl::StrFormat("%.2g", percent)
                                                         : absl::StrFormat("%.1f", percent);
  return Point(text) + (language_ == Language::kFrench ? absl::StrCat(kThinSpace, "%") : "%");
}

std::string Words::Persons(std::int64_t n) const { return n > 0 && n < 5 ? "&lt;5" : Count(n); }

std::string Words::Describe(const Check& check) const {
  const auto& [english, french] = kDescriptions[static_cast<std::size_t>(check.kind)];
  const auto safe = [](std::string_view text) { return EscapeHtml(text); };
  const std::string concepts =
      check.concept_names.empty()
          ? safe(check.concept_ids)
          : absl::StrCat(safe(check.concept_names), " (", safe(check.concept_ids), ")");
  const bool is_gender = check.kind == CheckKind::kPlausibleGender ||
                         check.kind == CheckKind::kPlausibleGenderUseDescendants;
  return absl::StrReplaceAll(EscapeHtml(language_ == Language::kFrench ? french : english),
                             {{"$T", safe(check.table)},
                              {"$F", absl::StrCat("<code>", safe(check.field), "</code>")},
                              {"$1", is_gender ? Say(check.argument) : safe(check.argument)},
                              {"$2", safe(check.argument2)},
                              {"$C", concepts}});
}

}  // namespace essaim
