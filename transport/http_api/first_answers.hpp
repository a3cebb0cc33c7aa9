/// Idempotency-Key: the first answer to a POST, kept so that the same key gets it again.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "rules/time.hpp"
#include "transport/http_exchange.hpp"

namespace signalbox {

/// In memory: a restart forgets them, and what was made is then known by the key that went with its commit (`edge`). Bounded; when it is full the oldest goes first, and nobody may keep more than their
/// share, so that one caller can't make the table forget the others'. Thread-safe; answers are given without the lock held.
class first_answers {
public:
  struct bounds {
    std::size_t entries = 10'000;
    std::size_t entries_each = 2'000;  ///< of one caller
    std::size_t bytes = 64u << 20;
    milliseconds keep = std::chrono::hours{24};
  };
  using answer_to = std::function<void(http_answer)>;

  first_answers() : first_answers(bounds{}) {}
  explicit first_answers(bounds within) : bounds_(within) {}

  /// What is to be called with the first answer when `caller` uses `key` for the first time; the answer then goes to `then`
  /// and to whoever came with the same key meanwhile. Nothing when `then` was or will be given the first answer.
  [[nodiscard]] std::optional<answer_to> begin(std::string caller, const std::string& key, time_point now, answer_to then);

  [[nodiscard]] std::size_t size() const;

private:
  struct entry {
    std::string caller;
    std::string key;  ///< with the caller, so that it is unique
    time_point at;
    std::uint64_t number = 0;
    std::optional<http_answer> answer;  ///< absent while the first one is under way
    std::size_t bytes = 0;
    std::vector<answer_to> waiting;
  };
  using place = std::list<entry>::iterator;

  void finish(const std::string& key, std::uint64_t number, const http_answer& answer);
  void forget(place which);
  void evict(const std::string& caller, time_point now);

  const bounds bounds_;
  mutable std::mutex lock_;
  std::list<entry> entries_;  ///< oldest first
  std::unordered_map<std::string, place> by_key_;
  std::map<std::string, std::size_t> entries_of_;
  std::size_t bytes_ = 0;
  std::uint64_t next_number_ = 1;
};

}  // namespace signalbox
