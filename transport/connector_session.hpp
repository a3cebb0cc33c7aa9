/// The connector socket (docs/asyncapi.yaml): batches inwards under credit, acknowledgements and deliveries outwards.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/socket_session.hpp"
#include "transport/wire/connector_frames.hpp"

namespace signalbox {

/// With more messages unacknowledged than the credit it stops reading; a frame that makes it twice the credit ends it with
/// 4429, unpublished. Deliveries that the connector doesn't read are bounded in bytes: 4408, and they come again.
class connector_session final : public socket_session, public connector_sink {
public:
  explicit connector_session(const session_context& context);

  // connector_sink: any thread
  void deliver(std::vector<delivery> all) override;
  void channel_changed(const channel& now) override;
  void channel_gone(channel_id which) override;
  void close(close_reason why) override;

  void on_shutdown() override;

private:
  enum class stage { awaiting_hello, attaching, live, draining, drained };

  struct channel_notice {
    channel_id id;
    std::optional<channel> now;  ///< absent: gone
  };

  /// What other threads leave for the I/O thread.
  struct incoming {
    std::optional<outcome<std::vector<channel_greeting>>> greeting;
    std::vector<std::uint64_t> answered;  ///< seqs of frames that are durable
    std::vector<delivery> deliveries;
    std::vector<channel_notice> notices;
    std::optional<close_reason> close;
    bool too_slow = false;
  };

  struct unanswered_frame {
    std::uint64_t seq = 0;
    std::uint32_t messages = 0;
    bool answered = false;
    frame_pointer frame;
  };

  void take_frame(std::string_view bytes) override;
  void collect() override;
  bool render(std::string& out) override;
  [[nodiscard]] bool wants_more() const override;
  void on_deadline() override;
  void refuse_more() override;
  void detach() override;

  void take(const connector_hello& hello);
  void take(const connector_publish& publish);
  void take(connector_status& status);
  void greeted(outcome<std::vector<channel_greeting>> with);
  void frame_answered(std::uint64_t seq);
  void keep_greeted_channels();
  void mark_answered(std::uint64_t seq);
  void end_drain_if_done();
  void render_welcome(std::string& out);
  bool render_ack(std::string& out);
  void render_notice(std::string& out);
  void render_deliveries(std::string& out);

  std::mutex lock_;
  incoming incoming_;                 // under lock_
  std::size_t deliveries_bytes_ = 0;  // under lock_: of all that aren't written yet
  bool refusing_ = false;             // under lock_

  stage stage_ = stage::awaiting_hello;
  bool welcome_due_ = false, drain_due_ = false;
  std::unique_ptr<principal> who_;
  std::vector<channel_id> channels_;       ///< that it may publish on, ascending
  std::vector<channel_id> mail_channels_;  ///< those of them that carry e-mail, ascending
  std::vector<channel_greeting> greetings_;
  std::optional<std::uint64_t> last_seq_;
  std::uint64_t unacknowledged_ = 0;
  std::deque<unanswered_frame> frames_;  ///< by rising seq
  std::vector<channel_notice> notices_;
  std::size_t next_notice_ = 0;
  std::vector<delivery> deliveries_;
  std::size_t next_delivery_ = 0;
};

}  // namespace signalbox
