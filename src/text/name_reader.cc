#include "text/name_reader.h"

#include "text/finders.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

constexpr std::size_t kNameWordsMax = 6;

// What is named after somebody, or after a place.
constexpr WordList kThings =
    "maladie vis clou verbal depression douloureux syndrome signe signes score test tests "
    "classification critere criteres sonde drain "
    "manoeuvre fracture echelle index indice operation intervention technique stade loi corps "
    "cellule cellules tumeur virus canal ligament tendon reflexe epreuve horloge mms mmse angle "
    "triangle aire trompe glande espace apophyse nerf fascia kyste hernie noeud plexus faisceau "
    "bandelette anse regle selon loge lame cure bottes ciseaux atelle pince ecarteur incision "
    "voie prothese plaque valve clip collier catheter pansement grade lesion anomalie "
    "malformation tetralogie arthrite anemie purpura paralysie nevralgie ataxie dystrophie "
    "myopathie encephalopathie granulomatose sarcome carcinome nevus onde ondes bruit souffle "
    "bloc periode questionnaire inventaire grille lymphome thyroidite choree protocole "
    "disease sign signs criteria scale stage palsy syndromes maneuver manoeuvre procedure tumor "
    "esophagus ulcer phenomenon formula reaction stain coloration lymphoma thyroiditis chorea "
    "nodule nodules contracture equation position protocol solution ringer duct node nodes gland "
    "bodies body cells line tube forceps scissors retractor approach repair resection pattern "
    "consensus modele model virus fievre fever spotted corset orthese angine savon eau facteur "
    "brace "
    "boot hump chromosome mutation definition cement study trial bowel cognitive salvage screening "
    "splint class staging anemia arthritis neuralgia ataxia dystrophy encephalopathy "
    "granulomatosis sarcoma carcinoma angina wave waves murmur rhythm block questionnaire "
    "inventory balance reduction flare cyst hernia bundle loop rule lesion anomaly malformation "
    "tetralogy prosthesis plate screw collar dressing smear agar";

}  // namespace

bool NameReader::IsName(const std::string& w) const {
  return IsAnyName(w) || known_.HasGiven(w) || known_.HasFamily(w);
}

bool NameReader::IsGiven(const std::string& w) const {
  return IsGivenName(w) || known_.HasGiven(w);
}

bool NameReader::IsFamily(const std::string& w) const {
  return IsFamilyName(w) || known_.HasFamily(w);
}

bool NameReader::CanBeName(std::size_t i) const {
  const Token& t = note_[i];
  if (!t.is_word() || !t.capital || t.folded.size() < 2 || IsStopper(t.folded)) return false;
  if (IsName(t.folded)) return !note_.CapsLine(i) || !IsListedWord(t.folded);
  return !IsListedWord(t.folded) && !LooksMedical(t.folded) &&
         !(t.all_caps && t.folded.size() <= 4 && !note_.CapsLine(i));
}

std::size_t NameReader::NameEnd(std::size_t i, bool first_any, bool lower) const {
  std::size_t end = i, n_words = 0;
  for (std::size_t at = i; n_words < kNameWordsMax && at < i + 3 * kNameWordsMax;) {
    const Token& t = note_[at];
    if (IsInitial(note_, at) && !(n_words > 0 && IsStopper(t.folded) && t.folded.size() > 1)) {
      at += 2;
      end = at;
      ++n_words;
      continue;
    }
    if (t.Is("-") || t.Is("'")) {
      if (at == i || !note_[at + 1].is_word() || note_[at].begin != note_[at - 1].end) break;
      ++at;
      continue;
    }
    if (t.Is(",") && n_words == 1 && note_[at + 1].is_word() && IsGiven(note_[at + 1].folded) &&
        note_[at + 1].capital) {
      ++at;
      continue;
    }
    if (!t.is_word()) break;
    const bool joined = at > i && (note_[at - 1].Is("-") || note_[at - 1].Is("'"));
    const bool initial_alone =
        t.capital && t.end - t.begin == 1 && n_words > 0 && !note_.CapsLine(at);
    const bool after_given = n_words > 0 && IsAfterGiven(at);
    const bool particle = IsParticle(t.folded) && ParticleLeads(at, lower);
    bool good = CanBeName(at) || particle || (joined && t.capital) || initial_alone || after_given;
    if (!good && n_words == 0 && first_any)
      good = t.capital && !IsStopper(t.folded) && !note_.CapsLine(at);
    if (!good && lower && !t.capital && !IsStopper(t.folded) && t.folded.size() >= 3)
      good = joined || IsLowerName(t.folded, n_words);
    if (!good) break;
    ++at;
    // "St. Clair"
    if (particle && note_[at].Is(".") && InList(t.folded, "st ste") && note_[at + 1].capital) ++at;
    if (!particle) {
      end = at;
      ++n_words;
    }
  }
  return end;
}

