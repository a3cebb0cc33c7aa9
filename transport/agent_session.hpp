/// The agent socket (docs/asyncapi.yaml): a feed of events outwards, commands inwards.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "transport/socket_session.hpp"
#include "transport/wire/agent_frames.hpp"

namespace signalbox {

/// Its backlog is bounded in bytes and events; over either it takes nothing more and closes with 4408. What waited is
/// forgotten: the client resumes from its cursor.
class agent_session final : public socket_session, public agent_sink {
public:
  explicit agent_session(const session_context& context);
  ~agent_session() override;

  // agent_sink: any thread
  void greet(agent_greeting hello) override;
  bool push(std::vector<agent_event> events) override;
  void show(std::uint32_t watch, view_pointer now) override;
  void end_watch(std::uint32_t watch, refusal why) override;
  void close(close_reason why) override;

  void on_shutdown() override;

private:
  enum class stage { awaiting_hello, attaching, live };

  /// How one command ended.
  struct answered_command {
    std::optional<std::string> ref;
    std::variant<refusal, carried_out, signalbox::availability, done> with;
    std::uint32_t watch = 0;  ///< it is about this one; 0: none
  };
  /// One watched view. Two pictures at most, however slowly the client reads.
  struct watch_state {
    std::uint32_t number = 0;
    std::string name;
    bool told = false;  ///< the client knows that it watches
    view_pointer sent;  ///< what the client has
    view_pointer now;   ///< what it is to have; null: the same
    std::optional<refusal> ended;
  };

  /// What other threads leave for the I/O thread.
  struct incoming {
    std::optional<agent_greeting> greeting;
    std::vector<agent_event> events;
    std::vector<answered_command> answers;
    std::map<std::uint32_t, view_pointer> pictures;
    std::vector<std::pair<std::uint32_t, refusal>> ended;
    std::optional<close_reason> close;
    bool too_slow = false;
  };

  void take_frame(std::string_view bytes) override;
  void collect() override;
  bool render(std::string& out) override;
  [[nodiscard]] bool wants_more() const override;
  void on_deadline() override;
  void refuse_more() override;
  void detach() override;

  void take(const agent_hello& hello);
  void take(const agent_ack& ack);
  void take(agent_availability& wanted);
  void take(agent_request& request);
  void take(agent_watch& wanted);
  void take(agent_unwatch& wanted);
  [[nodiscard]] watch_state* find_watch(std::uint32_t number);
  void answer(answered_command with);
  void render_welcome(std::string& out);
  void render_events(std::string& out);
  [[nodiscard]] bool render_view(std::string& out);
  static void render_answer(std::string& out, const answered_command& of);
  void forget_backlog();

  std::mutex lock_;
  incoming incoming_;      // under lock_
  bool refusing_ = false;  // under lock_
  std::atomic<std::size_t> backlog_bytes_ = 0, backlog_events_ = 0;

  stage stage_ = stage::awaiting_hello;
  bool cursor_unusable_ = false;
  bool events_went_last_ = false;
  bool view_went_last_ = false;
  std::size_t commands_under_way_ = 0;
  std::unique_ptr<principal> who_;
  std::optional<agent_greeting> greeting_;
  std::vector<agent_event> events_;
  std::size_t next_event_ = 0;
  std::vector<answered_command> answers_;
  std::size_t next_answer_ = 0;
  std::vector<watch_state> watches_;
  std::uint32_t last_watch_ = 0;
};

}  // namespace signalbox
