#include <gtest/gtest.h>

#include <set>

#include "rules/assignment.hpp"
#include "rules/conversation.hpp"
#include "rules/refusal.hpp"

namespace signalbox {
namespace {

template <class Enum, class Parse>
void expect_both_ways(std::initializer_list<std::pair<Enum, const char*>> all, Parse parse) {
  for (const auto& [value, word] : all) {
    EXPECT_EQ(to_text(value), word);
    EXPECT_EQ(parse(word), value);
  }
  for (const char* foreign : {"", " ", "Free", "paid ", "unknown"}) EXPECT_FALSE(parse(foreign)) << foreign;
}

TEST(Words, S1_PlansAreFour) {
  expect_both_ways<plan>(
      {{plan::free, "free"}, {plan::starter, "starter"}, {plan::professional, "professional"}, {plan::enterprise, "enterprise"}},
      parse_plan);
}

TEST(Words, AreTheWires) {
  expect_both_ways<seat>({{seat::free, "free"}, {seat::paid, "paid"}}, parse_seat);
  expect_both_ways<access_mode>({{access_mode::everyone, "everyone"}, {access_mode::specific, "specific"}}, parse_access_mode);
  expect_both_ways<channel_type>({{channel_type::custom, "custom"},
                                  {channel_type::email, "email"},
                                  {channel_type::chat, "chat"},
                                  {channel_type::form, "form"},
                                  {channel_type::messenger, "messenger"},
                                  {channel_type::whatsapp, "whatsapp"}},
                                 parse_channel_type);
  expect_both_ways<assign_to>({{assign_to::specific, "specific"}, {assign_to::contact_owner, "contact_owner"}}, parse_assign_to);
  expect_both_ways<strategy>(
      {{strategy::balanced, "balanced"}, {strategy::round_robin, "round_robin"}, {strategy::random, "random"}}, parse_strategy);
  expect_both_ways<presence>({{presence::available, "available"}, {presence::away, "away"}}, parse_presence);
  expect_both_ways<conversation_status>({{conversation_status::open, "open"}, {conversation_status::closed, "closed"}},
                                        parse_conversation_status);
  expect_both_ways<message_status>({{message_status::sent, "sent"},
                                    {message_status::delivered, "delivered"},
                                    {message_status::read, "read"},
                                    {message_status::failed, "failed"}},
                                   parse_delivery_status);
  EXPECT_FALSE(parse_delivery_status("accepted"));
  EXPECT_FALSE(parse_delivery_status("received"));
  EXPECT_EQ(to_text(token_kind::connector), "connector");
  EXPECT_EQ(to_text(message_direction::out), "out");
  EXPECT_EQ(to_text(presence_reason::out_of_office), "out_of_office");
  EXPECT_EQ(to_text(presence_reason::no_ack), "no_ack");
  EXPECT_EQ(to_text(assignment_reason::by_hand), "by_hand");
  EXPECT_EQ(to_text(assignment_reason::unassigned), "unassigned");
  EXPECT_EQ(to_text(decision_result::unassigned), "unassigned");
  EXPECT_EQ(to_text(tie_break::chance), "chance");
}

TEST(Words, EveryRefusalAndExclusionHasItsOwn) {
  std::set<std::string_view> codes;
  for (int i = 0; i <= static_cast<int>(refusal_code::internal); ++i) codes.insert(to_text(static_cast<refusal_code>(i)));
  EXPECT_EQ(codes.size(), static_cast<std::size_t>(refusal_code::internal) + 1);
  EXPECT_EQ(to_text(refusal_code::plan_limit), "plan_limit");

  std::set<std::string_view> exclusions;
  for (std::size_t i = 0; i < exclusion_count; ++i) {
    exclusions.insert(to_text(static_cast<exclusion>(i)));
    EXPECT_FALSE(rule_of(static_cast<exclusion>(i)).empty());
  }
  EXPECT_EQ(exclusions.size(), exclusion_count);
  EXPECT_EQ(to_text(exclusion::declined), "declined");
  EXPECT_EQ(to_text(exclusion::lapsed), "lapsed");
  EXPECT_EQ(rule_of(exclusion::free_seat), "S18");
}

}  // namespace
}  // namespace signalbox
