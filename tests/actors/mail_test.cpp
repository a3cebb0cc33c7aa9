// E-mail addresses over the whole server, and mail that is kept apart.
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "actors/account.hpp"
#include "rules/mail_addresses.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct Mail : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id acme = w->found("acme"), bolt = w->found("bolt");

  [[nodiscard]] const account_config& config(account_id of) const { return *w->actors().configuration(of); }
  [[nodiscard]] inbox_id inbox_of(account_id of) const { return w->default_inbox(of); }
  [[nodiscard]] const fallback_email& fallback(account_id of) const { return config(of).inboxes.find(inbox_of(of))->fallback; }

  /// Nothing: it was made.
  std::optional<refusal_code> attempt(account_id of, account_change what) {
    const auto done = w->change(of, std::move(what));
    const auto* no = std::get_if<refusal>(&done);
    return no ? std::optional{no->code} : std::nullopt;
  }
  [[nodiscard]] connect_channel mailbox(account_id of, std::string address) const {
    return {inbox_of(of), channel_type::email, "Mail", std::move(address)};
  }
  [[nodiscard]] verify_address verify(account_id of, std::string address, std::optional<std::string> hash = std::nullopt) const {
    verify_address wanted;
    wanted.inbox = inbox_of(of);
    wanted.address = std::move(address);
    wanted.fresh_code = "12345678";
    wanted.fresh_hash = "its hash";
    if (hash) wanted.code = "", wanted.code_hash = *hash;
    return wanted;
  }
  [[nodiscard]] std::vector<outgoing_mail> mails(account_id of) const {
    std::vector<outgoing_mail> all;
    const auto prefix = keys::mail_prefix(of);
    w->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
      all.push_back(decode_outgoing_mail(value));
      return true;
    });
    return all;
  }
  void crash() { w = std::make_unique<world>(w->crash(), actor_settings{}, w->env().now()); }
};

constexpr auto made = std::nullopt;
constexpr auto taken = refusal_code::address_taken;

TEST_F(Mail, S5_AFoundedAccountsInboxHasItsAddressAcrossACrash) {
  const auto before = fallback(acme);
  EXPECT_EQ(before.username, "conversations");
  crash();
  EXPECT_EQ(fallback(acme), before);
  EXPECT_TRUE(w->actors().provisioned().empty());
}

TEST_F(Mail, A4_OneAddressIsConnectedToOneInboxOnTheWholeServer) {
  ASSERT_EQ(attempt(acme, mailbox(acme, "Help@shop.example")), made);
  EXPECT_EQ(attempt(bolt, mailbox(bolt, "help@SHOP.example")), taken);
  EXPECT_EQ(attempt(bolt, verify(bolt, "help@shop.example")), taken);
  crash();
  EXPECT_EQ(attempt(bolt, mailbox(bolt, "help@shop.example")), taken) << "known again after a restart";
  for (const auto& one : config(acme).channels.ordered()) ASSERT_EQ(attempt(acme, delete_channel{one->id}), made);
  EXPECT_EQ(attempt(bolt, mailbox(bolt, "help@shop.example")), made) << "free again";
}

TEST_F(Mail, A4_OfTwoAccountsThatWantAnAddressAtOnceOneGetsIt) {
  std::vector<bool> got;
  for (const auto of : {acme, bolt}) {
    using both = std::pair<config_snapshot, touched>;
    caf::anon_send(
        *w->actors().account(of),
        change_account{w->admin(of), mailbox(of, "help@shop.example"), std::nullopt,
                       make_answer<both>([&got](outcome<both> done) { got.push_back(std::holds_alternative<both>(done)); })});
  }
  w->run();
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, (std::vector<bool>{false, true}));
}

