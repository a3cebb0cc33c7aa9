/// Wrong passwords, counted before any is looked at.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "rules/login_attempts.hpp"

namespace signalbox {

/// `login_attempts` for many threads.
class login_limits {
public:
  login_limits(const login_rule& by, std::uint64_t chance) : attempts_(by, chance) {}

  [[nodiscard]] allowance_granted begin(std::string_view email, std::string_view peer, time_point now) {
    const std::lock_guard guard{lock_};
    return attempts_.begin(email, peer, now);
  }
  void give_back(std::string_view email, std::string_view peer) {
    const std::lock_guard guard{lock_};
    attempts_.give_back(email, peer);
  }

private:
  std::mutex lock_;
  login_attempts attempts_;
};

}  // namespace signalbox
