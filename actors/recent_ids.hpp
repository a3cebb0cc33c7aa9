/// A table of message ids by their hashes. Knuth's linear probing (TAOCP 3, 6.4, algorithms L and R): an entry is where its hash says or
/// shortly behind, so a look is a cache line, where a std::unordered_map's is three and an allocation each.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/keys.hpp"

namespace signalbox {

/// Grows by doubling, a part at a time: as one table it would stand still for tens of milliseconds when it is large.
class recent_ids {
public:
  [[nodiscard]] std::optional<message_id> find(const keys::external_hash& of) const {
    return parts_.empty() ? std::nullopt : parts_[part_of(of)].find(of);
  }

  /// Nothing: it was added. Otherwise the message that is there, and stays. @pre message.value != 0
  std::optional<message_id> add(const keys::external_hash& of, message_id message) {
    if (parts_.empty()) parts_.resize(1);
    if (parts_.size() == 1 && parts_[0].size() == whole_max) split();
    return parts_[part_of(of)].add(of, message);
  }

  /// Whether it was there.
  bool erase(const keys::external_hash& of) { return !parts_.empty() && parts_[part_of(of)].erase(of); }

  [[nodiscard]] std::size_t size() const {
    std::size_t all = 0;
    for (const auto& one : parts_) all += one.size();
    return all;
  }

private:
  static constexpr std::size_t whole_max = 2'048, parts = 256;

  class table {
  public:
    [[nodiscard]] std::optional<message_id> find(const keys::external_hash& of) const {
      if (slots_.empty()) return std::nullopt;
      const auto& at = slots_[place_of(of)];
      if (at.message.value == 0) return std::nullopt;
      return at.message;
    }

    std::optional<message_id> add(const keys::external_hash& of, message_id message) {
      if (2 * (count_ + 1) > slots_.size()) grow();
      auto& at = slots_[place_of(of)];
      if (at.message.value != 0) return at.message;
      at = {of, message};
      ++count_;
      return std::nullopt;
    }

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

    template <class F>
    void for_each(F&& f) const {
      for (const auto& one : slots_)
        if (one.message.value != 0) f(one.hash, one.message);
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
      std::vector<slot> old(slots_.empty() ? 32 : 2 * slots_.size());
      old.swap(slots_);
      for (const auto& one : old)
        if (one.message.value != 0) slots_[place_of(one.hash)] = one;
    }

    std::vector<slot> slots_;  ///< none, or a power of two of them, at most half of them taken
    std::size_t count_ = 0;
  };

  [[nodiscard]] std::size_t part_of(const keys::external_hash& of) const { return parts_.size() == 1 ? 0 : of.high % parts; }

  void split() {
    const auto whole = std::move(parts_[0]);
    parts_ = std::vector<table>(parts);
    whole.for_each([this](const keys::external_hash& of, message_id message) { (void)parts_[part_of(of)].add(of, message); });
  }

  std::vector<table> parts_;  ///< none; one; or all of them, from when there were enough
};

}  // namespace signalbox
