// Towns by the list of their names, where something around one says that a place is meant: many are
// words, names and eponyms too.
#include <string_view>

#include "text/finders.h"
#include "text/name_reader.h"
#include "text/town_names.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

// What persons do or are at a town.
constexpr WordList kLives =
    "habite habitant habitait demeure demeurant domicilie domiciliee reside residant vit vivant "
    "vivait ne nee natif native originaire demenage installe installee emmenage loge heberge "
    "hebergee rentre rentree parti partie arrive arrivee vient venant venu venue revient revenu "
    "revenue provenance vacances sejour voyage lives living lived resides residing resident born "
    "raised moved moving relocated comes came travelled traveled travels travelling flew drove "
    "commutes commuting visiting visited returned returning originally stays staying hails";

// Of a town, whatever its name.
constexpr WordList kOfTown =
    "ville commune mairie maire village pharmacie gare commissariat gendarmerie lycee prison "
    "agglomeration banlieue city town suburb suburbs outskirts mayor";

// Of a town, if the name is nothing else.
constexpr WordList kOfPlace =
    "pres proche loin autour environs quartier region cabinet ecole college universite usine "
    "aeroport caserne tribunal paroisse eglise clinique maison centre sortie route peripherie "
    "north south east west university airport church school parish outside";

enum class Cue { kNone, kPlace, kTown };

class TownFinder {
 public:
  explicit TownFinder(NoteText& note) : note_(note) {}

  void Run() {
    for (std::size_t i = 0; i < note_.size(); ++i) {
      if (!note_[i].is_word() || note_.Taken(i) || note_[i].folded.size() < 2) continue;
      if (TownWordsMax(note_[i].folded) > 0 || note_[i].Is("st") || IsAfterArticle(i)) At(i);
    }
  }

 private:
  bool IsAfterArticle(std::size_t i) const {
    return i > 0 && InList(note_[i - 1].folded, "au du aux des");
  }

  void At(std::size_t i) {
    const TownName town = TownNameAt(note_, i);
    if (town.end == 0 || IsNamedAfterIt(i, town.end)) return;
    const bool written = note_[i].capital && !note_.CapsLine(i);
    if (written ? !IsTold(i, town) : !IsToldInLower(i, town)) return;
    std::size_t end = town.end;
    if (IsState(note_, end)) ++end;
    if (note_[end].Is(",") && IsState(note_, end + 1)) end += 2;
    if (const std::size_t code = PostcodeAfter(town.end); code > 0) {
      note_.Take(code, code + 1, Identifying::kPostcode);
      end = code;
    }
    note_.Take(i, end, Identifying::kAddress);
  }

  // "Boston, 02215", "Holyoke, Massachusetts 01040": the postcode's token, or 0.
  std::size_t PostcodeAfter(std::size_t end) const {
    std::size_t at = note_[end].Is(",") ? end + 1 : end;
    if (note_[at].is_word() && note_[at].capital) ++at;
    if (note_[at].Is(",")) ++at;
    return at > end && note_.Digits(at) == 5 ? at : 0;
  }

  // "Dr Durand, Limoges", "PO Box 12, Boston": behind a name or an address, to the clause's end.
  bool IsBehindTaken(std::size_t i, std::size_t end) const {
    const Token& after = note_[end];
    return i >= 2 && note_[i - 1].Is(",") && note_.Taken(i - 2) &&
           (after.kind == Token::Kind::kBreak || after.Is(",") || after.Is("."));
  }

  bool IsTold(std::size_t i, const TownName& town) {
    if (IsLetterHead(i, town.end) || PostcodeAfter(town.end) > 0) return true;
    if (i > 0 && note_.Digits(i - 1) == 5 && !note_.Taken(i - 1)) {
      note_.Take(i - 1, i, Identifying::kPostcode);
      return true;
    }
    if (town.plain && IsBehindTaken(i, town.end)) return true;
    const bool state =
        IsState(note_, town.end) || (note_[town.end].Is(",") && IsState(note_, town.end + 1));
    const bool department =
        note_[town.end].Is("(") && note_.Digits(town.end + 1) == 2 && note_[town.end + 2].Is(")");
    if (town.plain && (state || department || IsInBrackets(i, town.end))) return true;
    const Cue cue = CueBefore(i);
    return cue == Cue::kTown || (cue == Cue::kPlace && town.plain);
  }

