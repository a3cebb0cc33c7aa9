#pragma once

#include <gtest/gtest.h>

#include <caf/send.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/conversation_reader.hpp"
#include "storage/keys.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {

/// A company with a channel in `first`, and conversations that are moved to other inboxes.
struct Moves : testing::Test {
  std::unique_ptr<world> w = std::make_unique<world>();
  account_id company = w->found("acme");
  inbox_id first = w->default_inbox(company);
  inbox_id second = add_inbox("second");
  inbox_id third = add_inbox("third");
  channel_id chat = w->add_channel(company, first, "chat");
  user_id boss = w->admin(company).user.value();
  std::vector<user_id> agents;
  std::vector<std::shared_ptr<noted_socket>> sockets;

  inbox_id add_inbox(const std::string& name) {
    return std::get<inbox_id>(std::get<touched>(w->change(company, create_inbox{name, {}})));
  }
  void staff(std::size_t count, std::optional<std::uint32_t> capacity = {},
             const std::function<void(assignment_rule&)>& but = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      agents.push_back(w->add_agent(company, "agent" + std::to_string(i), capacity));
      sockets.push_back(w->attach(company, agents.back()));
      w->set(company, agents.back(), presence::available);
    }
    w->rule(company, chat, agents, but);
  }
  void restrict_to(inbox_id in, std::vector<user_id> users) {
    w->change(company, set_access{in, {access_mode::specific, std::move(users), {}, 1}, std::nullopt});
  }
  conversation_id write(const std::string& thread, const std::string& id) {
    const auto frame = w->publish(company, chat, {{thread, id}});
    w->run();
    EXPECT_TRUE(w->was_answered(frame));
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return frame->results[0].conversation.value();
  }
  std::optional<refusal_code> move(conversation_id which, inbox_id to, std::optional<user_id> by = {}) {
    const auto done = w->command(company, by.value_or(boss), which, move_conversation{to});
    const auto* no = std::get_if<refusal>(&done);
    return no ? std::optional{no->code} : std::nullopt;
  }
  /// Without waiting for anything; `answers` counts.
  void ask_to_move(conversation_id which, inbox_id to) {
    principal by;
    by.account = company;
    by.user = boss;
    caf::anon_send(*w->actors().agent(company, boss),
                   command_from_agent{by, which, move_conversation{to}, "",
                                      make_answer<carried_out>([this](outcome<carried_out>) { ++answers; })});
  }
  inbox_id inbox_of(conversation_id which) { return w->stored(company, which)->inbox; }
  std::vector<conversation_id> listed(inbox_id in, bool waiting = false) {
    list_wanted wanted;
    wanted.inboxes = {in};
    wanted.waiting = waiting;
    bool asked = false;
    caf::anon_send(*w->actors().inbox(company, in), prepare_read{std::nullopt, [&] { asked = true; }});
    w->run();
    EXPECT_TRUE(asked);
    std::vector<conversation_id> all;
    const auto found = list_conversations(*w->disk, company, wanted);
    for (const auto& one : std::get<list_page>(found).items) all.push_back(one.id);
    return all;
  }
  std::vector<kept_event> history(conversation_id which) {
    caf::anon_send(*w->actors().inbox(company, inbox_of(which)), prepare_read{which, [] {}});
    w->run();
    return read_history(*w->disk, company, which, 0, 1'000);
  }
  /// Every message's id, in order; every entry once, none missing.
  std::vector<std::string> messages(conversation_id which) {
    std::vector<std::string> ids;
    std::uint64_t seq = 0;
    for (const auto& one : history(which)) {
      EXPECT_EQ(one.what.seq, ++seq);
      if (one.what.kind == event_kind::message) ids.emplace_back(one.what.external_id);
    }
    EXPECT_EQ(seq + 1, w->stored(company, which)->next_seq);
    return ids;
  }
  std::uint32_t slots_of(user_id who) {
    std::uint32_t open = 0;
    const auto prefix = keys::assigned_prefix(company, who);
    w->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view) {
      ++open;
      return true;
    });
    return open;
  }
  void expect_whole() {
    verify_contents(*w->disk, [](const std::string& problem) { ADD_FAILURE() << problem; });
    EXPECT_TRUE(w->logged.empty());
  }
  using ids = std::vector<std::string>;

  int answers = 0;
};

}  // namespace signalbox
