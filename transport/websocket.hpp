/// One WebSocket between what moves bytes and what understands them: sessions know no Beast, streams know no frame.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "transport/io_inbox.hpp"

namespace signalbox {

/// The stream under a session. Used on its I/O thread only.
class websocket {
public:
  virtual ~websocket() = default;
  /// The next frame, to `on_frame`. @pre none is asked for
  virtual void read() = 0;
  /// One text frame; `bytes` stay where they are until `on_written`. @pre none is being written
  virtual void write(std::string_view bytes) = 0;
  /// Says the code and the reason (at most 123 bytes) after what is being written. `on_ended` follows in any case.
  virtual void close(int code, std::string_view reason) = 0;
  /// `on_timer` after `delay`, instead of any earlier wish.
  virtual void set_timer(std::chrono::milliseconds delay) = 0;
  virtual void cancel_timer() = 0;
  [[nodiscard]] virtual const std::shared_ptr<io_inbox>& inbox() const = 0;
};

/// A session, as its stream sees it. Called on the I/O thread only.
class websocket_user : public wakeable {
public:
  virtual void on_open(std::shared_ptr<websocket> stream) = 0;
  /// `bytes` are valid during the call.
  virtual void on_frame(std::string_view bytes, bool binary) = 0;
  virtual void on_written() = 0;
  virtual void on_timer() = 0;
  /// Last and once, also when it never opened. `code`: ours, the peer's, or 1006 when the connection just broke.
  virtual void on_ended(int code) = 0;
  /// The server is going down.
  virtual void on_shutdown() = 0;
};

}  // namespace signalbox
