#include "tests/support/memory_store.hpp"

#include <algorithm>
#include <mutex>

namespace signalbox {

class memory_store::writer final : public batch_sink {
public:
  explicit writer(image& to) : to_(to) {}
  void put(family in, std::string_view key, std::string_view value) override {
    to_.families[static_cast<std::size_t>(in)].insert_or_assign(std::string{key}, std::string{value});
  }
  void erase(family in, std::string_view key) override { to_.families[static_cast<std::size_t>(in)].erase(std::string{key}); }

private:
  image& to_;
};

void memory_store::fail_after(std::size_t commits, std::size_t batches_kept) {
  fail_in_ = commits;
  batches_kept_ = batches_kept;
}

class memory_store::prepared final : public prepared_commit {
public:
  std::vector<change_set> sets;
};

void memory_store::commit(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) {
  give_positions(sets, first_positions);
  write(sets);
}

std::unique_ptr<prepared_commit> memory_store::prepare(std::span<const change_set* const> sets,
                                                       std::span<std::uint64_t> first_positions) {
  auto made = std::make_unique<prepared>();
  for (const auto* one : sets) made->sets.push_back(*one);
  give_positions(sets, first_positions);
  return made;
}

void memory_store::give_positions(std::span<const change_set* const> sets, std::span<std::uint64_t> first_positions) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    auto& head = prepared_heads_.at(sets[i]->group());
    first_positions[i] = head + 1;
    head += sets[i]->events();
  }
}

void memory_store::write(prepared_commit& what, const std::function<void()>& let_next, const std::function<void()>& durable) {
  std::vector<const change_set*> sets;
  for (const auto& one : dynamic_cast<prepared&>(what).sets) sets.push_back(&one);
  try {
    write(sets);
  } catch (...) {
    if (overlap_) let_next();  // its log was fine
    throw;
  }
  let_next();
  if (!overlap_) return durable();
  untold_.push_back(durable);
  untold_most_ = std::max(untold_most_, untold_.size());
}

bool memory_store::tell_one() {
  if (untold_.empty()) return false;
  const auto durable = std::move(untold_.front());
  untold_.pop_front();
  durable();
  return true;
}

void memory_store::write(std::span<const change_set* const> sets) {
  if (before_commit_) before_commit_(sets);
  const std::unique_lock lock{mutex_};
  if (broken_) throw storage_error("a write failed before; nothing is written any more");
  const bool fails = fail_in_ == std::size_t{0};
  if (fail_in_ && !fails) --*fail_in_;
  const auto batches = layout_.split(sets);
  if (fails) {
    broken_ = true;
    if (forget_unsynced_) synced_ = std::make_unique<image>(now_);
  }
  if (batches.empty() && !fails) return;

  std::string number;
  keys::append_be64(number, now_.commit_number + 1);
  writer to{now_};
  const auto kept = fails ? std::min(batches.size(), batches_kept_) : batches.size();
  std::vector<std::uint64_t> first_positions(sets.size());  // as they were given
  for (const auto& batch : batches.first(kept)) {
    auto& head = now_.heads.at(batch.group);
    head = layout_.write(batch, sets, head, first_positions, to);
    to.put(family::meta, keys::commit_number(), number);
  }
  if (fails) throw storage_error("writing failed: the test wanted it");
  ++now_.commit_number;
  ++commits_;
}

std::optional<std::string> memory_store::get(family of, std::string_view key) const {
  const std::shared_lock lock{mutex_};
  const auto at = in(of).find(key);
  if (at == in(of).end()) return std::nullopt;
  return at->second;
}

std::vector<std::optional<std::string>> memory_store::get_many(family of, std::span<const std::string> keys) const {
  std::vector<std::optional<std::string>> found;
  found.reserve(keys.size());
  for (const auto& key : keys) found.push_back(get(of, key));
  return found;
}

void memory_store::scan(family of, std::string_view from, std::string_view to,
                        const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (!to.empty() && from >= to) return;
  const std::shared_lock lock{mutex_};
  const auto end = to.empty() ? in(of).end() : in(of).lower_bound(to);
  for (auto at = in(of).lower_bound(from); at != end; ++at) {
    if (!visit(at->first, at->second)) return;
  }
}

void memory_store::scan_back(family of, std::string_view from, std::string_view to,
                             const std::function<bool(std::string_view, std::string_view)>& visit) const {
  if (!to.empty() && from >= to) return;
  const std::shared_lock lock{mutex_};
  const auto begin = in(of).lower_bound(from);
  for (auto at = to.empty() ? in(of).end() : in(of).lower_bound(to); at != begin;) {
    --at;
    if (!visit(at->first, at->second)) return;
  }
}

std::optional<std::string> memory_store::event_at(std::uint8_t group, std::uint64_t position) const {
  return get(family::events, keys::event(group, position));
}

std::vector<std::pair<std::uint64_t, std::string>> memory_store::events_at(std::uint8_t group,
                                                                           std::span<const std::uint64_t> positions) const {
  std::vector<std::pair<std::uint64_t, std::string>> events;
  for (const auto position : positions) {
    if (auto found = event_at(group, position)) events.emplace_back(position, std::move(*found));
  }
  return events;
}

std::uint64_t memory_store::head(std::uint8_t group) const {
  const std::shared_lock lock{mutex_};
  return now_.heads.at(group);
}

void memory_store::drop_range(family of, std::string_view from, std::string_view to) {
  if (from >= to) return;
  const std::unique_lock lock{mutex_};
  auto& rows = now_.families[static_cast<std::size_t>(of)];
  rows.erase(rows.lower_bound(from), rows.lower_bound(to));
}

std::unique_ptr<memory_store> memory_store::crash() const {
  auto after = std::make_unique<memory_store>();
  const std::shared_lock lock{mutex_};
  after->now_ = synced_ ? *synced_ : now_;
  after->prepared_heads_ = after->now_.heads;
  return after;
}

}  // namespace signalbox
