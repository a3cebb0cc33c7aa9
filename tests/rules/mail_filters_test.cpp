#include "rules/mail_filters.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "rules/mail_addresses.hpp"
#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

using verdict = mail_verdict;
const std::vector<std::string> own{"help@shop.example", "inb-1@inbox.example.com"};

mail_facts from(std::string_view address) {
  mail_facts facts;
  facts.from = address;
  return facts;
}

TEST(MailFilters, A49_A50_WhoIsNamedMostExactlyDecides) {
  mail_filters by;
  by.allow = {"friend@spam.example", "good.spam.example", "partner.example"};
  by.deny = {"bad@partner.example", "spam.example"};
  const std::pair<std::string_view, verdict> table[] = {
      {"anybody@else.example", verdict::deliver},
      {"x@spam.example", verdict::denied},
      {"X@SPAM.EXAMPLE", verdict::denied},
      {" x@spam.example ", verdict::denied},
      {"friend@spam.example", verdict::deliver},
      {"x@deep.spam.example", verdict::denied},
      {"x@good.spam.example", verdict::deliver},
      {"x@very.good.spam.example", verdict::deliver},
      {"x@notspam.example", verdict::deliver},
      {"x@spam.example.com", verdict::deliver},
      {"bad@partner.example", verdict::denied},
      {"good@partner.example", verdict::deliver},
      {"friend@spam.example@x.example", verdict::deliver},
      {"", verdict::deliver},
      {"spam.example", verdict::denied},
  };
  for (const auto& [address, expected] : table) EXPECT_EQ(judge_mail(by, from(address), own), expected) << address;
  by.allow.insert(by.allow.begin(), "both.example");
  by.deny.insert(by.deny.begin() + 1, "both.example");
  EXPECT_EQ(judge_mail(by, from("x@both.example"), own), verdict::deliver) << "(d) allow before deny";
}

TEST(MailFilters, A51_AutomatedResponsesAreKnownByTheirHeaders) {
  struct row {
    mail_facts facts;
    verdict expected;
  };
  std::vector<row> table{{from("a@b.example"), verdict::deliver}};
  const auto with = [&table](verdict expected, auto&& set) {
    auto facts = from("a@b.example");
    set(facts);
    table.push_back({facts, expected});
  };
  for (const char* automatic : {"auto-replied", "Auto-Generated; x=y", " auto-notified ", "anything"})
    with(verdict::automated_response, [&](mail_facts& f) { f.auto_submitted = automatic; });
  for (const char* person : {"no", "NO", " no ; comment", ""})
    with(verdict::deliver, [&](mail_facts& f) { f.auto_submitted = person; });
  for (const char* mass : {"bulk", "Junk", "auto_reply"})
    with(verdict::automated_response, [&](mail_facts& f) { f.precedence = mass; });
  with(verdict::deliver, [](mail_facts& f) { f.precedence = "list"; });
  with(verdict::automated_response, [](mail_facts& f) { f.has_autoreply_header = true; });
  with(verdict::automated_response, [](mail_facts& f) { f.return_path = ""; });
  with(verdict::deliver, [](mail_facts& f) { f.return_path = "a@b.example"; });
  mail_filters by;
  for (std::size_t i = 0; i < table.size(); ++i) EXPECT_EQ(judge_mail(by, table[i].facts, own), table[i].expected) << i;
  by.automated_responses = false;
  for (const auto& one : table) EXPECT_EQ(judge_mail(by, one.facts, own), verdict::deliver);
  by.automated_responses = true;
  by.allow = {"b.example"};
  for (const auto& one : table)
    EXPECT_EQ(judge_mail(by, one.facts, own), verdict::deliver) << "whoever is allowed may answer automatically";
}

TEST(MailFilters, A51_WhatComesFromAnOwnAddressIsALoop) {
  mail_filters by;
  by.allow = {"help@shop.example"};
  EXPECT_EQ(judge_mail(by, from("Help@Shop.example"), own), verdict::own_address) << "whatever a list says";
  by.own_addresses = false;
  EXPECT_EQ(judge_mail(by, from("Help@Shop.example"), own), verdict::deliver);
}

TEST(MailFilters, A51_OwnAddressesAreThoseOfAllInboxesAndChannels) {
  sample_account acme;
  acme.config.account.subdomain = "acme";
  const auto in = acme.add_inbox(true);
  const auto mail = acme.add_channel(in);
  acme.change(mail, [](channel& c) { c.type = channel_type::email, c.address = "Help@Shop.example"; });
  (void)provision_all(acme.config);
  const auto all = own_addresses(acme.config);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (const auto& one : {std::string{"help@shop.example"}, default_address(acme.config, acme.of(in)),
                          forwarding_address(acme.config, acme.of(in))})
    EXPECT_TRUE(std::binary_search(all.begin(), all.end(), one)) << one;
}

TEST(MailFilters, ItsVerdictsHaveWords) {
  for (const auto one : {verdict::deliver, verdict::denied, verdict::automated_response, verdict::own_address})
    EXPECT_FALSE(to_text(one).empty());
}

}  // namespace
}  // namespace signalbox
