#include "rules/newest_part.hpp"

#include <gtest/gtest.h>

#include <string>

namespace signalbox {
namespace {

struct newest_case {
  const char* name;
  std::string text, newest;
};
class NewestPart : public testing::TestWithParam<newest_case> {};

TEST_P(NewestPart, A47_IsWhatItsWriterWrote) { EXPECT_EQ(newest_part(GetParam().text), GetParam().newest); }

INSTANTIATE_TEST_SUITE_P(
    Mails, NewestPart,
    testing::Values(
        newest_case{"nothing_quoted", "Hello,\n\nwhere is my parcel?\n", "Hello,\n\nwhere is my parcel?\n"},
        newest_case{"empty", "", ""},
        newest_case{"introduced", "Thanks!\n\nOn Mon, 3 Aug 2026 at 10:00, Ada <ada@acme.test> wrote:\n> Hello\n> there\n",
                    "Thanks!"},
        newest_case{"introduced_over_two_lines",
                    "Thanks!\r\n\r\nOn Mon, 3 Aug 2026 at 10:00, Ada Lovelace\r\n<ada@acme.test> wrote:\r\n\r\n> Hello\r\n",
                    "Thanks!"},
        newest_case{"introduced_in_german", "Danke.\n\nAm 3.8.26 um 10:00 schrieb Ada:\n> Hallo\n>\n> Gruß\n\n\n", "Danke."},
        newest_case{"only_the_last_line_of_a_paragraph_introduces", "One\ntwo\nthree\nfour\nAda wrote:\n> Hello",
                    "One\ntwo\nthree\nfour"},
        newest_case{"not_introduced", "Yes.\n> Shall we?\n", "Yes."},
        newest_case{"answers_between", "> First?\nYes.\n> Second?\nNo.\n", "> First?\nYes.\n> Second?\nNo.\n"},
        newest_case{"quotes_then_writes", "> You said this\n\nI say that.", "> You said this\n\nI say that."},
        newest_case{"only_quoted", "> Hello\n> there\n", "> Hello\n> there\n"},
        newest_case{"original_message", "Done.\n\n-----Original Message-----\nFrom: Ada\nHello", "Done."},
        newest_case{"separator_in_french", "Fait.\n---- Message d'origine ----\nBonjour", "Fait."},
        newest_case{"passed_on", "---------- Forwarded message ---------\nFrom: Ada\n\nHello",
                    "---------- Forwarded message ---------\nFrom: Ada\n\nHello"},
        newest_case{"rule_and_headers", "Ok\n\n________________________________\nVon: Ada\nGesendet: Montag\nAn: Bo\n\nHallo",
                    "Ok"},
        newest_case{"rule_alone", "Above\n__________\nbelow", "Above\n__________\nbelow"},
        newest_case{"dashes_alone", "Above\n----------\nbelow", "Above\n----------\nbelow"},
        newest_case{"signature_mark", "Hello\n-- \nAda", "Hello\n-- \nAda"},
        newest_case{"a_list", "These:\n- one\n- two", "These:\n- one\n- two"},
        newest_case{"first_sign_counts", "New\n-----Original Message-----\nOld\n> older", "New"}),
    [](const auto& one) { return std::string{one.param.name}; });

TEST(NewestPart, A47_IsFoundInTimeThatGrowsWithTheText) {
  std::string text = "New\n";
  for (int i = 0; i < 100'000; ++i) text += i % 2 == 0 ? "\n" : "__________\n";
  text += "> old";
  EXPECT_EQ(newest_part(text).substr(0, 3), "New");
}

}  // namespace
}  // namespace signalbox
