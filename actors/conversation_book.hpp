/// The conversations that one INBOX has in memory: loaded on demand, written back when settled.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/rows_ahead.hpp"
#include "actors/seldom.hpp"
#include "rules/assignment.hpp"
#include "storage/purging.hpp"
#include "storage/records.hpp"
#include "storage/settling.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// A conversation and what its record in the store doesn't say yet.
struct open_page {
  stored_conversation stored;
  std::vector<std::uint64_t> positions;       ///< of the history entries after `stored.logged_seq`, as far as they are committed
  std::uint32_t in_flight = 0;                ///< change sets with its events that aren't committed: it must stay in memory
  bool dirty = false;                         ///< owes the indexes something
  std::uint64_t last_ticket = 0;              ///< of the last change set that says anything of it
  std::size_t intent = 0;                     ///< place in the plan's intents plus one; 0: none
  std::uint64_t assigned_position = 0;        ///< of the last assignment's event; 0: not known
  std::vector<considered> declined;           ///< who let it lapse in this round, the newest last
  std::uint32_t let_go = 0;                   ///< how often that was since somebody kept it or a user assigned it
  bool answered = false;                      ///< its assignee has said something: it doesn't lapse
  std::string newest_message;                 ///< record of the newest message while its commit is under way
  std::uint64_t newest_message_position = 0;  ///< its event's, when it is durable; 0: not known
  std::optional<user_id> counted_on;          ///< on whose capacity it counts, as their AGENT was told
  std::unique_ptr<signalbox::ticket> ticket;  ///< the conversation's, when it was needed
  bool ticket_owed = false;                   ///< differs from its record: is written with the change set being made
  std::list<open_page*>::iterator turn;       ///< when it is dropped: those that were settled longest ago first

  [[nodiscard]] conversation& value() { return stored.value; }
  /// The position of every history entry is known. @pre none is in flight
  [[nodiscard]] bool whole() const { return stored.value.next_seq == stored.logged_seq + positions.size() + 1; }
};

/// Owned by one INBOX. Pages have stable addresses until they are dropped.
class conversation_book {
public:
  conversation_book(const store& disk, account_id account, inbox_id inbox)
      : disk_(disk), account_(account), inbox_(inbox), counts_(disk, account, inbox) {}

  /// From memory or the store; null: unknown, or in another inbox.
  [[nodiscard]] open_page* find(conversation_id which);
  struct thread_place {
    open_page* page = nullptr;                  ///< in this inbox
    std::optional<inbox_id> elsewhere;          ///< in another one, and not deleted, or expected to be restored
    std::optional<conversation_id> expected{};  ///< the latter
  };
  /// The conversation that a channel's thread belongs to. Neither: none. @param ahead rows that were read, its among them perhaps
  [[nodiscard]] thread_place find_thread(channel_id channel, std::string_view thread, rows_ahead& ahead);
  /// From memory; null: its row is wanted, for `find_thread`.
  [[nodiscard]] open_page* find_or_want(channel_id channel, std::string_view thread, rows_ahead& ahead) const;
  /// A deleted conversation of another inbox is about to be restored there: the thread's messages are for it.
  void expect(conversation_id which) { expected_.use().insert(which); }
  void stop_expecting(conversation_id which) { expected_.use().erase(which); }
  /// In which other inbox it is; nothing: it is here, or nowhere.
  [[nodiscard]] std::optional<inbox_id> elsewhere(conversation_id which) const;
  open_page& open(conversation value);

  void mark_dirty(open_page& page);
  [[nodiscard]] std::size_t dirty_count() const { return dirty_.size() - dirty_done_; }

  /// Puts the dirty pages in key order; those that get dirty later come behind them.
  void order_dirty();
  /// Writes what the first `limit` dirty pages owe. Positions that come later make a page dirty again.
  std::size_t settle(change_set& into, std::uint64_t ticket, std::size_t limit);
  void settle_one(open_page& page, change_set& into, std::uint64_t ticket);
  /// Takes it out of this inbox's lists, for it goes to another.
  void unlist(open_page& page, change_set& into) { unlist_conversation(into, account_, page.stored, counts_); }

  /// Writes its end; the page stays until that is durable, then give it up. @return how many of its events became remnants
  std::size_t purge(open_page& page, purge_extent extent, time_point at, const std::function<change_set&()>& set) {
    return purge_conversation(disk_, account_, page.stored, extent, at, counts_, set);
  }
  /// Whether the channel's thread leads to that conversation. A message after its deletion may have taken the thread on in a new one,
  /// whose rows may not be durable yet. True only where no other INBOX may write that thread's row.
  [[nodiscard]] bool leads_to(channel_id channel, std::string_view thread, conversation_id which) const;
  /// The same by what is durable.
  [[nodiscard]] bool row_leads_to(channel_id channel, std::string_view thread, conversation_id which) const;
  [[nodiscard]] bool leads_to(const conversation& of) const { return leads_to(of.channel, of.thread, of.id); }

  /// Drops pages that owe nothing, down to `keep`: the store says the same of them once `committed` is durable. `pinned` says which
  /// must stay.
  template <class Pinned>
  void shrink(std::size_t keep, std::uint64_t committed, Pinned&& pinned) {
    auto& turns = pages_.use().turns;
    for (auto left = turns.size(); left > 0 && turns.size() > keep; --left) {
      auto& page = *turns.front();
      if (page.dirty || page.last_ticket > committed || page.intent > 0 || pinned(page))
        turns.splice(turns.end(), turns, turns.begin());
      else
        drop(page);
    }
    if (turns.empty()) pages_.clear();
  }
  /// It is another inbox's now, or gone.
  void give_up(conversation_id which);
  /// Forgets all that the store knows too.
  void clear();
  [[nodiscard]] std::size_t size() const { return pages_->by_id.size(); }
  /// All that are in memory, in no order.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [which, page] : pages_->by_id) f(page->value());
  }

private:
  /// The thread's name is a view into the page's own value.
  struct thread_key {
    channel_id channel;
    std::string_view thread;
    bool operator==(const thread_key&) const = default;
  };
  struct thread_hash {
    // Not noexcept: then the map keeps the hash beside each key, and compares names only where it is the same.
    std::size_t operator()(const thread_key& of) const {
      return std::hash<channel_id>{}(of.channel) ^ std::hash<std::string_view>{}(of.thread);
    }
  };
  /// `leads`: its thread leads to it, as far as the store knows.
  open_page& keep(stored_conversation stored, bool leads);
  [[nodiscard]] std::optional<stored_conversation> load(conversation_id which) const;
  void settle_page(open_page& page, change_set& into, std::uint64_t ticket);
  void drop(const open_page& page);

  const store& disk_;
  account_id account_;
  inbox_id inbox_;
  struct pages {
    std::unordered_map<conversation_id, std::unique_ptr<open_page>> by_id;
    std::unordered_map<thread_key, open_page*, thread_hash> by_thread;  ///< each thread's newest
    std::list<open_page*> turns;                                        ///< all of them
  };
  seldom<pages> pages_;
  std::vector<conversation_id> dirty_;  ///< behind the first `dirty_done_`
  std::size_t dirty_done_ = 0;
  seldom<std::unordered_set<conversation_id>> expected_;
  list_counter counts_;
};

}  // namespace signalbox
