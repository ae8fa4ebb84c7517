#include "text/context.h"

#include <algorithm>
#include <unordered_map>

#include "absl/strings/str_split.h"
#include "base/strings.h"
#include "text/finders.h"

namespace essaim::text {
namespace {

enum Kind : std::uint8_t {
  kNegatesAfter,   // what follows
  kNegatesBefore,  // what stands before
  kNone,           // looks like one, and is none
  kNoneUncertain,  // the same; what follows or stands before is possible
  kEnds,           // scopes end here
  kHistory,
  kFamily,
  kFamilyBefore,
  kHypothesis,
  kUncertainAfter,
  kUncertainBefore,
  kHistoryBefore,
};

struct Phrase {
  std::vector<std::string> words;
  Kind kind;
};

constexpr std::size_t kScopeWords = 14;
constexpr std::size_t kScopeWordsBefore = 8;

// One phrase a comma, folded. Apostrophes and hyphens count as blanks.
constexpr struct {
  Kind kind;
  std::string_view phrases;
} kPhrases[] = {
    {kNegatesAfter,
     "pas de,pas d,pas la moindre,aucun,aucune,absence de,absence d,absence du,sans,ni,indemne "
     "de,jamais de,"
     "jamais eu de,jamais eu d,nie,nient,elimine,eliminent,exclut,excluent,infirme,ecarte,permet d "
     "eliminer,"
     "permet d exclure,negatif pour,negative pour,negatifs pour,disparition de,disparition des,pas "
     "retrouve de,"
     "pas retrouve d,non,no,denies,denied,denying,without,not,negative for,free of,absence "
     "of,ruled out,rules out,"
     "rule out as,excludes,excluded,never had,never,nor,neither,fails to reveal,failed to "
     "reveal,no longer has,"
     "lack of,lacks,don t,doesn t,didn t,isn t,wasn t,hasn t,resolution of,cannot see,declines any,"
     "no evidence of,no sign of,no signs of,no longer,unremarkable for,nothing to suggest,nothing "
     "suggestive of,rien en faveur de,rien en faveur d,aucun argument pour,aucun argument en "
     "faveur "
     "de,aucun argument en faveur d,pas d argument en faveur de,pas d argument en faveur d,pas d "
     "argument pour,pas d arg pour,neg for,neg pour,nil,nil evidence of,no e / o,w / o,no c / "
     "o,abs "
     "de,abs d,\u2205"},
    {kNegatesBefore,
     "absent,absente,absents,absentes,negatif,negative,negatifs,negatives,elimine,eliminee,"
     "elimines,eliminees,"
     "exclu,exclue,exclus,exclues,ecarte,ecartee,ecartes,ecartees,infirme,infirmee,non "
     "retrouve,non retrouvee,"
     "non retrouves,non vu,non vue,non visualise,non visualisee,n est pas retrouve,n est pas "
     "retrouvee,"
     "n a pas ete retrouve,n a pas ete retrouvee,n est pas mis en evidence,pas retrouve,pas "
     "retrouvee,"
     ": non,: 0,: no,: none,: neg,: nil,: jamais,: never,= 0,= non,= no,= neg,neg,negs,ruled "
     "out,was ruled out,is absent,not seen,not present,not "
     "identified,not found,"
     "not demonstrated,not detected,not visualized,not appreciated,excluded,has resolved,denied,is "
     "denied,"
     "were not,was not,non confirme,non confirmee,no longer present,no longer seen,no longer "
     "visible,no longer detected,n est plus visible,n est plus retrouve,n est plus retrouvee,n est "
     "plus present,n est plus presente,a disparu,ont disparu,has disappeared,have disappeared,has "
     "completely resolved,have resolved,resolved completely,are absent"},
    {kNoneUncertain,
     "n exclut pas,n exclue pas,n elimine pas,n ecarte pas,pas exclu,pas exclue,pas exclus,pas "
     "exclure,"
     "pas eliminer,pas d eliminer,pas d exclure,pas elimine,pas eliminee,sans exclure,sans pouvoir "
     "exclure,"
     "sans eliminer,ne peut etre exclu,ne peut etre exclue,ne peut etre elimine,ne peut etre "
     "eliminee,"
     "pas formellement elimine,pas formellement exclu,n est pas exclu,n est pas exclue,n est pas "
     "elimine,"
     "n est pas eliminee,sans doute,pas certain,pas certaine,cannot rule out,can not rule out,not "
     "rule out,"
     "cannot exclude,ne peut exclure,ne peut pas exclure,ne permet pas d exclure,ne peut ecarter,"
     "can not exclude,not exclude,cannot be excluded,cannot be ruled out,not ruled "
     "out,"
     "not excluded,cannot r / o,can not r / o,can t r / o,not r / o,could not be ruled out,could "
     "not be excluded,does not exclude,not certain if,"
     "not certain whether,not been ruled out,not been excluded,can t rule out"},
    {kNone,
     "pas seulement,non seulement,pas de changement,pas d amelioration,pas de modification,pas d "
     "aggravation,"
     "pas d evolution,sans changement,sans amelioration,sans modification,sans aggravation,sans "
     "particularite,"
     "sans difficulte,pas de doute,sans aucun doute,non insulino,non steroidien,non "
     "steroidiens,pas que,"
     "no increase in,no increase,no change in,no change,no significant change,no interval "
     "change,no improvement,"
     "no further,not only,not necessarily,without difficulty,without any difficulty,without "
     "change,gram negative,"
     "no doubt,not cause,not drain,no response to,not responding to,not improved,not well "
     "controlled,"
     "not controlled,non insulin,non small,not tolerated,not tolerating,not tolerate,jamais "
     "arrete,jamais cesse,never stopped"},
    {kEnds,
     "mais,cependant,toutefois,neanmoins,en revanche,par contre,hormis,sauf,excepte,en dehors "
     "de,en dehors d,"
     "a part,a cause de,a cause d,car,parce que,secondaire "
     "a,but,however,although,though,yet,except,except for,apart from,aside from,"
     "other than,because,due to,secondary to,who has,which showed,still has,presents "
     "with,presented with,"
     "malgre,despite,en rapport avec,revele,retrouve une,retrouve un,montre une,montre un,with "
     "complaints of,"
     "complains of,reports"},
    {kHistory,
     "antecedent de,antecedent d,antecedents de,antecedents d,antecedent personnel de,antecedents "
     "personnels de,"
     "atcd de,atcd d,atcd,atcds,antecedents,antecedent,ancien,ancienne,autrefois,opere d,operee d,"
     "opere de,operee de,history of,h / o,hx of,past medical history,past history "
     "of,previous,previously had,"
     "prior,status post,s / p,pmh,pmhx"},
    {kFamily,
     "pere,mere,frere,freres,soeur,soeurs,oncle,tante,grand pere,grand "
     "mere,cousin,cousine,antecedent familial,"
     "antecedents familiaux,atcd "
     "familiaux,familial,familiale,familiaux,parents,fils,fille,father,mother,brother,"
     "sister,uncle,aunt,grandfather,grandmother,sibling,siblings,family history,family "
     "hx,fh,fhx,family,"
     "maternal,paternal,maternel,paternel"},
    {kFamilyBefore,
     "chez le pere,chez la mere,chez son pere,chez sa mere,chez son frere,chez sa soeur,chez un "
     "frere,chez une "
     "soeur,chez un oncle,chez une tante,chez sa grand mere,chez son grand pere,chez la grand "
     "mere,du cote "
     "maternel,du cote paternel,in his father,in his mother,in her father,in her mother,in the "
     "father,in the "
     "mother,in his brother,in her sister,in his sister,in her brother,in a sister,in a brother,in "
     "the family,"
     "dans la famille,runs in the family"},
    {kHypothesis,
     "si,en cas de,en cas d,risque de,risque d,a risque de,rechercher,a la recherche de,a la "
     "recherche d,recherche "
     "de,recherche d,pour eliminer,afin d eliminer,a eliminer,prevention de,prevention "
     "d,prevention du,depistage "
     "de,depistage d,depistage du,surveiller,surveillance d,crainte de,crainte d,if,in case "
     "of,should,risk of,at risk for,"
     "return for,watch for,monitor for,evaluate for,evaluation for,assess for,screening for,screen "
     "for,to rule "
     "out,rule out,r / o,prevention of,prophylaxis of,prophylaxis for,fear of,vaccin "
     "contre,vaccine against,work up for,to prevent,afin d eviter,pour eviter,pour prevenir"},
    {kUncertainAfter,
     "possible,probable,eventuel,eventuelle,suspicion de,suspicion d,suspecte,suspect "
     "de,evoque,evoquant,"
     "evocateur de,evocateur d,en faveur de,en faveur d,doute sur,hypothese de,hypothese "
     "d,hypothese,peut etre,"
     "semble,may have,might have,may represent,might be,could "
     "be,possibly,probably,likely,suspected,suspicion of,"
     "suspicious for,concern for,concerning for,suggestive "
     "of,suggests,questionable,presumed,differential includes,compatible avec,compatible "
     "with,consistent with,"
     "unclear whether,unclear if,uncertain whether,ne sait pas si"},
    {kHistoryBefore,
     "dans l enfance,in childhood,as a child,as an infant,dans l adolescence,a l adolescence,years "
     "ago,in the past,par le passe"},
    {kUncertainBefore,
     "?,possible,probable,peu probable,suspecte,suspectee,evoque,evoquee,a confirmer,is "
     "suspected,suspected,"
     "is possible,unlikely,is unlikely,is likely,is questionable,a possibility,"
     "remains possible,reste possible,n est pas certain,n est pas certaine"},
};

const std::unordered_map<std::string, std::vector<Phrase>>& Phrases() {
  static const auto* const kAll = [] {
    auto* all = new std::unordered_map<std::string, std::vector<Phrase>>();
    for (const auto& [kind, list] : kPhrases) {
      for (const absl::string_view text : absl::StrSplit(Av(list), ',')) {
        std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
        (*all)[words[0]].push_back({.words = words, .kind = kind});
      }
    }
    // The longest first.
    for (auto& [first, phrases] : *all)
      std::ranges::stable_sort(phrases, std::ranges::greater(),
                               [](const Phrase& p) { return p.words.size(); });
    return all;
  }();
  return *kAll;
}

struct Heading {
  std::string_view name, loinc, titles;  // titles with a comma between
  bool family, historical;
};

constexpr Heading kHeadings[] = {
    {"family history", "10157-6", "antecedents familiaux,atcd familiaux,family history,fh,fhx,af",
     true, false},
    {"past history", "11348-0",
     "antecedents,atcd,antecedents personnels,antecedents medicaux,antecedents chirurgicaux,past "
     "medical "
     "history,past history,pmh,pmhx,medical history,surgical history,past surgical history",
     false, true},
    {"present illness", "10164-2",
     "histoire de la maladie,hdm,anamnese,history of present illness,hpi,history,histoire "
     "recente",
     false, false},
    {"reason", "29299-5",
     "motif,motif de consultation,motif d hospitalisation,chief complaint,reason for visit,cc",
     false, false},
    {"allergies", "48765-2", "allergies,allergie", false, false},
    {"medications", "10160-0",
     "traitement,traitements,traitement habituel,traitement en cours,medications,current "
     "medications,meds,"
     "traitement de sortie,ordonnance",
     false, false},
    {"social history", "29762-2", "mode de vie,social history,habitus", false, false},
    {"examination", "29545-1",
     "examen,examen clinique,examen physique,clinique,physical exam,physical "
     "examination,exam,examination",
     false, false},
    {"results", "30954-2",
     "biologie,bilan biologique,resultats,examens complementaires,labs,laboratory "
     "data,results,imagerie,imaging,"
     "radiologie,radiology",
     false, false},
    {"hospital course", "8648-8", "evolution,evolution dans le service,hospital course,course",
     false, false},
    {"assessment and plan", "51847-2",
     "conclusion,conclusions,synthese,au total,assessment,impression,plan,assessment and "
     "plan,a/p,diagnostic,"
     "diagnosis,conduite a tenir,cat",
     false, false},
};

bool IsSilent(const Token& t) { return t.Is("'") || t.Is("-") || t.kind == Token::Kind::kBreak; }

// One past the last token of the phrase at i; 0 if it is not there.
std::size_t PhraseEnd(const std::vector<Token>& tokens, std::size_t i, const Phrase& phrase) {
  for (const std::string& word : phrase.words) {
    while (i < tokens.size() && IsSilent(tokens[i]) && word != phrase.words[0]) ++i;
    if (i >= tokens.size() || !tokens[i].Is(word)) return 0;
    ++i;
  }
  return i;
}

bool EndsSentence(const std::vector<Token>& tokens, std::size_t i) {
  const Token& t = tokens[i];
  const auto next = [&](std::size_t n) -> const Token* {
    return i + n < tokens.size() ? &tokens[i + n] : nullptr;
  };
  if (t.Is(".")) {
    const bool number = i > 0 && tokens[i - 1].is_number() && next(1) != nullptr &&
                        next(1)->is_number() && next(1)->begin == t.end;
    const bool title =
        i > 0 && InList(tokens[i - 1].folded, "dr mr mrs ms m pr st vs cf env approx");
    return !number && !title;
  }
  if (t.Is(";") || t.Is("!")) return true;
  if (t.kind != Token::Kind::kBreak || next(1) == nullptr) return false;
  // A line's end ends a sentence before another, a capital, a number or a mark of a list.
  const Token& after = *next(1);
  const bool list = after.Is("-") || after.Is("*") || after.Is("\xE2\x80\xA2");
  return after.kind == Token::Kind::kBreak || after.capital || after.is_number() || list;
}

}  // namespace

ContextFinder::ContextFinder(const std::vector<Token>& tokens)
    : tokens_(tokens), sentence_(tokens.size()) {
  std::size_t sentence = 0, begin = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    sentence_[i] = sentence;
    if (!EndsSentence(tokens, i)) continue;
    FindDistantNegation(begin, i);
    begin = i + 1;
    ++sentence;
  }
  FindDistantNegation(begin, tokens.size());
  FindCues();
}