// "Georgann BEER", "Michael Orn": behind a given name a word in capitals is a name.
bool NameReader::IsAfterGiven(std::size_t i) const {
  const Token& t = note_[i];
  return t.capital && note_[i - 1].is_word() && CanBeName(i - 1) && t.folded.size() >= 2 &&
         !note_.CapsLine(i) && !IsStopper(t.folded) &&
         (!LooksMedical(t.folded) ||
          (IsGiven(note_[i - 1].folded) && !IsCommonWord(note_[i - 1].folded) && !IsDosed(i))) &&
         (IsGiven(note_[i - 1].folded) || !IsListedWord(t.folded));
}

bool NameReader::IsLowerName(const std::string& w, std::size_t n_before) const {
  if (LooksMedical(w)) return false;
  if (!IsCommonWord(w)) return true;
  return n_before == 0 ? IsName(w) : IsFamilyName(w) && IsGivenName(w);
}

// "de La Tour", "van den Berg": a name follows the particles.
bool NameReader::ParticleLeads(std::size_t i, bool lower) const {
  for (std::size_t at = i + 1; at < i + 5; ++at) {
    if (note_[at].Is("'") || note_[at].Is("-") || note_[at].Is(".") || IsParticle(note_[at].folded))
      continue;
    return note_[at].is_word() && !IsStopper(note_[at].folded) &&
           (note_[at].capital || (lower && !IsCommonWord(note_[at].folded)));
  }
  return false;
}

std::size_t NameReader::WeakNameEnd(std::size_t i) const {
  const std::size_t end = NameEnd(i, false, false);
  const Token& t = note_[i];
  if (end > i || !t.is_word() || !t.capital || IsStopper(t.folded) || LooksMedical(t.folded) ||
      note_.CapsLine(i) || !CanBeName(i + 1) || IsListedWord(note_[i + 1].folded))
    return end;
  return NameEnd(i, true, false);
}

void NameReader::Take(std::size_t i, std::size_t end) {
  note_.Take(i, end, Identifying::kName);
  for (std::size_t at = i; at < end; ++at) {
    const Token& t = note_[at];
    if (t.is_word() && t.folded.size() >= 3 && !IsParticle(t.folded)) found_.insert(t.folded);
  }
}

bool IsNamedThing(std::string_view folded) { return InList(folded, kThings); }

// "Lantus 18 UI", "Tahor 20": a number that is no age and no date.
bool NameReader::IsDosed(std::size_t i) const {
  return note_.Touches(i) == false && note_[i + 1].is_number() && !note_.Taken(i + 1) &&
         note_.Digits(i + 1) <= 4 &&
         !InList(note_[i + 2].folded, "ans an yo y yr year years mois months jours days") &&
         !note_[i + 2].Is("-") && !note_[i + 2].Is("/");
}

bool NameReader::IsEponym(std::size_t i) const {
  static constexpr WordList kResults =
      "positive negative positif positifs negatif negatifs absent absents present normal normale "
      "downgoing upgoing indifferent equivoque flexor extensor";
  std::size_t after = i + 1;
  while (note_[after].Is("'") || (note_[after].Is("-") && note_[after + 1].capital)) after += 2;
  while (InList(note_[after].folded, "i ii iii iv v vi")) ++after;  // "Rome IV criteria"
  if (InList(note_[after].folded, kThings) || InList(note_[i + 1].folded, kThings)) return true;
  if (IsDosed(i)) return true;
  // "Phalen and Tinel negative", "Romberg négatif", "Hawkins, Neer positive".
  for (std::size_t at = after; at < after + 5; ++at) {
    if (InList(note_[at].folded, kResults)) return true;
    if (!note_[at].capital && !InList(note_[at].folded, "and et ni nor or ou") &&
        !note_[at].Is(","))
      break;
  }
  for (std::size_t back = 1; back <= 4 && back <= i; ++back) {
    const Token& t = note_[i - back];
    if (InList(t.folded, kThings)) return back > 1 || t.is_word();
    if (!InList(t.folded, "de d la du ' le - and et") && !t.capital) return false;
  }
  return false;
}

}  // namespace essaim::text
