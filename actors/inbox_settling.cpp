// Conversations whose trailing indexes are written, a piece at a time, and then dropped from memory.
#include <algorithm>
#include <utility>

#include "actors/inbox_state.hpp"

namespace signalbox {

namespace {
constexpr std::size_t pages_at_once = 64;  ///< for a reader: about as long as a message may wait
constexpr std::size_t keys_a_page = 4, bytes_a_key = 160;
}  // namespace

void inbox_state::shrink() {
  if (!shrink_wanted_ || !plan_->empty()) return;  // a plan holds pages that nothing else does
  shrink_wanted_ = false;
  kept_.holds(book_.size());
  book_.shrink(kept_.may_hold() + waiting_->size(), committed_,
               [&](open_page& page) { return waiting_->contains(page.value().id); });
  kept_.holds(book_.size());
}

void inbox_state::settle_now(settle_to_read& what) {
  // What was settled before may still be on its way to the disk: then this answers behind it.
  const bool after_others = !flights_->empty();
  auto set = new_commit();
  flight_->settles = true;
  std::size_t settled = 0;
  if (what.wish.which) {
    if (auto* page = book_.find(*what.wish.which); page && page->dirty) {
      book_.settle_one(*page, set->set, set->ticket);
      ++settled;
    }
  } else {
    // What is dirty now, a piece at a time, each after the one before is durable: messages go between them.
    if (!what.left) {
      book_.order_dirty();
      what.left = book_.dirty_count();
    }
    const auto piece = std::min(*what.left, pages_at_once);
    set->set.reserve(piece * keys_a_page, bytes_a_key);
    settled = book_.settle(set->set, set->ticket, piece);
    *what.left -= piece;
  }
  env.probe.settled(settled, 0);
  if (settled == 0 && !after_others) {
    flights_.use().erase(set->ticket);
    flight_ = nullptr;
    return what.wish.ready();
  }
  if (what.left && *what.left > 0)
    flight_->go_on = std::move(what);
  else
    set->then.emplace_back(std::move(what.wish.ready));
  submit(std::move(set));
}

/// Before what is queued: a round must end under any load, and until it has nothing that it settles can be dropped from memory. What it
/// settles is durable already, so it needn't wait for anything.
void inbox_state::settle_soon(settle& m) {
  env.probe.queue_depth(queue_kind::inbox_stash, 1);
  work_.emplace_front(std::move(m));
  pump();
}

void inbox_state::settle_now(settle& what) {
  if (what.round != settle_round_) {
    settle_round_ = what.round;
    book_.order_dirty();
    settle_left_ = book_.dirty_count();
  }
  // Pieces for readers that are on their way must be durable too before the round may end.
  if (settle_left_ == 0 && flights_->empty()) {
    shrink_wanted_ = true;
    return what.settled(false);
  }
  auto set = new_commit();
  flight_->settles = true;
  const auto piece = std::min(settle_left_, std::max<std::size_t>(1, what.keys / keys_a_page));
  set->set.reserve(piece * keys_a_page, bytes_a_key);
  env.probe.settled(book_.settle(set->set, set->ticket, piece), 0);
  settle_left_ -= piece;
  if (settle_left_ == 0) shrink_after_ = set->ticket;
  set->then.emplace_back([settled = std::move(what.settled), more = settle_left_ > 0] { settled(more); });
  submit(std::move(set));
}

}  // namespace signalbox
