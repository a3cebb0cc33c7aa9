/// What a connector under test sends, read into values, with everything that is wrong with it in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace signalbox {

/// The members of a message that make up its content, in the order of `heard_message::content`.
inline constexpr std::array<std::string_view, 7> content_members = {"thread",  "from", "text",       "html",
                                                                    "subject", "at",   "attachments"};

struct heard_message {
  std::string channel, id, thread;
  std::string sender;                                         ///< `from.id`
  std::array<std::uint64_t, content_members.size()> content;  ///< a hash each; a member that is null is as good as absent
};

struct heard_hello {
  std::string token;
  std::string connector;
};
struct heard_publish {
  std::uint64_t seq = 0;
  std::optional<std::string> offset;
  std::vector<heard_message> messages;  ///< those with a channel and an id
};
struct heard_status {
  std::vector<std::string> ids;
};
/// Nothing that can be gone on with.
struct heard_noise {};

struct heard_frame {
  std::variant<heard_noise, heard_hello, heard_publish, heard_status> what;
  std::vector<std::string> wrong;  ///< sentences without a subject: "sent …"
};

using knows_channel = std::function<bool(std::string_view)>;

/// One text frame. Says at most a few things of one frame: who sends one message wrong sends all of them wrong.
[[nodiscard]] heard_frame hear_frame(std::string_view bytes, const knows_channel& known);

}  // namespace signalbox