  // Without capitals to go by, only after a word that says it, and if the name is nothing else.
  bool IsToldInLower(std::size_t i, const TownName& town) const {
    if (!town.plain || i == 0) return false;
    const bool there = InList(note_[i - 1].folded, "a in");
    return there && CueBefore(i) == Cue::kTown;
  }

  // "Annecy, le 3 mars 2020": what a letter begins with.
  bool IsLetterHead(std::size_t i, std::size_t end) const {
    return note_.BeginsLine(i) && note_[end].Is(",") && note_[end + 1].Is("le") &&
           note_[end + 2].is_number();
  }

  // "retour à domicile (Annecy)", not "stade IIIA (Vienne)".
  bool IsInBrackets(std::size_t i, std::size_t end) const {
    if (i < 2 || !note_[i - 1].Is("(") || !note_[end].Is(")")) return false;
    for (std::size_t back = 2; back <= 6 && back <= i; ++back) {
      if (IsNamedThing(note_[i - back].folded)) return false;
    }
    return true;
  }

  bool IsNamedAfterIt(std::size_t i, std::size_t end) const {
    std::size_t after = end;
    while (note_[after].Is("'") || note_[after].Is("s") || note_[after].Is("-")) ++after;
    for (std::size_t at = after; at < after + 2; ++at) {
      if (IsNamedThing(note_[at].folded)) return true;
      if (!note_[at].capital) break;
    }
    // "maladie de Lyme", "eau de Vichy": its name is not where anything is.
    if (i < 2 || !IsOf(i - 1)) return false;
    const std::size_t noun = note_[i - 1].Is("'") ? i - 3 : i - 2;
    return IsNamedThing(note_[noun].folded);
  }

  // Token i is "de", "du", "of" or the apostrophe of "d'".
  bool IsOf(std::size_t i) const {
    return InList(note_[i].folded, "de du des of") ||
           (note_[i].Is("'") && i > 0 && note_[i - 1].Is("d"));
  }

  Cue CueBefore(std::size_t i) const {
    if (i == 0) return Cue::kNone;
    const Token& before = note_[i - 1];
    const bool of = IsOf(i - 1);
    // "à" without its accent is a verb, or English: in capitals, or behind a name ("Dr X a Dax").
    const bool at = before.Is("a") && (before.end - before.begin == 2 || note_.CapsLine(i - 1) ||
                                       (i >= 2 && note_.Taken(i - 2)));
    const bool place = at || InList(before.folded, "au aux in near from at to outside vers");
    if (of || place || before.Is("a") || before.Is(":") || InList(before.folded, kLives)) {
      if (LivesBefore(i)) return Cue::kTown;
    }
    if (of && i >= 2) {
      const std::size_t noun = before.Is("'") ? i - 3 : i - 2;
      if (InList(note_[noun].folded, kOfTown)) return Cue::kTown;
      if (InList(note_[noun].folded, kOfPlace)) return Cue::kPlace;
    }
    if (before.Is("from") && i >= 2 && InList(note_[i - 2].folded, "is was are were"))
      return Cue::kTown;
    return place ? Cue::kPlace : Cue::kNone;
  }

  // In the same sentence, up to six words before.
  bool LivesBefore(std::size_t i) const {
    for (std::size_t back = 1; back <= 6 && back <= i; ++back) {
      const Token& token = note_[i - back];
      if (token.kind == Token::Kind::kBreak || token.Is(".") || token.Is(";")) return false;
      if (InList(token.folded, kLives)) return true;
    }
    return false;
  }

  NoteText& note_;
};

}  // namespace

void FindTowns(NoteText& note) { TownFinder(note).Run(); }

}  // namespace essaim::text
