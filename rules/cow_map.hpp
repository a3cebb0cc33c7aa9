/// A map whose copies share what they have in common: the configuration snapshot of an account with 100,000 inboxes changes
/// by copying a few nodes of pointers, not the whole.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace signalbox {

/// Immutable for readers: a snapshot is shared between threads as `shared_ptr<const …>`; only its one writer makes the next
/// copy and changes that. Values are held by `shared_ptr<const T>` and never changed in place.
///
/// A trie over the bits of the key's hash, a branch of 64 where a leaf would hold more than that, so what a change copies grows with
/// the logarithm of the map (as Clojure's maps do; Bagwell, "Ideal Hash Trees", 2001).
template <class Key, class T>
class cow_map {
public:
  using key_type = Key;
  using mapped_type = T;
  using pointer = std::shared_ptr<const T>;

  [[nodiscard]] const T* find(Key key) const {
    const auto* found = place_of(key);
    return found ? found->second.get() : nullptr;
  }

  [[nodiscard]] pointer share(Key key) const {
    const auto* found = place_of(key);
    return found ? found->second : nullptr;
  }

  void set(Key key, T value) { root_ = with(root_.get(), 0, entry{key, std::make_shared<const T>(std::move(value))}, size_); }

  void erase(Key key) {
    if (!place_of(key)) return;
    root_ = without(*root_, 0, key);
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Nothing was set or erased in either since one was copied from the other.
  [[nodiscard]] bool is_unchanged_copy_of(const cow_map& other) const { return root_ == other.root_; }

  /// All values ordered by key, that is by creation. O(n log n): for lists, not for the hot path.
  [[nodiscard]] std::vector<pointer> ordered() const {
    std::vector<entry> all;
    all.reserve(size_);
    gather(root_.get(), all);
    std::sort(all.begin(), all.end(), by_key);
    std::vector<pointer> out;
    out.reserve(all.size());
    for (auto& [key, value] : all) out.push_back(std::move(value));
    return out;
  }

  template <class F>
  void for_each(F&& f) const {
    each_below(root_.get(), f);
  }

  /// Calls f(key, now, then) for each value that isn't the same one in both; null where there is none. Costs what the changed
  /// leaves hold.
  template <class F>
  void for_each_difference(const cow_map& before, F&& f) const {
    differences(root_.get(), before.root_.get(), f);
  }

private:
  using entry = std::pair<Key, pointer>;
  struct node;
  using node_pointer = std::shared_ptr<const node>;
  static constexpr unsigned bits_a_level = 6;
  static constexpr std::size_t width = std::size_t{1} << bits_a_level;
  static constexpr unsigned levels_max = 64 / bits_a_level;  ///< keys whose hashes agree in all of these share a leaf
  using branches = std::array<node_pointer, width>;

  /// Either `below` or entries ordered by key.
  struct node {
    std::vector<entry> entries;
    std::unique_ptr<branches> below;
  };

  static bool by_key(const entry& a, const entry& b) { return a.first < b.first; }

  /// Ids count up from a moment and hash to themselves: multiplied, their upper bits differ (Knuth, TAOCP 3, 6.4).
  [[nodiscard]] static std::size_t branch_of(Key key, unsigned level) {
    const auto mixed = static_cast<std::uint64_t>(std::hash<Key>{}(key)) * 0x9E37'79B9'7F4A'7C15;
    return static_cast<std::size_t>(mixed >> (64 - bits_a_level * (level + 1))) % width;
  }

  [[nodiscard]] static auto lower_bound(const std::vector<entry>& in, Key key) {
    return std::lower_bound(in.begin(), in.end(), key, [](const entry& one, Key of) { return one.first < of; });
  }

  [[nodiscard]] const entry* place_of(Key key) const {
    const auto* at = root_.get();
    for (unsigned level = 0; at && at->below; ++level) at = (*at->below)[branch_of(key, level)].get();
    if (!at) return nullptr;
    const auto found = lower_bound(at->entries, key);
    return found != at->entries.end() && found->first == key ? &*found : nullptr;
  }

  /// `before` and what is below it with one entry more or another one; counts it if it is one more.
  [[nodiscard]] static node_pointer with(const node* before, unsigned level, entry one, std::size_t& count) {
    auto after = std::make_shared<node>();
    if (before && before->below) {
      after->below = std::make_unique<branches>(*before->below);
      auto& branch = (*after->below)[branch_of(one.first, level)];
      branch = with(branch.get(), level + 1, std::move(one), count);
      return after;
    }
    if (before) after->entries = before->entries;
    const auto place = lower_bound(after->entries, one.first);
    if (place != after->entries.end() && place->first == one.first) {
      after->entries[static_cast<std::size_t>(place - after->entries.begin())].second = std::move(one.second);
      return after;
    }
    after->entries.insert(place, std::move(one));
    ++count;
    if (after->entries.size() > width && level < levels_max) split(*after, level);
    return after;
  }

  static void split(node& leaf, unsigned level) {
    std::array<std::vector<entry>, width> parts;
    for (auto& one : leaf.entries) parts[branch_of(one.first, level)].push_back(std::move(one));
    leaf.entries = {};
    leaf.below = std::make_unique<branches>();
    for (std::size_t i = 0; i < width; ++i) {
      if (parts[i].empty()) continue;
      auto part = std::make_shared<node>();
      part->entries = std::move(parts[i]);
      (*leaf.below)[i] = std::move(part);
    }
  }

  /// A branch stays one, however little is left below it. @pre `key` is there
  [[nodiscard]] static node_pointer without(const node& before, unsigned level, Key key) {
    auto after = std::make_shared<node>();
    if (before.below) {
      after->below = std::make_unique<branches>(*before.below);
      auto& branch = (*after->below)[branch_of(key, level)];
      branch = without(*branch, level + 1, key);
      return after;
    }
    after->entries.reserve(before.entries.size() - 1);
    std::copy_if(before.entries.begin(), before.entries.end(), std::back_inserter(after->entries),
                 [key](const entry& one) { return !(one.first == key); });
    return after;
  }

  static void gather(const node* from, std::vector<entry>& into) {
    if (!from) return;
    into.insert(into.end(), from->entries.begin(), from->entries.end());
    if (!from->below) return;
    for (const auto& each : *from->below) gather(each.get(), into);
  }

  template <class F>
  static void each_below(const node* from, F&& f) {
    if (!from) return;
    for (const auto& [key, value] : from->entries) f(*value);
    if (!from->below) return;
    for (const auto& each : *from->below) each_below(each.get(), f);
  }

  template <class F>
  static void differences(const node* now, const node* then, F&& f) {
    if (now == then) return;
    if (now && then && now->below && then->below) {
      for (std::size_t i = 0; i < width; ++i) differences((*now->below)[i].get(), (*then->below)[i].get(), f);
      return;
    }
    std::vector<entry> held_now, held_then;  // of a part that was split since
    const auto& mine = entries_below(now, held_now);
    const auto& theirs = entries_below(then, held_then);
    auto was = theirs.begin();
    for (const auto& [key, value] : mine) {
      for (; was != theirs.end() && was->first < key; ++was) f(was->first, static_cast<const T*>(nullptr), was->second.get());
      const T* same_key = nullptr;
      if (was != theirs.end() && was->first == key) same_key = (was++)->second.get();
      if (same_key != value.get()) f(key, value.get(), same_key);
    }
    for (; was != theirs.end(); ++was) f(was->first, static_cast<const T*>(nullptr), was->second.get());
  }

  /// Ordered by key; `held` holds them if no leaf does.
  [[nodiscard]] static const std::vector<entry>& entries_below(const node* from, std::vector<entry>& held) {
    if (from && !from->below) return from->entries;
    gather(from, held);
    std::sort(held.begin(), held.end(), by_key);
    return held;
  }

  node_pointer root_;
  std::size_t size_ = 0;
};

}  // namespace signalbox
