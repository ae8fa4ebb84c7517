// Names by who they are: carers by their profession, lists of those present, families, whose
// something is, who says it, whoever stands alone in two words that no list has.
#include <string>
#include <string_view>

#include "text/finders.h"
#include "text/name_reader.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

constexpr WordList kRoles =
    "ide iao idec iade ibode ipa mkde as ash rn lpn np pa crna interne externe resident scribe "
    "oncologue hematologue cardiologue neurologue psychologue psychiatre chirurgien chirurgienne "
    "anesthesiste radiologue pneumologue gynecologue geriatre pediatre urologue rhumatologue "
    "infirmiere infirmier kinesitherapeute kine dieteticienne dieteticien orthophoniste "
    "ergotherapeute sage femme assistante assistant secretaire brancardier pharmacien pharmacienne "
    "ambulancier stagiaire nurse practitioner surgeon oncologist cardiologist neurologist "
    "psychologist psychiatrist anesthesiologist radiologist pharmacist therapist dietitian midwife "
    "social worker coordinator consultant registrar houseman fellow intern attending physician "
    "caseworker interpreter chaplain md do phd frcp mbbs facs dpm dds rph";

// Words that say that what follows them and a colon is a person, or several.
constexpr WordList kPeopleFields =
    "present presents presente presentes participant participants copie copies cc attending "
    "resident scribe surgeon surgeons assistant assistants aide aides iade ibode ide demandeur "
    "demandeurs prescripteur prescripteurs operateur operateurs objet concerne re beneficiaire "
    "assure assuree destinataires intervenants signataire signataires staff team witness temoin";

bool EndsList(const Token& t) {
  return t.kind == Token::Kind::kBreak || t.Is(".") || t.is_number();
}

class RoleFinder {
 public:
  RoleFinder(NoteText& note, NameReader& reader) : note_(note), reader_(reader) {}

  void Run() {
    for (std::size_t i = 0; i < note_.size(); ++i) {
      if (!note_[i].is_word()) continue;
      AfterRole(i);
      BeforeRole(i);
      Listed(i);
      Family(i);
      Owner(i);
      Speaker(i);
      Cell(i);
      TwoUnknown(i);
    }
  }

 private:
  // Whether token i can begin a name that only its place speaks for.
  bool MayBegin(std::size_t i) const {
    const Token& t = note_[i];
    return t.is_word() && t.capital && !note_.Taken(i) && !IsStopper(t.folded) &&
           TitleAt(note_, i) == Title::kNone && !reader_.IsEponym(i);
  }

  void TakeWeak(std::size_t i) {
    if (!MayBegin(i) || note_.CapsLine(i)) return;
    const std::size_t end = reader_.WeakNameEnd(i);
    if (end > i) reader_.Take(i, end);
  }

  // "IDE Claire Martin", "interne de garde Durand", "Nurse Practitioner X".
  void AfterRole(std::size_t i) {
    if (!InList(note_[i].folded, kRoles)) return;
    std::size_t at = i + 1;
    while (InList(note_[at].folded, "de garde d astreinte du service on call practitioner") ||
           note_[at].Is("(") || note_[at].Is(")"))
      ++at;
    if (InList(note_[at].folded, kRoles)) return;
    TakeWeak(at);
  }

  // "Claire Martin, IDE", "X (oncologue)", "X MD PhD".
  void BeforeRole(std::size_t i) {
    if (!InList(note_[i].folded, kRoles) || i == 0) return;
    std::size_t before = i;  // one past the name
    if (note_[before - 1].Is(",") || note_[before - 1].Is("(")) --before;
    // A degree may follow a name without a mark, a profession may not.
    if (before == i && !(note_[i].capital && InList(note_[i].folded, "md do rn np phd mbbs frcp")))
      return;
    std::size_t begin = before;
    while (begin > 0 && before - begin < 8) {
      const Token& t = note_[begin - 1];
      const bool glue =
          t.Is("-") || t.Is("'") || (t.Is(".") && begin > 1 && IsInitialAt(begin - 2));
      if (!glue && !(t.is_word() && (t.capital || IsParticle(t.folded)) && !IsStopper(t.folded)))
        break;
      --begin;
    }
    while (begin < before && !note_[begin].is_word()) ++begin;
    if (begin == before || note_.Taken(before - 1)) return;
    const Token& last = note_[before - 1];
    if (!last.is_word() || LooksMedical(last.folded) || note_.CapsLine(before - 1)) return;
    if (IsCommonWord(last.folded) && !reader_.IsName(last.folded)) return;
    while (begin < before && !Plausible(begin)) ++begin;
    if (begin < before) reader_.Take(begin, before);
  }

