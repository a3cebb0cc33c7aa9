#include "storage/verify.hpp"

#include <gmock/gmock.h>

#include "storage/settling.hpp"
#include "tests/storage/workload.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr account_id account{1};
constexpr inbox_id inbox{11};
constexpr channel_id channel{21};

std::vector<std::string> problems_of(const store& of) {
  std::vector<std::string> problems;
  verify_contents(of, [&](const std::string& what) { problems.push_back(what); });
  return problems;
}

class Verify : public ::testing::Test {
protected:
  Verify() {
    workload work{5, 1};
    for (int i = 0; i < 40; ++i) work.commit(store_, 3);
    recover(store_, {});
    for (const auto& [key, of] : work.conversations()) conversations_.push_back(of.value);
  }
  void commit(const std::function<void(change_set&)>& what) {
    change_set set{group_};
    what(set);
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    store_.commit({&one, 1}, {&unused, 1});
  }
  void put(family in, std::string_view key, std::string_view value) {
    commit([&](change_set& set) { set.put(in, key, value); });
  }
  void erase(family in, std::string_view key) {
    commit([&](change_set& set) { set.erase(in, key); });
  }
  std::string first_key(family in, std::string_view prefix) {
    std::string found;
    store_.scan(in, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
      found = key;
      return false;
    });
    EXPECT_FALSE(found.empty());
    return found;
  }
  std::string state_prefix(char kind) { return std::string{keys::conversation(account, {})}.substr(0, keys::owner_bytes) + kind; }
  /// @pre some conversation is like that
  const conversation& any(const std::function<bool(const conversation&)>& like) {
    return *std::ranges::find_if(conversations_, like);
  }
  event message(std::uint64_t seq) {
    event what;
    what.kind = event_kind::message;
    what.account = account;
    what.inbox = inbox;
    what.channel = channel;
    what.conversation = conversations_.front().id;
    what.seq = seq;
    what.message = message_id{1};
    return what;
  }
  std::string position(std::uint64_t value) {
    std::string out;
    keys::append_be64(out, value);
    return out;
  }
  void expect(const std::string& problem) { EXPECT_THAT(problems_of(store_), Contains(HasSubstr(problem))); }

  memory_store store_;
  std::uint8_t group_ = keys::group_of(account);
  std::vector<conversation> conversations_;
};

TEST_F(Verify, AWholeStoreHasNoProblem) { EXPECT_THAT(problems_of(store_), IsEmpty()); }

TEST_F(Verify, AnUnsettledTailIsNoProblem) {
  workload work{6, 1};
  memory_store store;
  for (int i = 0; i < 20; ++i) work.commit(store, 3);
  EXPECT_THAT(problems_of(store), IsEmpty());
}

