/// The fixture of most tests of the actors together.
#pragma once

#include <gtest/gtest.h>

#include "tests/support/world.hpp"

namespace signalbox {

/// A company with one channel whose rule names its agents, who are connected and available.
struct office : testing::Test {
  world w;
  account_id company = w.found("acme");
  inbox_id inbox = w.default_inbox(company);
  channel_id chat = w.add_channel(company, inbox, "chat");
  std::vector<user_id> agents;
  std::vector<std::shared_ptr<noted_socket>> sockets;

  void staff(std::size_t count, std::optional<std::uint32_t> capacity = std::nullopt,
             const std::function<void(assignment_rule&)>& but = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      agents.push_back(w.add_agent(company, "agent" + std::to_string(i), capacity));
      sockets.push_back(w.attach(company, agents.back()));
      w.set(company, agents.back(), presence::available);
    }
    w.rule(company, chat, agents, but);
  }
  conversation_id write(const std::string& thread, const std::string& id) {
    const auto frame = w.publish(company, chat, {{thread, id}});
    w.run();
    EXPECT_TRUE(w.was_answered(frame));
    EXPECT_EQ(frame->results[0].status, publish_status::accepted);
    return frame->results[0].conversation.value();
  }
  std::optional<user_id> assignee_of(conversation_id which) { return w.stored(company, which)->assigned_user(); }
};

}  // namespace signalbox