// "cough: no" says it of what stands before, "CXR: no effusion" of what follows.
bool ContextFinder::IsHeadOfAnother(std::size_t begin, std::size_t end) const {
  const bool answer = tokens_[begin].Is(":") || tokens_[begin].Is("=");
  return answer && InList(tokens_[end - 1].folded, "no nil") && end < tokens_.size() &&
         tokens_[end].is_word();
}

// What wards write for a word: "ø fièvre", "ss fièvre", "cough (-)", "?PE", "TVP ?".
std::optional<ContextFinder::Cue> ContextFinder::SignAt(std::size_t i) const {
  const Token& token = tokens_[i];
  const auto is = [&](std::size_t at, std::string_view text) {
    return at < tokens_.size() && tokens_[at].Is(text);
  };
  const std::size_t n_bytes = token.end - token.begin;
  if ((token.Is("o") && n_bytes == 2) || (token.Is("ss") && !token.capital))
    return Cue{.begin = i, .end = i + 1, .kind = kNegatesAfter};
  if (token.Is("(") && (is(i + 1, "-") || is(i + 1, "\u2212")) && is(i + 2, ")"))
    return Cue{.begin = i, .end = i + 3, .kind = kNegatesBefore};
  if (!token.Is("?") || i + 1 >= tokens_.size() || !tokens_[i + 1].is_word()) return std::nullopt;
  const bool first = i == 0 || sentence_[i - 1] != sentence_[i];
  const bool touches = token.end == tokens_[i + 1].begin;
  if (!first && !touches && !is(i - 1, ":") && !is(i - 1, ",") && !is(i - 1, "("))
    return std::nullopt;
  return Cue{.begin = i, .end = i + 1, .kind = kUncertainAfter};
}

