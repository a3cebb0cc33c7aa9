/// What an agent's client says, read and checked.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rules/availability.hpp"
#include "rules/conversation.hpp"
#include "rules/refusal.hpp"
#include "rules/view.hpp"
#include "transport/wire/connector_frames.hpp"

namespace signalbox {

struct agent_hello {
  std::string token;
  std::optional<std::string> cursor;  ///< as it was given, whatever it is
};
struct agent_ack {
  std::uint64_t cursor = 0;
};
struct agent_availability {
  std::optional<std::string> ref;  ///< absent: wants no result
  outcome<presence> status;
};
/// What is wrong in a command is told in its result: the socket lives on.
struct agent_request {
  struct command {
    conversation_id conversation;
    conversation_command what;
  };
  std::optional<std::string> ref;  ///< absent only for `typing`: wants no result
  outcome<command> asked;
};
/// `ref` also names the watch from then on.
struct agent_watch {
  std::string ref;
  outcome<watched_view> what;
};
struct agent_unwatch {
  std::string ref;
  outcome<std::string> watch;
};
using agent_frame =
    std::variant<bad_frame, agent_hello, agent_ack, agent_availability, agent_watch, agent_unwatch, agent_request>;

inline constexpr std::size_t ref_bytes_max = 128;

/// `bytes` is one text frame. `make_id` gives the id of a reply or comment.
[[nodiscard]] agent_frame read_agent_frame(std::string_view bytes, const std::function<message_id()>& make_id);

}  // namespace signalbox
