/// What JOURNAL is given, and what it made of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "actors/protocol.hpp"
#include "storage/change_set.hpp"

namespace signalbox {

/// One change set with everybody who must hear that it is durable. Built by one actor, then JOURNAL's.
struct pending_commit {
  explicit pending_commit(std::uint8_t slot_group) : set(slot_group) {}

  change_set set;
  std::uint64_t ticket = 0;  ///< for whichever of these asked
  std::optional<inbox_actor> inbox;
  std::optional<channel_actor> channel;
  std::optional<agent_actor> agent;
  std::optional<account_actor> account;
  std::optional<contacts_actor> contacts;
  bool unhurried = false;  ///< goes with the next commit that isn't: one that nobody waits for on its own
  std::vector<std::pair<channel_actor, std::uint64_t>> parts;
  std::vector<std::pair<inbox_actor, channel_id>> forwards;  ///< who holds back parts until this is durable
  struct arrival {
    inbox_actor inbox;
    conversation_id which;
    std::uint64_t first_seq;
    std::vector<std::uint32_t> numbers;
  };
  std::optional<arrival> arrives;
  struct out_reply {
    channel_actor channel;
    message_id message;
    std::uint32_t number;
  };
  std::vector<out_reply> replies;
  struct feed_share {
    std::optional<agent_actor> agent;  ///< absent: everybody with a socket who may view `viewers_of`
    std::uint32_t number;
    inbox_id viewers_of{};
  };
  std::vector<feed_share> feeds;            ///< live: who is pushed which event
  config_snapshot config;                   ///< with a notice among them: whose viewers
  std::vector<std::function<void()>> then;  ///< cold paths; must not throw or block
  std::uint64_t oldest_received_ns = 0;     ///< of its messages; 0: none
  std::uint32_t messages = 0;
};

/// What one group commit wrote, shared by the agents that are pushed parts of it.
class committed_sets {
public:
  std::vector<std::shared_ptr<pending_commit>> sets;
  std::vector<std::uint64_t> first_positions;
  struct told_event {
    std::uint32_t set, number;
  };
  std::vector<told_event> told;  ///< agent by agent, each one's in position order
};

}  // namespace signalbox