TEST_F(Verify, FindsATicketThatItsConversationDoesNotKnow) {
  ticket of;
  of.id = {7'000};
  of.inbox = inbox;
  of.conversation = conversations_.front().id;
  std::string record;
  encode(record, of);
  put(family::state, keys::ticket(account, of.id), record);
  expect("a ticket without its entry");
  expect("a ticket that its conversation doesn't know");
  record.clear();
  encode(record, ticket_entry{of.pipeline, of.stage, user_id{1}});
  put(family::state, keys::ticket_entry(account, inbox, of.id), record);
  expect("an entry that its ticket doesn't bear out");
  put(family::state, keys::ticket_entry(account, inbox, ticket_id{7'001}), record);
  expect("an entry of no ticket");
}
TEST_F(Verify, FindsAConversationWithoutItsTicket) {
  stored_conversation of;
  of.value = conversations_.front();
  of.value.ticket = ticket_id{7'002};
  std::string record;
  encode(record, of);
  put(family::state, keys::conversation(account, of.value.id), record);
  expect("a conversation without its ticket");
}

TEST_F(Verify, FindsAGapInTheLog) {
  erase(family::events, keys::event(group_, 5));
  expect("follows position 4");
}
TEST_F(Verify, FindsAnEventThatDoesNotDecode) {
  put(family::events, keys::event(group_, 5), "rubbish");
  expect("event: ");
}
TEST_F(Verify, FindsAnEventInAnotherAccountsGroup) {
  std::string record;
  encode(record, message(0));
  change_set set{static_cast<std::uint8_t>((group_ + 1) % keys::groups)};
  set.add_event(record);
  const change_set* const one = &set;
  std::uint64_t unused = 0;
  store_.commit({&one, 1}, {&unused, 1});
  expect("slot group");
}
TEST_F(Verify, FindsAMessageThatCameInTwice) {
  auto what = message(0);
  what.external_id = "twice";
  std::string record;
  encode(record, what);
  commit([&](change_set& set) {
    set.add_event(record);
    set.add_event(record);
  });
  expect("came in twice");
}
TEST_F(Verify, AnIdUsedAgainAfterTheRetentionIsNoProblem) {
  commit([&](change_set& set) {
    for (const auto day : {1, 9}) {
      auto what = message(0);
      what.at = time_point{std::chrono::days{day}};
      what.external_id = "again";
      std::string record;
      encode(record, what);
      set.add_event(record);
    }
  });
  EXPECT_THAT(problems_of(store_), IsEmpty());
}
TEST_F(Verify, FindsASettledPositionBeyondTheLog) {
  put(family::meta, keys::settled_position(group_), position(store_.head(group_) + 1));
  expect("beyond its head");
}
TEST_F(Verify, FindsAFeedThatNamesAMissingEvent) {
  auto key = keys::feed(account, user_id{1});
  keys::append_be64(key, 1'000'000);
  std::string value;
  keys::append_positions(value, {1'000'000});
  put(family::feeds, key, value);
  expect("1 events are missing");
}
TEST_F(Verify, FindsAFeedThatDisagreesWithItsKey) {
  const auto key = first_key(family::feeds, "");
  std::string value;
  keys::append_positions(value, {1, 2});
  auto moved = key.substr(0, key.size() - 8);
  keys::append_be64(moved, 2);
  put(family::feeds, moved, value);
  expect("its key's position");
}
TEST_F(Verify, FindsHistoryThatIsMissing) {
  erase(family::conversation_log, first_key(family::conversation_log, ""));
  expect("history");
}
TEST_F(Verify, FindsHistoryThatNamesAnotherEntry) {
  const auto key = first_key(family::conversation_log, "");
  auto positions = keys::read_positions(store_.get(family::conversation_log, key).value());
  positions.back() += 1;
  std::string value;
  keys::append_positions(value, positions);
  put(family::conversation_log, key, value);
  expect("another entry");
}
TEST_F(Verify, FindsSettledHistoryThatWasNeverWritten) {
  auto of = decode_conversation(store_.get(family::state, keys::conversation(account, conversations_.front().id)).value());
  std::string record;
  encode(record, message(of.value.next_seq));
  commit([&](change_set& set) { set.add_event(record); });
  EXPECT_THAT(problems_of(store_), IsEmpty());
  put(family::meta, keys::settled_position(group_), position(store_.head(group_)));
  expect("1 settled history entries are missing");
}
TEST_F(Verify, FindsAnOutboxEntryOfSomethingElse) {
  put(family::outbox, keys::outbox(account, channel, message_id{999'999}), position(1));
  expect("is not that reply");
}
TEST_F(Verify, FindsAMessageIdOfNoMessage) {
  put(family::message_ids, keys::message_id(account, 1, channel, {1, 2}), "");
  expect("names no message");
}
TEST_F(Verify, FindsAThreadOfNoConversation) {
  put(family::state, keys::thread(account, channel, "x"), position(999'999));
  expect("a thread of no conversation");
}
TEST_F(Verify, FindsAConversationThatLostItsAssignedEntry) {
  const auto& of = any([](const conversation& c) { return c.assigned_user() && c.status == conversation_status::open; });
  erase(family::state, keys::assigned(account, *of.assigned_user(), of.id));
  expect("without its assigned entry");
}
TEST_F(Verify, FindsAnAssignedEntryOfSomebodyElse) {
  std::string entry;
  encode(entry, assigned_entry{.inbox = inbox, .automatic = true});
  put(family::state, keys::assigned(account, user_id{9999}, conversations_.front().id), entry);
  expect("doesn't bear out");
}
TEST_F(Verify, FindsAConversationThatLostItsWaitingEntry) {
  erase(family::state, first_key(family::state, state_prefix('W')));
  expect("without its waiting entry");
}
TEST_F(Verify, FindsAWaitingEntryOfAnotherTime) {
  put(family::state, keys::waiting(account, inbox, time_point{milliseconds{1}}, conversations_.front().id), "");
  expect("a waiting entry");
}
TEST_F(Verify, FindsAConversationThatLostItsPlaceInTheActivityList) {
  erase(family::state, first_key(family::state, state_prefix('A')));
  expect("without its activity entry");
}
TEST_F(Verify, FindsASecondActivityEntry) {
  std::string entry;
  encode(entry, activity_entry{});
  put(family::state, keys::activity(account, inbox, time_point{milliseconds{1}}, conversations_.front().id), entry);
  expect("its conversation doesn't know");
}
TEST_F(Verify, FindsARecordUnderAnothersKey) {
  const auto bytes = store_.get(family::state, keys::conversation(account, conversations_.front().id)).value();
  put(family::state, keys::conversation(account, conversation_id{999'999}), bytes);
  expect("another conversation's record");
  std::string user_record;
  encode(user_record, user{});
  put(family::config, keys::config(account, keys::config_kind::user, 5), user_record);
  expect("another resource's record");
}
TEST_F(Verify, FindsAWebhooksDeliveryUnderAnothersKey) {
  webhook_delivery of;
  of.place = 7;
  std::string bytes;
  encode(bytes, of);
  put(family::state, keys::webhook_delivery(account, webhook_id{1}, 8), bytes);
  expect("another delivery's record");
}
TEST_F(Verify, FindsAMailUnderAnothersKey) {
  std::string mail;
  encode(mail, outgoing_mail{7, "a@b.example", "Your code", "is 1", time_point{}});
  put(family::state, keys::mail(account, 7), mail);
  put(family::state, keys::mail(account, 8), mail);
  expect("another mail's record");
}
TEST_F(Verify, FindsAKeyInTheWrongSlot) {
  auto key = keys::contact(account, contact_id{1});
  key[1] = static_cast<char>(key[1] + 1);
  contact of;
  of.id = contact_id{1};
  std::string bytes;
  encode(bytes, of);
  put(family::state, key, bytes);
  expect("not in its account's slot");
}
TEST_F(Verify, FindsAContactWithoutItsIdentityAndAnOwnerWithoutHisContact) {
  contact of;
  of.id = contact_id{1};
  of.email = "cleo@example.com";
  of.known_by = {{identity_kind::email, {}, "cleo@example.com"}};
  of.owner = user_id{7};
  std::string bytes;
  encode(bytes, of);
  put(family::state, keys::contact(account, of.id), bytes);
  expect("a contact without one of its identities");
  expect("a contact without its owner's entry");
  put(family::state, keys::owned_contact(account, user_id{8}, of.id), "");
  expect("its contact doesn't bear out");
}
TEST_F(Verify, FindsAStatusAndACommandThatAreCutShort) {
  put(family::state, keys::out_status(account, message_id{1}), "x");
  put(family::state, keys::command_ref(account, 20000, user_id{1}, "ref"), "x");
  expect("not a status");
  expect("not a time");
}
TEST_F(Verify, FindsAKeyOfAnUnknownKind) {
  put(family::state, state_prefix('?'), "");
  expect("unknown kind");
}

}  // namespace
}  // namespace signalbox::testing
