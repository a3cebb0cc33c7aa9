#include "rules/webhook.hpp"

#include <gtest/gtest.h>

#include "rules/account_event.hpp"

namespace signalbox {
namespace {

TEST(Webhook, GoodUrls) {
  for (const auto* url : {"https://hooks.acme.example/in", "http://acme.example", "https://acme.example:8443/a?b=c%20d",
                          "HTTPS://a.b/", "http://127.0.0.1:9/", "http://[2001:db8::1]/x", "https://[::1]:80"})
    EXPECT_EQ(url_fault(url), std::nullopt) << url;
}

TEST(Webhook, UrlsThatWontDo) {
  for (const auto* url : {"",
                          "acme.example/in",
                          "ftp://acme.example",
                          "file:///etc/passwd",
                          "https://",
                          "https:///x",
                          "http://:80",
                          "https://a.example:0",
                          "https://a.example:65536",
                          "https://a.example:8o",
                          "https://a.example:",
                          "http://[::1",
                          "http://[::1]x",
                          "http://[]/",
                          "https://u:p@a.example",
                          "https://a.example/#top",
                          "https://a.example/ b",
                          "https://a.example/\n",
                          "https://a.example/ü",
                          "https://a example/",
                          "https://a.example\\@b.example/",
                          "gopher://a.example",
                          "https://a.example/{x}",
                          "//a.example"})
    EXPECT_NE(url_fault(url), std::nullopt) << url;
  EXPECT_EQ(url_fault("https://a.example/" + std::string(webhook_url_bytes_max - 18, 'x')), std::nullopt);
  EXPECT_NE(url_fault("https://a.example/" + std::string(webhook_url_bytes_max - 17, 'x')), std::nullopt);
}

TEST(Webhook, WithoutEventsItWantsAll) {
  webhook all;
  EXPECT_TRUE(all.wants(happening::availability_changed));
  webhook one;
  one.events = {happening::message_created};
  EXPECT_TRUE(one.wants(happening::message_created));
  EXPECT_FALSE(one.wants(happening::message_status));
}

TEST(Webhook, EveryTypeHasItsWordBothWays) {
  for (std::size_t i = 0; i < happenings_known; ++i) {
    const auto one = static_cast<happening>(i);
    EXPECT_FALSE(to_text(one).empty());
    EXPECT_EQ(parse_happening(to_text(one)), one);
  }
  EXPECT_EQ(parse_happening("message.sent"), std::nullopt);
  EXPECT_EQ(parse_happening(""), std::nullopt);
}

TEST(AccountEvent, PlacesKeepTheOrderOfPositions) {
  EXPECT_LT(place_of(7, happening::conversation_created), place_of(7, happening::message_created));
  EXPECT_LT(place_of(7, happening::message_created), place_of(8, happening::conversation_created));
  EXPECT_EQ(position_of_place(place_of(7, happening::conversation_created)), 7u);
  EXPECT_EQ(position_of_place(place_of(7, happening::message_created)), 7u);
  EXPECT_LT(place_before_position(7), place_of(7, happening::conversation_created));
  EXPECT_EQ(place_before_position(7), place_of(6, happening::message_created));
  EXPECT_EQ(place_before_position(0), 0u);
}

TEST(AccountEvent, EachEventOfTheLogHasOneWord) {
  event of;
  const auto word = [&](event_kind kind) {
    of.kind = kind;
    return to_text(happening_of(of));
  };
  EXPECT_EQ(word(event_kind::message), "message.created");
  EXPECT_EQ(word(event_kind::comment), "comment.created");
  EXPECT_EQ(word(event_kind::message_status), "message.status");
  EXPECT_EQ(word(event_kind::waiting), "conversation.waiting");
  EXPECT_EQ(word(event_kind::availability), "availability.changed");
  EXPECT_EQ(word(event_kind::status), "conversation.updated");
  EXPECT_EQ(word(event_kind::move), "conversation.updated");
  EXPECT_EQ(word(event_kind::update), "conversation.updated");
  EXPECT_EQ(word(event_kind::assignment), "assignment.withdrawn") << "to nobody";
  of.to = user_id{1};
  EXPECT_EQ(word(event_kind::assignment), "assignment.created");
  of.to = team_id{1};
  EXPECT_EQ(word(event_kind::assignment), "assignment.created");
  EXPECT_EQ(word(event_kind::configuration), "configuration.changed");
  const auto changed = [&](event_kind kind, change_kind change) {
    of.changed = resource_change{resource_kind::contact, change, 5, {}};
    return word(kind);
  };
  EXPECT_EQ(changed(event_kind::contact, change_kind::created), "contact.created");
  EXPECT_EQ(changed(event_kind::contact, change_kind::changed), "contact.updated");
  EXPECT_EQ(changed(event_kind::contact, change_kind::deleted), "contact.deleted");
  EXPECT_EQ(changed(event_kind::contact, change_kind::merged), "contact.merged");
  EXPECT_EQ(changed(event_kind::ticket, change_kind::created), "ticket.created");
  EXPECT_EQ(changed(event_kind::ticket, change_kind::changed), "ticket.updated");
  EXPECT_EQ(changed(event_kind::ticket, change_kind::deleted), "ticket.deleted");
}

TEST(AccountEvent, IsAboutTheContactOrResourceUnlessItIsOfAConversation) {
  event of;
  EXPECT_EQ(about_of(of), 0u);
  of.changed = resource_change{resource_kind::contact, change_kind::created, 5, {}};
  EXPECT_EQ(about_of(of), 5u);
  of.conversation = {3};
  EXPECT_EQ(about_of(of), 0u) << "a ticket goes with its conversation";
}

TEST(AccountEvent, AConversationBeginsWithItsFirstMessage) {
  event of;
  of.kind = event_kind::message;
  of.seq = 1;
  EXPECT_TRUE(opens_conversation(of));
  of.seq = 2;
  EXPECT_FALSE(opens_conversation(of));
  of.seq = 1;
  of.kind = event_kind::comment;
  EXPECT_FALSE(opens_conversation(of));
}

}  // namespace
}  // namespace signalbox
