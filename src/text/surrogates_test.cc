#include "text/surrogates.h"

#include "base/testing/status_matchers.h"
#include "text/deidentify.h"
#include "text/surrogate_dates.h"
#include "text/word_lists.h"

namespace essaim::text {
namespace {

const SecretBytes& Master() {
  static const auto* const kMaster = new SecretBytes(SecretBytes::CopyOf(std::string(32, 'k')));
  return *kMaster;
}

TEST(MoveWrittenDate, InTheFormThatItHad) {
  for (const auto& [text, moved] : {std::pair{"12/03/2020", "13/03/2020"},
                                    {"28.2.2021", "1.3.2021"},
                                    {"31-12-99", "01-01-00"},
                                    {"2020-02-28", "2020-02-29"},
                                    {"31 janvier 2020", "1 février 2020"},
                                    {"31 JANVIER 2020", "1 FEVRIER 2020"},
                                    {"March 31st, 2021", "April 1st, 2021"},
                                    {"1er mars 2019", "2 mars 2019"},
                                    {"31-MAR-2019", "1-APR-2019"},
                                    {"lundi 12 mars 2018", "mardi 13 mars 2018"},
                                    {"12th of March 2019", "13th of March 2019"}})
    EXPECT_EQ(MoveWrittenDate(text, 1, true), moved) << text;
}

TEST(MoveWrittenDate, WhatIsNotADayIsLeft) {
  for (const char* text : {"mars 2019", "12 mars", "2019", "30/25/2019", "", "12/3", "le 5",
                           "99999/1/2", "12 mars avril 2019", "1/2/3/4"})
    EXPECT_EQ(MoveWrittenDate(text, 1, true), std::nullopt) << text;
  // Which is the day, in English?
  EXPECT_EQ(MoveWrittenDate("03/04/2020", 1, false), std::nullopt);
  EXPECT_EQ(MoveWrittenDate("03/14/2020", 1, false), "03/15/2020");
  EXPECT_EQ(MoveWrittenDate("04/04/2020", 1, false), "05/04/2020");
}

TEST(Surrogates, OneNameForOnePerson) {
  const Surrogates site(Master(), "p", "north", nullptr);
  const std::string name = site.NameFor(7, "Dupont");
  EXPECT_NE(name, "Dupont");
  EXPECT_EQ(site.NameFor(7, "Dupont"), name);
  EXPECT_EQ(site.NameFor(7, "DUPONT").size(), name.size());
  EXPECT_EQ(site.NameFor(7, "Claire Dupont").substr(site.NameFor(7, "Claire").size() + 1), name);
  EXPECT_NE(site.NameFor(8, "Dupont"), name);  // another person's Dupont
  EXPECT_NE(Surrogates(Master(), "p", "south", nullptr).NameFor(7, "Dupont"), name);
  EXPECT_NE(Surrogates(Master(), "q", "north", nullptr).NameFor(7, "Dupont"), name);
  const std::string particle = site.NameFor(7, "J.-P. de La Tour");
  EXPECT_EQ(particle.substr(1, 2), ".-");
  EXPECT_NE(particle.find(" de La "), std::string::npos);
}

TEST(Surrogates, AreMarkedAndDatesMoveAsThePersonsRows) {
  const DateShift shift(Master(), "p", {.days_max = 100});
  const Surrogates site(Master(), "p", "north", &shift);
  const std::string text =
      "Le patient Dupont a été vu le 12/03/2020 par le Dr Durand. Tél. 06 12 34 56 78.";
  const std::vector<Span> spans = FindIdentifying(text, {}, KnownNames());
  const std::string moved = *MoveWrittenDate("12/03/2020", shift.DaysOf(7), true);
  EXPECT_EQ(site.Replace(text, spans, 7),
            "Le patient [NOM:" + site.NameFor(7, "Dupont") + "] a été vu le [DATE:" + moved +
                "] par le Dr [NOM:" + site.NameFor(7, "Durand") + "]. Tél. [TELEPHONE].");
  // Without the rows' dates being moved there is nothing to move by.
  EXPECT_NE(Surrogates(Master(), "p", "north", nullptr).Replace(text, spans, 7).find("[DATE]"),
            std::string::npos);
}

TEST(Surrogates, AreNoWordsOfTheLanguage) {
  EXPECT_GT(PlainGivenNames().size(), 2'000u);
  EXPECT_GT(PlainFamilyNames().size(), 2'000u);
  for (const std::string_view name : PlainFamilyNames()) EXPECT_FALSE(IsCommonWord(name)) << name;
}

}  // namespace
}  // namespace essaim::text
