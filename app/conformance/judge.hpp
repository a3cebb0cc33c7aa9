/// What a connector did, held against the protocol: told everything that passes between the router and the connector, it says
/// what the connector did wrong. Pure: without socket, clock or chance, so that each sentence is shown by a table of steps.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/conformance/heard_frame.hpp"

namespace signalbox {

enum class fault_kind : std::uint8_t {
  wrong_request,   ///< no upgrade, another path, no subprotocol
  wrong_frame,     ///< wrong types, missing members, too large
  hello,           ///< none in time, a second one, the wrong token
  too_early,       ///< published before hello, or before the welcome
  over_credit,     ///< more messages unacknowledged than it was given
  order_of_seq,    ///< seq did not rise
  id_reused,       ///< the same id with another content
  sent_again,      ///< without need: it was acknowledged, or is still on its way
  lost,            ///< never acknowledged, never sent again
  ignored_drain,   ///< went on publishing when nobody read any more
  unanswered,      ///< a delivery without a status
  unknown_status,  ///< a status of something that was never delivered
  stayed_away,     ///< did not come back after the connection ended
  hurried,         ///< came back again and again without a pause
  silent           ///< published nothing, so nothing can be said
};

struct finding {
  fault_kind kind{};
  std::uint32_t connection = 0;  ///< from 1; 0: before the first
  std::string sentence;          ///< without a subject: "published …"
};

/// Since the start of the run.
using run_time = std::chrono::milliseconds;

struct judge_limits {
  run_time hello_within{10'000};
  run_time answer_within{5'000};
  run_time return_within{15'000};
  run_time ack_known_after{1'000};  ///< a connection that lived on for so long after an acknowledgement: it was read
  run_time drain_grace{250};        ///< what was on its way when the reading ended
  std::uint32_t returns_max = 10;   ///< in one second
  std::uint32_t findings_max = 3;   ///< of a kind that are kept with their sentence
};

struct welcome_told {
  std::uint32_t credit = 0;
  std::uint32_t batch_max = 0;
  std::map<std::string, std::optional<std::string>> offsets;  ///< by channel
};

struct message_key {
  std::string channel, id;
  auto operator<=>(const message_key&) const = default;
};

/// One publish that isn't acknowledged.
struct frame_on_its_way {
  std::uint64_t seq = 0;
  std::vector<message_key> keys;
  bool kept = false;
};

/// What a judge knows of the connection that is open.
struct judged_connection {
  bool hello = false, welcome = false;
  run_time opened_at{};
  std::int64_t credit = 0;
  std::uint32_t batch_max = 0;
  std::optional<std::uint64_t> last_seq;
  std::deque<frame_on_its_way> frames;
  std::optional<run_time> read_until;
  struct ack_told {
    run_time at;
    std::vector<message_key> keys;
    bool known = false;
  };
  std::vector<ack_told> acks;
};

class judge {
public:
  explicit judge(std::optional<std::string> token, judge_limits limits = {}) : token_(std::move(token)), limits_(limits) {}

  // What happens, in the order in which it does. `now` never falls.
  void opened(run_time now);
  /// A request that can't become a connector's socket; `how` is a sentence without a subject.
  void asked_wrongly(std::string how) { find(fault_kind::wrong_request, std::move(how)); }
  void heard(const heard_frame& frame, std::size_t bytes, run_time now);
  void heard_binary(run_time now);
  void welcomed(const welcome_told& with, run_time now);
  /// Every frame up to `seq` was acknowledged; `not_taken` were rejected as `unavailable`, to be sent again.
  void acknowledged(std::uint64_t seq, std::uint32_t credit, const std::set<message_key>& not_taken, run_time now);
  /// The frame with this seq of this connection became durable, acknowledged or not.
  void kept(std::uint64_t seq, const std::set<message_key>& not_taken);
  void delivered(const std::string& id, run_time now);
  void drained(run_time after, run_time now);
  /// The connection is over; `how` goes on "after …": "the connection was killed".
  void ended(std::string_view how, run_time now);
  /// Looks at what is overdue.
  void passed(run_time now);
  /// No more connections: what is still missing was lost.
  void finished(run_time now);

  [[nodiscard]] bool greeted() const { return connection_ && connection_->hello; }
  /// Every message that came is acknowledged, and every delivery answered.
  [[nodiscard]] bool settled() const;
  [[nodiscard]] const std::vector<finding>& findings() const { return findings_; }
  [[nodiscard]] const std::map<fault_kind, std::uint64_t>& counted() const { return counted_; }
  [[nodiscard]] std::uint64_t messages() const { return messages_.size(); }
  [[nodiscard]] std::uint64_t answers() const { return answers_; }
  [[nodiscard]] std::uint32_t connections() const { return connections_; }

private:
  enum class need : std::uint8_t { to_acknowledge, to_send_again, none };
  struct seen_message {
    std::array<std::uint64_t, content_members.size()> content{};
    std::uint32_t connection = 0;  ///< the last one that brought it
    need needed = need::to_acknowledge;
    bool acknowledged = false;
    bool surely_known = false;  ///< that it was acknowledged
    std::uint64_t place = 0;    ///< among its channel's messages, in the order in which they first came; from 1
    bool kept = false;          ///< durable
    std::string last_way;       ///< how the connection ended that left it unacknowledged
  };
  struct delivery_told {
    run_time at{};
    std::size_t acks_before = 0;  ///< of this connection
    bool on_its_way = false;      ///< told in this connection and not answered
    bool overdue_said = false;
    bool answered = false;
  };
  struct channel_story {
    bool gives_offsets = false;
    std::uint64_t places = 0;                                        ///< messages so far
    std::unordered_map<std::string, std::uint64_t> place_of_offset;  ///< the furthest message that came with it
    std::optional<std::uint64_t> covered_through;                    ///< told by the welcome
  };

  void take(const heard_hello& hello);
  void take(const heard_publish& publish, run_time now);
  void take(const heard_status& status);
  void take_message(const heard_message& message);
  void again(const heard_message& message, seen_message& known);
  [[nodiscard]] bool needless(const message_key& key, const seen_message& known) const;
  void find(fault_kind kind, std::string sentence);

  std::optional<std::string> token_;
  judge_limits limits_;
  std::map<message_key, seen_message> messages_;
  std::map<std::string, channel_story, std::less<>> channels_;
  std::map<std::string, delivery_told, std::less<>> deliveries_;
  std::optional<judged_connection> connection_;
  std::uint32_t connections_ = 0;
  std::uint64_t answers_ = 0;
  std::deque<run_time> returns_;
  std::optional<run_time> ended_at_;
  std::string ended_how_;
  bool staying_away_said_ = false;
  std::vector<finding> findings_;
  std::map<fault_kind, std::uint64_t> counted_;
};

}  // namespace signalbox
