/// What was sent to JOURNAL and may not be in the store yet.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

namespace signalbox {

/// Rows by key, each until the commit that holds its newest value is durable: it is found here or in the store. Owned by one actor, whose
/// commits have tickets that rise. Holds as much as is between two commits.
template <class Key, class Value>
class rows_under_way {
public:
  /// @pre no ticket that was put is greater
  void put(Key key, Value value, std::uint64_t ticket) {
    const auto [at, fresh] = rows_.try_emplace(std::move(key));
    if (fresh || at->second.ticket != ticket) order_.emplace_back(ticket, &at->first);
    at->second = {std::move(value), ticket};
  }

  /// Null: the store knows. Valid until the next call that changes something.
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto at = rows_.find(key);
    return at == rows_.end() ? nullptr : &at->second.value;
  }

  /// All commits up to this one are durable.
  void committed(std::uint64_t ticket) {
    for (; !order_.empty() && order_.front().first <= ticket; order_.pop_front()) forget(order_.front());
  }

  /// What was put for commits behind this one isn't sent. @pre none of it was put over an earlier value
  void forget_behind(std::uint64_t ticket) {
    for (; !order_.empty() && order_.back().first > ticket; order_.pop_back()) forget(order_.back());
  }

  void clear() {
    order_.clear();
    rows_.clear();
  }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

private:
  struct row {
    Value value{};
    std::uint64_t ticket = 0;
  };

  /// Unless a later commit holds a newer value.
  void forget(const std::pair<std::uint64_t, const Key*>& what) {
    if (const auto at = rows_.find(*what.second); at->second.ticket == what.first) rows_.erase(at);
  }

  std::unordered_map<Key, row> rows_;
  std::list<std::pair<std::uint64_t, const Key*>> order_;  ///< keys of `rows_`; of each the last one here has its ticket
};

}  // namespace signalbox