  bool IsInitialAt(std::size_t i) const {
    return note_[i].is_word() && note_[i].capital && note_[i].end - note_[i].begin <= 2;
  }

  // No word of everyday, or a name too: what a sentence's first word must be to belong to a name.
  bool Plausible(std::size_t i) const {
    const Token& t = note_[i];
    return t.is_word() && t.capital && !LooksMedical(t.folded) &&
           (!IsCommonWord(t.folded) || reader_.IsName(t.folded) || IsInitialAt(i));
  }

  // "Présents : X (oncologue), Y et Z", "cc: X; Y".
  void Listed(std::size_t i) {
    if (!InList(note_[i].folded, kPeopleFields) || !note_[i + 1].Is(":")) return;
    bool expected = true;  // a name may begin here
    int depth = 0;
    for (std::size_t at = i + 2; at < i + 60 && !EndsList(note_[at]); ++at) {
      const Token& t = note_[at];
      depth += t.Is("(") ? 1 : t.Is(")") ? -1 : 0;
      if (depth > 0) continue;
      if (t.Is(",") || t.Is(";") || t.Is("/") || t.Is("&") || InList(t.folded, "et and")) {
        expected = true;
      } else if (t.is_word() && expected && TitleAt(note_, at) == Title::kNone) {
        std::size_t end = reader_.WeakNameEnd(at);
        if (end == at && IsInitial(note_, at)) end = reader_.NameEnd(at, true, false);
        if (end > at && !note_.Taken(at)) {
          reader_.Take(at, end);
          at = end - 1;
        }
        expected = false;
      } else if (IsInitial(note_, at)) {
        ++at;
      }
    }
  }

  // "la famille X", "le couple X", "the X family".
  void Family(std::size_t i) {
    if (!InList(note_[i].folded, "famille couple fratrie epoux consorts family")) return;
    if (!note_[i].Is("family")) {
      if (MayBegin(i + 1)) {
        const std::size_t end = reader_.NameEnd(i + 1, true, false);
        if (end > i + 1) reader_.Take(i + 1, end);
      }
    } else if (i > 1 && note_[i - 2].Is("the") && note_[i - 1].capital && MayBegin(i - 1)) {
      reader_.Take(i - 1, i);
    }
  }

  // "Okonkwo's drain": a word that is none of everyday nor of medicine, and has something.
  void Owner(std::size_t i) {
    if (!note_[i + 1].Is("'") || !note_[i + 2].Is("s") || !note_.Touches(i) ||
        !note_.Touches(i + 1) || !MayBegin(i) || note_.CapsLine(i))
      return;
    const bool rare = !IsCommonWord(note_[i].folded) || reader_.IsGiven(note_[i].folded);
    if (!reader_.CanBeName(i) || !rare || !note_[i + 3].is_word() || note_[i + 3].capital) return;
    reader_.Take(i, i + 1);
  }

