#include "app/conformance/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rules/message.hpp"

namespace signalbox {

namespace {

constexpr run_time return_window{1'000};

std::string name_of(const message_key& key) { return fmt::format("the message \"{}\" of {}", key.id, key.channel); }

const char* plural(std::uint64_t count) { return count == 1 ? "" : "s"; }

}  // namespace

void judge::find(fault_kind kind, std::string sentence) {
  if (++counted_[kind] <= limits_.findings_max) findings_.push_back({kind, connections_, std::move(sentence)});
}

void judge::opened(run_time now) {
  ++connections_;
  connection_.emplace();
  connection_->opened_at = now;
  ended_at_.reset();
  staying_away_said_ = false;
  returns_.push_back(now);
  while (returns_.front() + return_window <= now) returns_.pop_front();
  if (returns_.size() == limits_.returns_max)
    find(fault_kind::hurried,
         fmt::format("connected {} times within a second: after a loss wait, and longer after each", limits_.returns_max));
}

void judge::heard_binary(run_time) { find(fault_kind::wrong_frame, "sent a binary frame; frames are text"); }

void judge::heard(const heard_frame& frame, std::size_t bytes, run_time now) {
  if (!connection_) return;
  if (bytes > frame_bytes_max)
    find(fault_kind::wrong_frame, fmt::format("sent a frame of {} bytes; {} are allowed", bytes, frame_bytes_max));
  for (const auto& each : frame.wrong) find(fault_kind::wrong_frame, each);
  if (const auto* hello = std::get_if<heard_hello>(&frame.what)) return take(*hello);
  if (const auto* publish = std::get_if<heard_publish>(&frame.what)) return take(*publish, now);
  if (const auto* status = std::get_if<heard_status>(&frame.what)) return take(*status);
}

void judge::take(const heard_hello& hello) {
  if (std::exchange(connection_->hello, true)) return find(fault_kind::hello, "sent a second hello in one connection");
  if (token_ && hello.token != *token_) find(fault_kind::hello, "sent a hello with another token than --token");
}

void judge::take(const heard_publish& publish, run_time now) {
  auto& here = *connection_;
  const auto count = publish.messages.size();
  if (!here.hello) {
    find(fault_kind::too_early, "published before hello, which is the first frame");
  } else if (!here.welcome) {
    find(fault_kind::too_early, "published before the welcome, which gives the credit");
  }
  if (here.last_seq && publish.seq <= *here.last_seq)
    find(fault_kind::order_of_seq,
         fmt::format("published seq {} after seq {}: it rises within a connection", publish.seq, *here.last_seq));
  here.last_seq = std::max(publish.seq, here.last_seq.value_or(0));
  if (here.welcome && count > here.batch_max)
    find(fault_kind::wrong_frame,
         fmt::format("published {} messages in one frame; the welcome's max_batch is {}", count, here.batch_max));
  if (here.welcome && static_cast<std::int64_t>(count) > here.credit)
    find(fault_kind::over_credit, fmt::format("published {} message{} over its credit, with {} left", count, plural(count),
                                              std::max<std::int64_t>(here.credit, 0)));
  if (here.welcome) here.credit -= static_cast<std::int64_t>(count);
  if (here.read_until && now > *here.read_until + limits_.drain_grace)
    find(fault_kind::ignored_drain, fmt::format("ignored the drain: published {} ms after the router had stopped to read",
                                                (now - *here.read_until).count()));

  frame_on_its_way frame;
  frame.seq = publish.seq;
  for (const auto& each : publish.messages) {
    take_message(each);
    frame.keys.push_back({each.channel, each.id});
    if (!publish.offset) continue;
    auto& story = channels_[each.channel];
    story.gives_offsets = true;
    auto& through = story.place_of_offset[*publish.offset];
    through = std::max(through, messages_[{each.channel, each.id}].place);
  }
  here.frames.push_back(std::move(frame));
}

void judge::take_message(const heard_message& message) {
  const auto [at, is_new] = messages_.try_emplace(message_key{message.channel, message.id});
  auto& known = at->second;
  if (is_new) {
    known.content = message.content;
    known.place = ++channels_[message.channel].places;
  } else {
    again(message, known);
  }
  known.connection = connections_;
  if (known.needed == need::to_send_again) known.needed = need::to_acknowledge;
}

void judge::again(const heard_message& message, seen_message& known) {
  const message_key key{message.channel, message.id};
  for (std::size_t i = 0; i < content_members.size(); ++i)
    if (message.content[i] != known.content[i]) {
      known.content = message.content;
      return find(fault_kind::id_reused, fmt::format("sent {} again with another {}: an id stands for one message for good",
                                                     name_of(key), content_members[i]));
    }
  if (needless(key, known))
    find(fault_kind::sent_again, fmt::format("sent {} again without need: {}", name_of(key),
                                             known.acknowledged ? "it was acknowledged" : "it is still on its way"));
}

bool judge::needless(const message_key& key, const seen_message& known) const {
  if (known.needed == need::to_send_again) return false;
  if (!known.acknowledged) return known.connection == connections_;
  if (known.connection == connections_) return true;
  if (!known.surely_known) return false;
  // Who resumes by offsets begins behind the last one that is durable, and may repeat what came after that.
  const auto channel = channels_.find(key.channel);
  if (channel == channels_.end() || !channel->second.gives_offsets) return true;
  return channel->second.covered_through && known.place <= *channel->second.covered_through;
}

void judge::welcomed(const welcome_told& with, run_time) {
  if (!connection_) return;
  connection_->welcome = true;
  connection_->credit = with.credit;
  connection_->batch_max = with.batch_max;
  for (const auto& [channel, offset] : with.offsets) {
    auto& story = channels_[channel];
    if (!offset) continue;
    const auto place = story.place_of_offset.find(*offset);
    if (place != story.place_of_offset.end()) story.covered_through = place->second;
  }
  for (auto& [key, message] : messages_) {
    const auto channel = channels_.find(key.channel);
    if (message.needed == need::to_send_again && message.kept && channel != channels_.end() && channel->second.covered_through &&
        message.place <= *channel->second.covered_through)
      message.needed = need::none;
  }
}

void judge::kept(std::uint64_t seq, const std::set<message_key>& not_taken) {
  if (!connection_) return;
  for (auto& frame : connection_->frames) {
    if (frame.seq != seq || std::exchange(frame.kept, true)) continue;
    for (const auto& key : frame.keys)
      if (!not_taken.contains(key)) messages_[key].kept = true;
    return;
  }
}

void judge::acknowledged(std::uint64_t seq, std::uint32_t credit, const std::set<message_key>& not_taken, run_time now) {
  if (!connection_) return;
  connection_->credit += credit;
  auto& told = connection_->acks.emplace_back();
  told.at = now;
  auto& frames = connection_->frames;
  while (!frames.empty() && frames.front().seq <= seq) {
    for (auto& key : frames.front().keys) {
      auto& message = messages_[key];
      if (not_taken.contains(key)) {
        message.needed = need::to_send_again;
        message.last_way = "it was rejected as unavailable";
        continue;
      }
      message.acknowledged = true;
      message.needed = need::none;
      told.keys.push_back(std::move(key));
    }
    frames.pop_front();
  }
}

void judge::delivered(const std::string& id, run_time now) {
  auto& delivery = deliveries_[id];
  delivery.at = now;
  delivery.on_its_way = true;
  delivery.answered = false;
  delivery.acks_before = connection_ ? connection_->acks.size() : 0;
}

void judge::take(const heard_status& status) {
  if (!connection_->hello) find(fault_kind::too_early, "reported a status before hello, which is the first frame");
  for (const auto& id : status.ids) {
    const auto found = deliveries_.find(id);
    if (found == deliveries_.end()) {
      find(fault_kind::unknown_status, fmt::format("reported a status of {}, which was never delivered to it", id));
      continue;
    }
    auto& delivery = found->second;
    if (delivery.on_its_way) {
      ++answers_;
      // Frames are read in order, so what was acknowledged before this delivery is known too.
      for (std::size_t i = 0; i < delivery.acks_before && i < connection_->acks.size(); ++i) connection_->acks[i].known = true;
    }
    delivery.on_its_way = false;
    delivery.answered = true;
  }
}

void judge::drained(run_time after, run_time now) {
  if (connection_) connection_->read_until = now + after;
}

void judge::ended(std::string_view how, run_time now) {
  if (!connection_) return;
  for (const auto& ack : connection_->acks)
    if (ack.known || ack.at + limits_.ack_known_after <= now)
      for (const auto& key : ack.keys) messages_[key].surely_known = true;
  for (const auto& frame : connection_->frames)
    for (const auto& key : frame.keys) {
      auto& message = messages_[key];
      if (message.needed != need::to_acknowledge) continue;
      message.needed = need::to_send_again;
      message.last_way = how;
    }
  for (auto& [id, delivery] : deliveries_) delivery.on_its_way = false;
  connection_.reset();
  ended_at_ = now;
  ended_how_ = how;
}

void judge::passed(run_time now) {
  if (!connection_) {
    if (ended_at_ && *ended_at_ + limits_.return_within < now && !std::exchange(staying_away_said_, true))
      find(fault_kind::stayed_away,
           fmt::format("did not come back within {} s after {}", limits_.return_within.count() / 1000, ended_how_));
    return;
  }
  if (!connection_->hello && connection_->opened_at + limits_.hello_within < now) {
    connection_->opened_at = run_time::max() - limits_.hello_within;  // said once
    find(fault_kind::hello, fmt::format("sent no hello within {} s", limits_.hello_within.count() / 1000));
  }
  for (auto& [id, delivery] : deliveries_)
    if (delivery.on_its_way && delivery.at + limits_.answer_within < now && !std::exchange(delivery.overdue_said, true))
      find(fault_kind::unanswered,
           fmt::format("did not answer the delivery {}: no status within {} s", id, limits_.answer_within.count() / 1000));
}

bool judge::settled() const {
  return std::all_of(messages_.begin(), messages_.end(), [](const auto& each) { return each.second.needed == need::none; }) &&
         std::all_of(deliveries_.begin(), deliveries_.end(),
                     [](const auto& each) { return each.second.answered || each.second.overdue_said; });
}

void judge::finished(run_time now) {
  passed(now);
  for (const auto& [key, message] : messages_)
    // What was on its way as the last connection ended had no other to be sent again on.
    if (message.needed == need::to_send_again && !(message.connection == connections_ && message.last_way == ended_how_))
      find(fault_kind::lost,
           fmt::format("lost {}: it was not acknowledged when {}, and was never sent again", name_of(key), message.last_way));
  if (messages_.empty()) find(fault_kind::silent, "published no message, so there is nothing to judge");
}

}  // namespace signalbox