TEST_F(Mail, A4_DeletingAnInboxFreesWhatWasConnectedToIt) {
  const auto second = std::get<inbox_id>(std::get<touched>(w->change(acme, create_inbox{"Sales", {}})));
  ASSERT_EQ(attempt(acme, connect_channel{second, channel_type::email, "Mail", "sales@shop.example"}), made);
  auto wanted = verify(acme, "own@shop.example");
  wanted.inbox = second;
  ASSERT_EQ(attempt(acme, wanted), made);
  wanted.code = "", wanted.code_hash = "its hash";
  ASSERT_EQ(attempt(acme, wanted), made);
  EXPECT_EQ(attempt(bolt, mailbox(bolt, "own@shop.example")), taken);
  ASSERT_EQ(attempt(acme, delete_inbox{second}), made);
  EXPECT_EQ(attempt(bolt, mailbox(bolt, "own@shop.example")), made);
  EXPECT_EQ(attempt(bolt, mailbox(bolt, "sales@shop.example")), made);
}

TEST_F(Mail, S36_TheCodeIsInTheOutboxWithTheChangeAndNowhereElse) {
  ASSERT_EQ(attempt(acme, verify(acme, "help@shop.example")), made);
  ASSERT_EQ(mails(acme).size(), 1u);
  EXPECT_NE(mails(acme)[0].text.find("12345678"), std::string::npos);
  EXPECT_TRUE(mails(bolt).empty());
  crash();
  EXPECT_EQ(mails(acme).size(), 1u);
  ASSERT_EQ(attempt(acme, verify(acme, "help@shop.example", "another hash")), made);
  EXPECT_FALSE(fallback(acme).verified);
  crash();
  EXPECT_EQ(fallback(acme).pending.value().attempts_left, verification_attempts - 1) << "a wrong attempt outlives a crash";
  ASSERT_EQ(attempt(acme, verify(acme, "help@shop.example", "its hash")), made);
  EXPECT_EQ(fallback(acme).verified, "help@shop.example");
  EXPECT_EQ(attempt(bolt, verify(bolt, "help@shop.example")), taken);
  crash();
  EXPECT_EQ(attempt(bolt, verify(bolt, "help@shop.example")), taken);
}

TEST_F(Mail, S36_OfTwoAccountsThatVerifyOneAddressTheFirstHasIt) {
  ASSERT_EQ(attempt(acme, verify(acme, "help@shop.example")), made);
  ASSERT_EQ(attempt(bolt, verify(bolt, "help@shop.example")), made) << "nobody has it while codes are on their way";
  ASSERT_EQ(attempt(bolt, verify(bolt, "help@shop.example", "its hash")), made);
  EXPECT_EQ(attempt(acme, verify(acme, "help@shop.example", "its hash")), taken);
  EXPECT_FALSE(fallback(acme).verified);
}

TEST_F(Mail, InboxesOfAStoreOfBeforeGetTheirAddressesAndKeepThem) {
  const auto second = std::get<inbox_id>(std::get<touched>(w->change(acme, create_inbox{"Conversations", {}})));
  change_set old{keys::group_of(acme)};
  for (const auto& one : config(acme).inboxes.ordered()) {
    auto bare = *one;
    bare.fallback = {};
    std::string record;
    encode(record, bare);
    old.put(family::config, keys::config(acme, keys::config_kind::inbox, bare.id.value), record);
  }
  auto disk = w->crash();
  const auto when = w->env().now();
  std::uint64_t first = 0;
  const change_set* sets[] = {&old};
  disk->commit(sets, {&first, 1});
  w = std::make_unique<world>(std::move(disk), actor_settings{}, when);
  ASSERT_EQ(w->actors().provisioned().size(), 1u);
  EXPECT_EQ(config(acme).inboxes.find(second)->fallback.username, "conversations-1");
  write_provisioned(w->env());
  w->run();
  crash();
  EXPECT_TRUE(w->actors().provisioned().empty());
  EXPECT_EQ(config(acme).inboxes.find(second)->fallback.username, "conversations-1");
}

struct FilteredMail : Mail {
  channel_id mail = w->add_email_channel(acme, inbox_of(acme), "help@shop.example");
  channel_id chat = w->add_channel(acme, inbox_of(acme), "chat");
  user_id ann = w->add_agent(acme, "ann");
  std::shared_ptr<noted_socket> socket = w->attach(acme, ann);

