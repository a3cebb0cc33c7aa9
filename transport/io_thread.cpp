#include "transport/io_thread.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <vector>

namespace signalbox {

io_thread::io_thread() : keep_running_(context.get_executor()) {
  inbox = std::make_shared<io_inbox>([this] { asio::post(context, [to = inbox] { to->deliver(); }); });
}

io_thread::~io_thread() { stop(); }

void io_thread::start(unsigned index) {
  thread_ = std::thread{[this, index] {
    pthread_setname_np(pthread_self(), ("io" + std::to_string(index)).c_str());
    context.run();
  }};
}

void io_thread::stop() {
  inbox->stop();
  keep_running_.reset();
  context.stop();
  if (thread_.joinable()) thread_.join();
}

void io_thread::shut_down_all() {
  const std::vector<std::shared_ptr<connection>> all{connections_.begin(), connections_.end()};
  for (const auto& each : all) each->shut_down();
}

void io_thread::abort_all() {
  const std::vector<std::shared_ptr<connection>> all{connections_.begin(), connections_.end()};
  for (const auto& each : all) each->abort();
}

}  // namespace signalbox