void ContextFinder::FindCues() {
  const auto& phrases = Phrases();
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].folded.empty()) continue;
    if (const std::optional<Cue> sign = SignAt(i); sign.has_value()) {
      cues_.push_back(*sign);
      continue;
    }
    const auto at = phrases.find(tokens_[i].folded);
    if (at == phrases.end()) continue;
    std::size_t longest = 0, taken = i;
    for (const Phrase& phrase : at->second) {
      if (phrase.words.size() < longest) break;  // shorter ones are part of what was found
      const std::size_t end = PhraseEnd(tokens_, i, phrase);
      if (end == 0 || IsHeadOfAnother(i, end)) continue;
      longest = phrase.words.size();
      taken = end;
      cues_.push_back({.begin = i, .end = end, .kind = phrase.kind});
    }
    if (taken > i) i = taken - 1;
  }
  // What looks like a negation and is none takes the words of the cues inside it with it.
  const std::vector<Cue> all = cues_;
  std::erase_if(cues_, [&](const Cue& cue) {
    return (cue.kind == kNegatesAfter || cue.kind == kNegatesBefore) &&
           std::ranges::any_of(all, [&](const Cue& other) {
             return (other.kind == kNone || other.kind == kNoneUncertain) &&
                    other.begin < cue.end && cue.begin < other.end;
           });
  });
}