  FilteredMail() {
    w->set(acme, ann, presence::available);
    for (const auto one : {mail, chat}) w->rule(acme, one, {ann});
    mail_filters filters;
    filters.allow = {"friend@spam.example"};
    filters.deny = {"spam.example"};
    EXPECT_EQ(attempt(acme, set_mail_filters{inbox_of(acme), filters, {}}), made);
  }
  conversation write(channel_id on, const std::string& thread, const std::string& id, const std::string& email) {
    const auto frame = w->publish(acme, on, {{thread, id, "hello", "visitor", "", email}});
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return w->stored(acme, frame->results[0].conversation.value()).value();
  }
};

TEST_F(FilteredMail, A50_MailFromADeniedSenderIsKeptApartAndNobodys) {
  const auto kept = write(mail, "t", "1", "Bad@Spam.example");
  EXPECT_TRUE(kept.spam);
  EXPECT_FALSE(kept.assigned_user());
  EXPECT_FALSE(kept.waiting_since);
  EXPECT_TRUE(socket->assigned().empty());
  write(mail, "t", "2", "bad@spam.example");
  EXPECT_TRUE(socket->assigned().empty()) << "nor with its next message";
  std::size_t messages = 0;
  for (const auto& log = w->log(acme); const auto& one : log) messages += one.kind == event_kind::message ? 1 : 0;
  EXPECT_EQ(messages, 2u) << "both are kept";
}

TEST_F(FilteredMail, A50_NorDoesItWaitWhileNobodyIsThere) {
  w->set(acme, ann, presence::away);
  const auto kept = write(mail, "t", "1", "bad@spam.example");
  EXPECT_FALSE(kept.waiting_since);
  const auto fine = write(mail, "u", "2", "somebody@else.example");
  EXPECT_TRUE(fine.waiting_since);
  w->set(acme, ann, presence::available);
  EXPECT_EQ(socket->assigned(), std::vector{fine.id});
}

TEST_F(FilteredMail, A51_AnswersOnAClosedFilteredConversationReopenItForNobody) {
  const auto kept = write(mail, "t", "1", "bad@spam.example");
  w->command(acme, ann, kept.id, set_status{conversation_status::closed});
  const auto again = write(mail, "t", "2", "bad@spam.example");
  EXPECT_EQ(again.status, conversation_status::open);
  EXPECT_TRUE(again.spam);
  EXPECT_FALSE(again.assigned_user());
}

TEST_F(FilteredMail, A50_OneThatIsAnsweredIsStillNobodys) {
  const auto kept = write(mail, "t", "1", "bad@spam.example");
  const auto said = w->command(acme, ann, kept.id, reply_to_contact{message_id{9}, R"("text":"hi")"});
  ASSERT_TRUE(std::holds_alternative<conversation>(said));
  EXPECT_FALSE(w->stored(acme, kept.id)->assigned_user());
  const auto given = w->command(acme, ann, kept.id, assign{ann});
  ASSERT_TRUE(std::holds_alternative<refusal>(given));
  EXPECT_EQ(std::get<refusal>(given).code, refusal_code::conflict);
}

TEST_F(FilteredMail, A45_A51_MarkedByHandItIsNobodysUntilTheMarkIsTakenOff) {
  const auto open = write(mail, "t", "1", "somebody@else.example");
  ASSERT_EQ(open.assigned_user(), ann);
  const auto mark = [&](bool on) { return w->command(acme, ann, open.id, mark_spam{on}); };
  ASSERT_TRUE(std::holds_alternative<conversation>(mark(true)));
  auto now = w->stored(acme, open.id).value();
  EXPECT_TRUE(now.spam);
  EXPECT_FALSE(now.assigned_user());
  EXPECT_EQ(std::get<refusal>(mark(true)).code, refusal_code::conflict);
  EXPECT_FALSE(write(mail, "t", "2", "somebody@else.example").assigned_user()) << "nor with its next message";

  w->set(acme, ann, presence::away);
  ASSERT_TRUE(std::holds_alternative<conversation>(mark(false)));
  now = w->stored(acme, open.id).value();
  EXPECT_FALSE(now.spam);
  EXPECT_TRUE(now.waiting_since) << "nobody is there";
  EXPECT_EQ(std::get<refusal>(mark(false)).code, refusal_code::conflict);
  ASSERT_TRUE(std::holds_alternative<conversation>(mark(true)));
  EXPECT_FALSE(w->stored(acme, open.id)->waiting_since);
  ASSERT_TRUE(std::holds_alternative<conversation>(mark(false)));
  w->set(acme, ann, presence::available);
  EXPECT_EQ(w->stored(acme, open.id)->assigned_user(), ann);
}