  // "X said", "said X", "X n'a pas dormi", "X se dit", "dit X".
  void Speaker(std::size_t i) {
    static constexpr WordList kSaid = "said asked told called felt slept ate fell";
    const bool after = InList(note_[i].folded, kSaid) && i > 0;
    if (after && MayBegin(i - 1) && reader_.CanBeName(i - 1) && !note_.CapsLine(i - 1)) {
      reader_.Take(i - 1, i);
      return;
    }
    if (!MayBegin(i) || note_.CapsLine(i) || note_[i].folded.size() < 3) return;
    const std::size_t end = reader_.WeakNameEnd(i);
    if (end == i || end > i + 4) return;
    const Token& next = note_[end];
    const bool negated =
        (next.Is("n") || next.Is("ne")) && (note_[end + 1].Is("'") || note_[end + 1].is_word());
    const bool reflexive =
        (next.Is("se") || next.Is("s")) && !note_[end - 1].Is("'") && note_[end + 1].is_word();
    const bool does = InList(next.folded,
                             "dort mange marche tousse tolere demande prend pris boit reste rentre "
                             "sera etait va doit peut veut wants needs will was has did does can "
                             "attended presented underwent remains tolerated") &&
                      !IsCommonWord(note_[i].folded);
    const bool state = !IsCommonWord(note_[i].folded) &&
                       InList(next.folded,
                              "agite agitee calme endormi endormie fatigue fatiguee anxieux "
                              "anxieuse algique confus confuse");
    if (negated || reflexive || does || state) reader_.Take(i, end);
  }

  // "Patient|DUPONT|Jean|12/03/1950", "DUPONT Jean - IPP 123", "SMITH, JOHN  MRN 123".
  void Cell(std::size_t i) {
    if (InList(note_[i].folded, "patient patiente nom name prenom") &&
        (note_[i + 1].Is("|") || note_[i + 1].Is("\t") || note_[i + 1].Is(";"))) {
      for (std::size_t at = i + 2; at < i + 10 && !EndsList(note_[at]); ++at) {
        if (note_[at].is_word() && note_[at].capital && !IsStopper(note_[at].folded))
          reader_.Take(at, at + 1);
      }
      return;
    }
    if (!note_.BeginsLine(i) || !note_[i].capital || IsStopper(note_[i].folded)) return;
    static constexpr WordList kKeys =
        "ipp nip nda iep mrn dob ddn nir ne nee born id acct sex sexe age";
    std::size_t end = i;
    while (end < i + 8 && ((note_[end].is_word() && note_[end].capital) || note_[end].Is(",") ||
                           note_[end].Is("'") ||
                           (note_[end].Is("-") && note_.Touches(end - 1) && note_.Touches(end)))) {
      if (InList(note_[end].folded, kKeys)) break;
      ++end;
    }
    std::size_t key = end;
    while (note_[key].Is("-") || note_[key].Is("(") || note_[key].Is("|") || note_[key].Is(","))
      ++key;
    if (end < i + 2 || !InList(note_[key].folded, kKeys)) return;
    std::size_t n_words = 0;
    for (std::size_t at = i; at < end; ++at) {
      if (!note_[at].is_word()) continue;
      ++n_words;
      const std::string& w = note_[at].folded;
      if (IsStopper(w) || ((LooksMedical(w) || IsListedWord(w)) && !reader_.IsName(w))) return;
    }
    if (n_words >= 2) reader_.Take(i, end);
  }

  // "Chidinma Okonkwo": two words in capitals beside each other that no list has, neither joined.
  void TwoUnknown(std::size_t i) {
    const Token &t = note_[i], &next = note_[i + 1];
    const auto unknown = [&](std::size_t at) {
      const Token& word = note_[at];
      return word.is_word() && word.capital && !word.all_caps && word.folded.size() >= 3 &&
             !note_.Taken(at) && !note_.CapsLine(at) && !IsStopper(word.folded) &&
             !IsCommonWord(word.folded) && !LooksMedical(word.folded) && !note_[at + 1].Is("-");
    };
    if (!next.is_word() || !unknown(i) || !unknown(i + 1) || t.end + 1 != next.begin) return;
    if (i > 0 && note_[i - 1].Is("-") && note_.Touches(i - 1)) return;
    if (reader_.IsEponym(i) || reader_.IsEponym(i + 1)) return;
    reader_.Take(i, i + 2);
  }

  NoteText& note_;
  NameReader& reader_;
};

}  // namespace

void FindNamesByRole(NoteText& note, NameReader& reader) { RoleFinder(note, reader).Run(); }

}  // namespace essaim::text
