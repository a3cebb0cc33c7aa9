#include "storage/contact_audit.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "tests/support/memory_store.hpp"

namespace signalbox {
namespace {

constexpr account_id acme{7};
constexpr contact_id cleo{100}, dan{200};

struct ContactAudit : testing::Test {
  memory_store store;
  std::uint64_t order = 1000;

  void commit(const change_set& set) {
    const change_set* const one = &set;
    std::uint64_t unused = 0;
    store.commit({&one, 1}, {&unused, 1});
  }
  audit_entry entry_of(contact_id who, const std::string& name) {
    audit_entry entry;
    entry.order = ++order;
    entry.at = time_point{std::chrono::hours{24 * 365 * 50}};
    entry.user = user_id{5};
    entry.what = who;
    contact after;
    after.id = who;
    after.name = name;
    after.email = name + "@example.com";
    after.known_by = {{identity_kind::email, {}, after.email}};
    after.inboxes = {inbox_id{9}};
    after.owner = user_id{6};
    after.version = 3;
    entry.after = after;
    return entry;
  }
  void put(contact_id who, const std::string& name) {
    change_set set{keys::group_of(acme)};
    put_audit(set, acme, entry_of(who, name));
    commit(set);
  }
  bool anywhere(const std::string& text) {
    bool found = false;
    store.scan(family::state, {}, {}, [&](std::string_view, std::string_view value) {
      found = found || value.find(text) != std::string_view::npos;
      return true;
    });
    return found;
  }
  std::size_t rows(contact_id who) {
    std::size_t n = 0;
    const auto prefix = keys::contact_audit_prefix(acme, who);
    store.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view) {
      ++n;
      return true;
    });
    return n;
  }
};

TEST_F(ContactAudit, ThePersonGoesFromEveryEntryAndNobodyElses) {
  for (int i = 0; i < 5; ++i) put(cleo, "cleo" + std::to_string(i));
  put(dan, "dan");
  EXPECT_EQ(rows(cleo), 5u);
  std::deque<change_set> sets;
  sets.emplace_back(keys::group_of(acme));
  forget_in_audit(store, acme, cleo, [&]() -> change_set& {
    if (sets.back().bytes() > 100) sets.emplace_back(keys::group_of(acme));
    return sets.back();
  });
  EXPECT_GT(sets.size(), 1u);
  for (const auto& set : sets) commit(set);
  EXPECT_FALSE(anywhere("cleo"));
  EXPECT_TRUE(anywhere("dan"));
  EXPECT_EQ(rows(cleo), 0u);
  EXPECT_EQ(rows(dan), 1u);
  const auto left = decode_audit_entry(*store.get(family::state, keys::audit(acme, 1001)));
  EXPECT_EQ(left.user, user_id{5});
  const auto& after = std::get<contact>(left.after.value());
  EXPECT_EQ(after.id, cleo);
  EXPECT_EQ(after.owner, user_id{6});
  EXPECT_EQ(after.version, 3u);
  EXPECT_TRUE(after.known_by.empty() && after.inboxes.empty());
}

TEST_F(ContactAudit, AStoreOfBeforeIsGoneThroughOnce) {
  change_set before{keys::group_of(acme)};
  before.put(family::config, keys::config(acme, keys::config_kind::account, acme.value), "");
  contact there;
  there.id = dan;
  std::string record;
  encode(record, there);
  before.put(family::state, keys::contact(acme, dan), record);
  for (const auto who : {cleo, dan}) {
    const auto entry = entry_of(who, who == cleo ? "cleo" : "dan");
    record.clear();
    encode(record, entry);
    before.put(family::state, keys::audit(acme, entry.order), record);
  }
  commit(before);
  keep_contact_audits(store);
  EXPECT_FALSE(anywhere("cleo")) << "who was deleted before";
  EXPECT_TRUE(anywhere("dan"));
  EXPECT_EQ(rows(dan), 1u);
  EXPECT_EQ(rows(cleo), 0u);
  const auto commits = store.commits();
  keep_contact_audits(store);
  EXPECT_EQ(store.commits(), commits);
}

}  // namespace
}  // namespace signalbox