// "ne ... pas", "n'y a plus": "pas" by itself negates only after "ne" (in notes also before "de").
void ContextFinder::FindDistantNegation(std::size_t begin, std::size_t end) {
  constexpr std::size_t kBetween = 6;
  for (std::size_t i = begin; i < end; ++i) {
    if (!InList(tokens_[i].folded, "pas plus jamais aucun aucune")) continue;
    for (std::size_t back = 1; back <= kBetween && back <= i - begin; ++back) {
      if (!InList(tokens_[i - back].folded, "ne n")) continue;
      cues_.push_back({.begin = i, .end = i + 1, .kind = kNegatesAfter});
      break;
    }
  }
}

bool ContextFinder::InScope(const Cue& cue, std::size_t begin, std::size_t end) const {
  const bool after = cue.end <= begin;
  if (!after && cue.begin < end) return false;  // inside the term itself
  const std::size_t from = after ? cue.end : end, to = after ? begin : cue.begin;
  if (sentence_[cue.begin] != sentence_[begin]) return false;
  std::size_t n_words = 0;
  for (std::size_t i = from; i < to; ++i) n_words += tokens_[i].is_word() ? 1 : 0;
  if (n_words > (after ? kScopeWords : kScopeWordsBefore)) return false;
  return std::ranges::none_of(cues_, [&](const Cue& stop) {
    return stop.kind == kEnds && stop.begin >= from && stop.end <= to;
  });
}

