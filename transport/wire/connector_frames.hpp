/// What a connector says, read and checked.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/message.hpp"
#include "transport/edge.hpp"
#include "transport/wire/publish_body.hpp"

namespace signalbox {

/// Ends the socket with 4400 and this reason, which is short.
struct bad_frame {
  std::string reason;
};

struct connector_hello {
  std::string token;
  std::string connector;  ///< `name/version`; empty: not said
};
/// `messages`, `results`, `seq` and `offset` are set, the rest is the session's.
struct connector_publish {
  frame_pointer frame;
};
struct connector_status {
  std::vector<delivery_status> statuses;
};
using connector_frame = std::variant<bad_frame, connector_hello, connector_publish, connector_status>;

inline constexpr std::size_t connector_name_bytes_max = 200;
inline constexpr std::size_t offset_bytes_max = 4096;
inline constexpr std::size_t delivery_error_bytes_max = 1000;

/// `bytes` is one text frame. A publish is read with one pass when `op` comes before `messages`, with two otherwise.
[[nodiscard]] connector_frame read_connector_frame(std::string_view bytes, const publish_scope& scope);

}  // namespace signalbox
