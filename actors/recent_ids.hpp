/// A table of message ids by their hashes. Knuth's linear probing (TAOCP 3, 6.4, algorithms L and R): an entry is where its hash says or
/// shortly behind, so a look is a cache line, where a std::unordered_map's is three and an allocation each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/keys.hpp"

namespace signalbox {

class recent_ids {
public:
  [[nodiscard]] std::optional<message_id> find(const keys::external_hash& of) const {
    if (slots_.empty()) return std::nullopt;
    const auto& at = slots_[place_of(of)];
    if (at.message.value == 0) return std::nullopt;
    return at.message;
  }

  /// Nothing: it was added. Otherwise the message that is there, and stays. @pre message.value != 0
  std::optional<message_id> add(const keys::external_hash& of, message_id message) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    auto& at = slots_[place_of(of)];
    if (at.message.value != 0) return at.message;
    at = {of, message};
    ++count_;
    return std::nullopt;
  }

  /// Whether it was there.
  bool erase(const keys::external_hash& of) {
    if (slots_.empty()) return false;
    auto hole = place_of(of);
    if (slots_[hole].message.value == 0) return false;
    --count_;
    // Those behind that a search would no longer find move into the hole, which goes on with them.
    for (auto at = next(hole); slots_[at].message.value != 0; at = next(at)) {
      const auto from_home = (at - home_of(slots_[at].hash)) & mask();
      if (from_home < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    return true;
  }

  [[nodiscard]] std::size_t size() const { return count_; }

private:
  struct slot {
    keys::external_hash hash{};
    message_id message{};  ///< 0: free
  };

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  [[nodiscard]] std::size_t home_of(const keys::external_hash& of) const { return of.low & mask(); }
  /// Its own, or the free one where it would go. There is always one free.
  [[nodiscard]] std::size_t place_of(const keys::external_hash& of) const {
    auto at = home_of(of);
    while (slots_[at].message.value != 0 && slots_[at].hash != of) at = next(at);
    return at;
  }
  void grow() {
    std::vector<slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    for (const auto& one : old)
      if (one.message.value != 0) slots_[place_of(one.hash)] = one;
  }

  std::vector<slot> slots_;  ///< none, or a power of two of them, at most half of them taken
  std::size_t count_ = 0;
};

}  // namespace signalbox
