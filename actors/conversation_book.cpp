#include "actors/conversation_book.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "storage/keys.hpp"
#include "storage/settling.hpp"

namespace signalbox {

open_page& conversation_book::keep(stored_conversation stored, bool leads) {
  auto page = std::make_unique<open_page>();
  page->stored = std::move(stored);
  auto& kept = *page;
  kept.counted_on = kept.value().held_by();
  // A thread that goes on in a new conversation (its old one was deleted) points to the newest.
  const thread_key thread{kept.value().channel, kept.value().thread};
  const auto id = kept.value().id;
  auto& [by_id, by_thread, turns] = pages_.use();
  kept.turn = turns.insert(turns.end(), &kept);
  auto& place = by_id[id];
  if (place) turns.erase(place->turn);
  place = std::move(page);
  const auto before = by_thread.find(thread);
  if (before == by_thread.end()) {
    if (leads) by_thread.emplace(thread, &kept);
  } else if (before->second->value().id < id) {
    by_thread.erase(before);  // its name is a view into the older one
    by_thread.emplace(thread, &kept);
  }
  return kept;
}

open_page* conversation_book::find(conversation_id which) {
  const auto& by_id = pages_->by_id;
  if (const auto found = by_id.find(which); found != by_id.end()) return found->second.get();
  auto stored = load(which);
  if (!stored || stored->value.inbox != inbox_) return nullptr;
  const bool leads = row_leads_to(stored->value.channel, stored->value.thread, which);
  return &keep(std::move(*stored), leads);
}

std::optional<stored_conversation> conversation_book::load(conversation_id which) const {
  const auto record = disk_.get(family::state, keys::conversation(account_, which));
  return record ? std::optional{decode_conversation(*record)} : std::nullopt;
}

open_page* conversation_book::find_or_want(channel_id channel, std::string_view thread, rows_ahead& ahead) const {
  const auto& by_thread = pages_->by_thread;
  if (const auto found = by_thread.find(thread_key{channel, thread}); found != by_thread.end()) return found->second;
  ahead.want(keys::thread(account_, channel, thread));
  return nullptr;
}

conversation_book::thread_place conversation_book::find_thread(channel_id channel, std::string_view thread, rows_ahead& ahead) {
  auto& [by_id, by_thread, turns] = pages_.use();
  if (const auto found = by_thread.find(thread_key{channel, thread}); found != by_thread.end()) return {found->second, {}};
  const auto row = keys::thread(account_, channel, thread);
  const auto* read = ahead.take(row);
  const auto record = read ? *read : disk_.get(family::state, row);
  if (!record) return {};
  const conversation_id which{keys::read_be64(*record)};
  if (const auto found = by_id.find(which); found != by_id.end()) {
    auto& page = *found->second;
    by_thread.emplace(thread_key{page.value().channel, page.value().thread}, &page);
    return {&page, {}};
  }
  auto stored = load(which);
  if (!stored) return {};
  if (stored->value.inbox == inbox_) return {&keep(std::move(*stored), true), {}};
  if (!stored->value.deleted_at) {
    stop_expecting(which);
    return {nullptr, stored->value.inbox};
  }
  if (expected_->contains(which)) return {nullptr, stored->value.inbox, which};
  return {};
}

std::optional<inbox_id> conversation_book::elsewhere(conversation_id which) const {
  if (pages_->by_id.contains(which)) return std::nullopt;
  const auto stored = load(which);
  if (!stored || stored->value.inbox == inbox_) return std::nullopt;
  return stored->value.inbox;
}

void conversation_book::give_up(conversation_id which) {
  const auto found = pages_->by_id.find(which);
  if (found != pages_->by_id.end()) drop(*found->second);
}

void conversation_book::drop(const open_page& page) {
  auto& [by_id, by_thread, turns] = pages_.use();
  const auto& value = page.stored.value;
  const auto thread = by_thread.find(thread_key{value.channel, value.thread});
  if (thread != by_thread.end() && thread->second == &page) by_thread.erase(thread);
  turns.erase(page.turn);
  by_id.erase(conversation_id{value.id});  // a copy: the page has the id
}

open_page& conversation_book::open(conversation value) {
  stored_conversation stored;
  stored.value = std::move(value);
  return keep(std::move(stored), true);
}

void conversation_book::mark_dirty(open_page& page) {
  if (page.dirty) return;
  page.dirty = true;
  dirty_.push_back(page.value().id);
}

void conversation_book::settle_one(open_page& page, change_set& into, std::uint64_t ticket) {
  settle_page(page, into, ticket);
  counts_.write(into);
}

void conversation_book::settle_page(open_page& page, change_set& into, std::uint64_t ticket) {
  settle_conversation(into, account_, page.stored, page.stored.logged_seq + 1, page.positions, counts_);
  page.positions.clear();
  if (page.in_flight == 0) std::string{}.swap(page.newest_message);  // it keeps its bytes when it is emptied
  page.dirty = false;
  page.last_ticket = ticket;
  auto& turns = pages_.use().turns;
  turns.splice(turns.end(), turns, page.turn);
}

void conversation_book::order_dirty() {
  // Once a round, since a piece may be small beside what is left.
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(std::exchange(dirty_done_, 0)));
  std::sort(dirty_.begin(), dirty_.end());  // ids rise with creation, and so do keys
}

std::size_t conversation_book::settle(change_set& into, std::uint64_t ticket, std::size_t limit) {
  std::size_t settled = 0;
  const auto piece = std::span{dirty_}.subspan(dirty_done_, std::min(limit, dirty_count()));
  for (const auto which : piece) {
    const auto found = pages_->by_id.find(which);
    if (found == pages_->by_id.end() || !found->second->dirty) continue;
    settle_page(*found->second, into, ticket);
    ++settled;
  }
  dirty_done_ += piece.size();
  counts_.write(into);
  return settled;
}

bool conversation_book::leads_to(channel_id channel, std::string_view thread, conversation_id which) const {
  const auto& by_thread = pages_->by_thread;
  if (const auto found = by_thread.find(thread_key{channel, thread}); found != by_thread.end())
    return found->second->value().id == which;
  return row_leads_to(channel, thread, which);
}

bool conversation_book::row_leads_to(channel_id channel, std::string_view thread, conversation_id which) const {
  const auto record = disk_.get(family::state, keys::thread(account_, channel, thread));
  return record && keys::read_be64(*record) == which.value;
}

void conversation_book::clear() {
  pages_.clear();
  dirty_.clear();
  dirty_done_ = 0;
  counts_.forget();
}

}  // namespace signalbox