TermContext ContextFinder::Of(std::size_t begin, std::size_t end) const {
  TermContext context;
  bool beside = false;  // an adjective of uncertainty stands right behind the term
  for (const Cue& cue : cues_) {
    if (cue.kind == kNone || cue.kind == kEnds || !InScope(cue, begin, end)) continue;
    const bool after = cue.end <= begin;  // the term stands after the cue
    switch (cue.kind) {
      case kNegatesAfter:
        context.negated = context.negated || after;
        break;
      case kNegatesBefore:
        context.negated = context.negated || (!after && !PartedFrom(cue, end));
        break;
      case kNoneUncertain:
        context.uncertain = true;
        break;
      case kHistory:
        context.historical = context.historical || after;
        break;
      case kFamily:
        context.family = context.family || after;
        break;
      case kFamilyBefore:
        context.family = true;
        break;
      case kHypothesis:
        context.hypothetical = context.hypothetical || (after && !HasResult(cue, end));
        break;
      case kHistoryBefore:
        context.historical = context.historical || !after;
        break;
      case kUncertainAfter:
        context.uncertain = context.uncertain || (after && !NegatedBetween(cue, begin));
        break;
      case kUncertainBefore:
        // "aucune lésion suspecte": the adjective says which one there is none of.
        if (!after) (cue.begin == end && cue.end == end + 1 ? beside : context.uncertain) = true;
        break;
      default:
        break;
    }
  }
  context.uncertain = context.uncertain || (beside && !context.negated);
  return context;
}

// "pas de lésion suspecte, pas d'adénopathie": a negation of its own begins another clause.
bool ContextFinder::NegatedBetween(const Cue& cue, std::size_t begin) const {
  return std::ranges::any_of(cues_, [&](const Cue& other) {
    return other.kind == kNegatesAfter && other.begin >= cue.end && other.end <= begin;
  });
}

// "fièvre absente", not "fièvre, toux absente": a comma parts them, unless a relative clause
// follows it ("HIV, which was negative") or the verb is of several ("clubbing, cyanosis and edema
// are absent").
bool ContextFinder::PartedFrom(const Cue& cue, std::size_t end) const {
  const bool plural = InList(tokens_[cue.begin].folded, "are were sont");
  for (std::size_t i = end; i < cue.begin; ++i) {
    if (tokens_[i].Is(",") && !plural &&
        !InList(tokens_[i + 1].folded, "which qui that lequel laquelle"))
      return true;
  }
  return false;
}

// "Recherche de BK négative", "dépistage du VIH, qui s'est révélé négatif": it was looked for, and
// here is what was found.
bool ContextFinder::HasResult(const Cue& cue, std::size_t end) const {
  if (!InList(tokens_[cue.begin].folded, "recherche depistage screening")) return false;
  for (std::size_t i = end; i < tokens_.size() && sentence_[i] == sentence_[end - 1]; ++i) {
    if (InList(tokens_[i].folded,
               "negatif negative negatifs negatives positif positive positifs positives"))
      return true;
  }
  return false;
}

std::vector<NoteSection> FindSections(const std::vector<Token>& tokens) {
  std::vector<NoteSection> sections;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && tokens[i - 1].kind != Token::Kind::kBreak) continue;
    std::string title;
    std::size_t at = i;
    for (; at < tokens.size() && at < i + 6 && (tokens[at].is_word() || tokens[at].Is("'")); ++at) {
      if (!title.empty()) title += ' ';
      if (tokens[at].is_word())
        title += tokens[at].folded;
      else if (!title.empty())
        title.pop_back();
    }
    const bool colon = at < tokens.size() && tokens[at].Is(":");
    const bool alone = at >= tokens.size() || tokens[at].kind == Token::Kind::kBreak;
    if (title.empty() || (!colon && !alone)) continue;
    for (const Heading& heading : kHeadings) {
      const std::vector<absl::string_view> titles = absl::StrSplit(Av(heading.titles), ',');
      if (std::ranges::find(titles, absl::string_view(title)) == titles.end()) continue;
      sections.push_back({.begin = at + (colon ? 1 : 0),
                          .name = heading.name,
                          .loinc = heading.loinc,
                          .family = heading.family,
                          .historical = heading.historical});
      break;
    }
  }
  return sections;
}

}  // namespace essaim::text
