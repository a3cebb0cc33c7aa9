#include "rules/sending.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "rules/mail_addresses.hpp"
#include "tests/rules/sample_account.hpp"

namespace signalbox {
namespace {

struct Sending : testing::Test {
  sample_account acme;
  inbox_id in = acme.add_inbox(true);
  user_id ada = acme.add_agent();

  Sending() {
    acme.config.account.subdomain = "acme";
    (void)provision_all(acme.config);
    acme.change(ada, [](user& u) { u.first_name = "Ada", u.last_name = "Lovelace"; });
  }
  channel_id add_mail(const std::string& address) {
    const auto id = acme.add_channel(in);
    acme.change(id, [&](channel& c) { c.type = channel_type::email, c.address = address; });
    return id;
  }
  /// The address that sends, or the code of the refusal.
  std::string sends(std::optional<channel_id> over = std::nullopt) {
    const auto said = sending_address_of(acme.config, acme.of(in), over ? &acme.of(*over) : nullptr);
    if (const auto* no = std::get_if<refusal>(&said)) return std::string{to_text(no->code)};
    EXPECT_EQ(std::get<mail_sender>(said).team_email.has_value(),
              std::get<mail_sender>(said).address.find("acme.") == std::string::npos);
    return std::get<mail_sender>(said).address;
  }
  void send(bool on) {
    acme.change(in, [on](inbox& i) { i.fallback.send = on; });
  }
  std::string fallback() { return address_in_force(acme.config, acme.of(in)); }
};

TEST_F(Sending, S22_WithoutATeamEmailTheFallbackAddressSends) {
  EXPECT_EQ(sends(), fallback());
  EXPECT_EQ(sends(acme.add_channel(in)), fallback()) << "whatever the conversation came by";
}

TEST_F(Sending, S22_WithOneTheTeamEmailSends) {
  const auto first = add_mail("first@shop.example");
  const auto second = add_mail("second@shop.example");
  EXPECT_EQ(sends(), "first@shop.example");
  EXPECT_EQ(sends(second), "second@shop.example") << "the conversation's own";
  EXPECT_EQ(sends(first), "first@shop.example");
  const auto other = acme.add_inbox();
  acme.change(first, [&](channel& c) { c.inbox = other; });
  acme.change(second, [&](channel& c) { c.inbox = other; });
  EXPECT_EQ(sends(), fallback()) << "another inbox's is not this one's";
}

TEST_F(Sending, S23_ADisconnectedTeamEmailFallsBack) {
  const auto mail = add_mail("help@shop.example");
  add_mail("other@shop.example");
  acme.change(mail, [](channel& c) { c.authorized = false; });
  EXPECT_EQ(sends(mail), fallback()) << "not another mailbox, which the contact doesn't know";
  acme.change(mail, [](channel& c) { c.authorized = true; });
  EXPECT_EQ(sends(mail), "help@shop.example");
}

TEST_F(Sending, S26_RefusedWhileTheFallbackAddressMustNotSend) {
  send(false);
  EXPECT_EQ(sends(), "channel_off");
  const auto mail = add_mail("help@shop.example");
  EXPECT_EQ(sends(), "help@shop.example") << "the switch is the fallback address's";
  acme.change(mail, [](channel& c) { c.authorized = false; });
  EXPECT_EQ(sends(mail), "channel_off");
  const auto receives = receiving_addresses(acme.config, acme.of(in));
  EXPECT_TRUE(std::binary_search(receives.begin(), receives.end(), fallback())) << "receiving is not gated";
}

TEST_F(Sending, S78_AnEmailChannelThatIsOffSendsNothing) {
  const auto mail = add_mail("help@shop.example");
  acme.change(mail, [](channel& c) { c.on = false; });
  EXPECT_EQ(sends(mail), "channel_off");
  EXPECT_EQ(sends(), fallback());
}

TEST_F(Sending, S28_S29_TheRecipientSeesTheAgentAndTheCompanyOrTheCompanyAlone) {
  fallback_email by;
  by.company = "Acme";
  EXPECT_EQ(shown_from_name(by, acme.of(ada)), "Ada from Acme");
  by.name_mode = from_name_mode::company;
  EXPECT_EQ(shown_from_name(by, acme.of(ada)), "Acme");
}

TEST_F(Sending, S39_S40_ASignatureGoesWithMailFromTheInboxWhenItIsSet) {
  fallback_email by;
  by.signature_html = "<p>Bye</p>";
  EXPECT_EQ(signature_for(by, acme.of(ada), written_in::inbox), std::nullopt) << "not on";
  by.signature_on = true;
  EXPECT_EQ(signature_for(by, acme.of(ada), written_in::inbox), "<p>Bye</p>");
  EXPECT_EQ(signature_for(by, acme.of(ada), written_in::elsewhere), std::nullopt);
  by.signature_html.clear();
  EXPECT_EQ(signature_for(by, acme.of(ada), written_in::inbox), std::nullopt);
}

TEST_F(Sending, S42_TokensBecomeTheSendersOwnNames) {
  auto who = acme.of(ada);
  const auto shown = [&](std::string_view html) { return with_names(html, who); };
  EXPECT_EQ(shown("<p>{{full_name}}, {{first_name}} {{ last_name }}</p>"), "<p>Ada Lovelace, Ada Lovelace</p>");
  EXPECT_EQ(shown("{{first_name}}{{first_name}}"), "AdaAda");
  EXPECT_EQ(shown("{{company}} {{{{first_name}}}} {{ {first_name}} {{first_name"),
            "{{company}} {{Ada}} {{ {first_name}} {{first_name");
  who.first_name = "<img src=x onerror='a()'>&\"{{last_name}}";
  EXPECT_EQ(shown("{{first_name}}"), "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;{{last_name}}")
      << "a name is text, and is not looked into";
  who.last_name.clear();
  who.first_name = "Cher";
  EXPECT_EQ(shown("{{full_name}}|{{last_name}}"), "Cher|");
}

TEST_F(Sending, S45_S46_S47_AForwardedMailBelongsToWhoWroteItFirstOrToTheForwarder) {
  fallback_email by;
  EXPECT_EQ(contact_address_of(by, {"Ben@acme.example", "Visitor@home.example"}), "visitor@home.example") << "S45";
  EXPECT_EQ(contact_address_of(by, {"Ben@acme.example", std::nullopt}), "ben@acme.example") << "S47";
  EXPECT_EQ(contact_address_of(by, {"ben@acme.example", "undisclosed recipients"}), "ben@acme.example") << "S47";
  by.original_sender = false;
  EXPECT_EQ(contact_address_of(by, {"ben@acme.example", "visitor@home.example"}), "ben@acme.example") << "S46";
}

TEST_F(Sending, S69_AChangeShowsInMailSentFromThenOn) {
  acme.change(in, [](inbox& i) { i.fallback.signature_html = "one", i.fallback.signature_on = true; });
  const auto before = acme.config;  // the snapshot that a mail on its way was made of
  acme.change(in, [](inbox& i) { i.fallback.signature_html = "two", i.fallback.company = "Changed"; });
  EXPECT_EQ(signature_for(before.inboxes.find(in)->fallback, acme.of(ada), written_in::inbox), "one");
  EXPECT_EQ(signature_for(acme.of(in).fallback, acme.of(ada), written_in::inbox), "two");
  EXPECT_EQ(shown_from_name(acme.of(in).fallback, acme.of(ada)), "Ada from Changed");
}

}  // namespace
}  // namespace signalbox
