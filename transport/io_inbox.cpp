#include "transport/io_inbox.hpp"

namespace signalbox {

void io_inbox::wake(std::shared_ptr<wakeable> who) {
  const std::lock_guard guard{lock_};
  if (!schedule_) return;
  waiting_.push_back(std::move(who));
  if (scheduled_) return;
  scheduled_ = true;
  schedule_();
}

void io_inbox::deliver() {
  {
    const std::lock_guard guard{lock_};
    scheduled_ = false;
    delivering_.swap(waiting_);
  }
  for (const auto& each : delivering_) each->on_wake();
  delivering_.clear();
}

void io_inbox::stop() {
  std::vector<std::shared_ptr<wakeable>> forgotten;
  const std::lock_guard guard{lock_};
  schedule_ = nullptr;
  forgotten.swap(waiting_);
}

}  // namespace signalbox
