/// Posts to webhooks, by libcurl on a thread of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "rules/webhook_delivery.hpp"

namespace signalbox {

/// Thread-safe. Redirects are not followed, proxies of the environment not used, certificates checked by the system's store.
/// Every connection's address is checked as it is opened, whatever a name resolved to before: unless `allow_private`, only
/// the public Internet's are connected to. Of an answer only its status is looked at.
class webhook_client {
public:
  struct options {
    milliseconds timeout{10'000};  ///< of one attempt, from its beginning to the answer's last byte
    bool allow_private = false;
    std::string agent = "Signalbox";
    std::size_t at_once = 128;  ///< more wait for their turn; callers bound how many
  };
  explicit webhook_client(options with);
  ~webhook_client();
  webhook_client(const webhook_client&) = delete;
  webhook_client& operator=(const webhook_client&) = delete;

  /// `then` is called once, on the client's thread; after `stop` on the caller's. It must neither block nor throw.
  void post(webhook_post what, std::function<void(webhook_answer)> then);
  /// Ends what is on its way to a webhook, and what waits: answered without a status.
  void cancel(webhook_id which);
  /// Ends everything; all that is asked for later is answered at once, without a status.
  void stop();

private:
  class engine;
  std::unique_ptr<engine> engine_;
};

}  // namespace signalbox
