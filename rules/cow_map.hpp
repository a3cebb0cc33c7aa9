/// A map whose copies share what they have in common: the configuration snapshot of an account with 100,000 inboxes changes
/// by copying one shard of pointers, not the whole.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

namespace signalbox {

/// Immutable for readers: a snapshot is shared between threads as `shared_ptr<const …>`; only its one writer makes the next
/// copy and changes that. Values are held by `shared_ptr<const T>` and never changed in place.
template <class Key, class T>
class cow_map {
public:
  using pointer = std::shared_ptr<const T>;

  [[nodiscard]] const T* find(Key key) const {
    const auto& shard = shards_[shard_of(key)];
    if (!shard) return nullptr;
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : found->second.get();
  }

  [[nodiscard]] pointer share(Key key) const {
    const auto& shard = shards_[shard_of(key)];
    if (!shard) return nullptr;
    const auto found = shard->find(key);
    return found == shard->end() ? nullptr : found->second;
  }

  void set(Key key, T value) {
    auto& shard = shards_[shard_of(key)];
    auto changed = shard ? std::make_shared<shard_map>(*shard) : std::make_shared<shard_map>();
    const auto [place, added] = changed->insert_or_assign(key, std::make_shared<const T>(std::move(value)));
    (void)place;
    if (added) ++size_;
    shard = std::move(changed);
  }

  void erase(Key key) {
    auto& shard = shards_[shard_of(key)];
    if (!shard || !shard->contains(key)) return;
    auto changed = std::make_shared<shard_map>(*shard);
    changed->erase(key);
    --size_;
    shard = std::move(changed);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Nothing was set or erased in either since one was copied from the other.
  [[nodiscard]] bool is_unchanged_copy_of(const cow_map& other) const { return shards_ == other.shards_; }

  /// All values ordered by key, that is by creation. O(n log n): for lists, not for the hot path.
  [[nodiscard]] std::vector<pointer> ordered() const {
    std::vector<std::pair<Key, pointer>> all;
    all.reserve(size_);
    for (const auto& shard : shards_)
      if (shard) all.insert(all.end(), shard->begin(), shard->end());
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<pointer> out;
    out.reserve(all.size());
    for (auto& [key, value] : all) out.push_back(std::move(value));
    return out;
  }

  template <class F>
  void for_each(F&& f) const {
    for (const auto& shard : shards_)
      if (shard)
        for (const auto& [key, value] : *shard) f(*value);
  }

  /// Calls f(key, now, then) for each value that isn't the same one in both; null where there is none. Costs what the changed
  /// shards hold.
  template <class F>
  void for_each_difference(const cow_map& before, F&& f) const {
    static const shard_map nothing;
    for (std::size_t i = 0; i < shard_count; ++i) {
      if (shards_[i] == before.shards_[i]) continue;
      const auto& mine = shards_[i] ? *shards_[i] : nothing;
      const auto& theirs = before.shards_[i] ? *before.shards_[i] : nothing;
      auto then = theirs.begin();
      for (const auto& [key, value] : mine) {
        for (; then != theirs.end() && then->first < key; ++then)
          f(then->first, static_cast<const T*>(nullptr), then->second.get());
        const T* was = nullptr;
        if (then != theirs.end() && then->first == key) was = (then++)->second.get();
        if (was != value.get()) f(key, static_cast<const T*>(value.get()), was);
      }
      for (; then != theirs.end(); ++then) f(then->first, static_cast<const T*>(nullptr), then->second.get());
    }
  }

private:
  using shard_map = std::map<Key, pointer>;
  static constexpr std::size_t shard_count = 64;
  [[nodiscard]] static std::size_t shard_of(Key key) { return std::hash<Key>{}(key) % shard_count; }

  std::array<std::shared_ptr<const shard_map>, shard_count> shards_{};
  std::size_t size_ = 0;
};

}  // namespace signalbox