TEST_F(FilteredMail, A50_WhatAFilterKeptApartIsGivenToSomebodyWhenTheMarkIsTakenOff) {
  const auto kept = write(mail, "t", "1", "bad@spam.example");
  ASSERT_TRUE(std::holds_alternative<conversation>(w->command(acme, ann, kept.id, mark_spam{false})));
  w->run();
  const auto now = w->stored(acme, kept.id).value();
  EXPECT_FALSE(now.spam);
  EXPECT_EQ(now.assigned_user(), ann);
  w->command(acme, ann, kept.id, set_status{conversation_status::closed});
  ASSERT_TRUE(std::holds_alternative<conversation>(w->command(acme, ann, kept.id, mark_spam{true})));
  ASSERT_TRUE(std::holds_alternative<conversation>(w->command(acme, ann, kept.id, mark_spam{false})));
  EXPECT_FALSE(w->stored(acme, kept.id)->waiting_since) << "a closed one wants nobody";
}

TEST_F(FilteredMail, A49_WhoIsAllowedComesThroughAndOtherChannelsAreNotLookedAt) {
  EXPECT_EQ(write(mail, "t", "1", "friend@spam.example").assigned_user(), ann);
  EXPECT_EQ(write(mail, "u", "2", "").assigned_user(), ann) << "no address, nothing to filter by";
  EXPECT_FALSE(write(chat, "v", "3", "bad@spam.example").spam);
}

TEST_F(FilteredMail, A51_AnOwnAddressIsALoop) {
  EXPECT_TRUE(write(mail, "t", "1", "HELP@shop.example").spam);
  EXPECT_TRUE(write(mail, "u", "2", address_in_force(config(acme), *config(acme).inboxes.find(inbox_of(acme)))).spam);
  ASSERT_EQ(attempt(acme, mailbox(acme, "second@shop.example")), made);
  EXPECT_TRUE(write(mail, "v", "3", "second@shop.example").spam) << "one that was connected a moment ago";
  EXPECT_FALSE(write(mail, "w", "4", address_in_force(config(bolt), *config(bolt).inboxes.find(inbox_of(bolt)))).spam)
      << "another company's is a contact like any other";
}

TEST_F(FilteredMail, S23_S26_AReplyOnADisconnectedTeamEmailNeedsTheFallbackAddressToSend) {
  const auto open = write(mail, "t", "1", "somebody@else.example");
  update_channel disconnect{mail, {}, {}, {}};
  disconnect.authorized = false;
  ASSERT_EQ(attempt(acme, disconnect), made);
  const auto reply = [&](std::uint64_t id) {
    const auto said = w->command(acme, ann, open.id, reply_to_contact{message_id{id}, R"("text":"hi")"});
    const auto* no = std::get_if<refusal>(&said);
    return no ? std::optional{no->code} : std::nullopt;
  };
  EXPECT_EQ(reply(1), made) << "S22: by the fallback address";
  set_fallback_email silent;
  silent.inbox = inbox_of(acme);
  silent.company = "Acme";
  silent.send = false;
  ASSERT_EQ(attempt(acme, silent), made);
  EXPECT_EQ(reply(2), refusal_code::channel_off);
  disconnect.authorized = true;
  ASSERT_EQ(attempt(acme, disconnect), made);
  EXPECT_EQ(reply(3), made);
}

}  // namespace
}  // namespace signalbox
