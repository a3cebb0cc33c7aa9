#include "app/replay/conductor.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace signalbox {

namespace {

std::uint32_t microseconds_between(steady_time from, steady_time to) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

conductor::conductor(const std::vector<dialogue>& script, std::size_t parallel) : script_(script), parts_(script.size()) {
  for (std::size_t i = 0; i < script.size(); ++i) {
    auto& p = parts_[i];
    for (std::size_t t = 0; t < script[i].turns.size(); ++t)
      (script[i].turns[t].speaker == speaker::contact ? p.contact_turns : p.agent_turns).push_back(t);
    p.answered.resize(p.contact_turns.size());
    p.delivered.resize(p.agent_turns.size());
    by_thread_.emplace(script[i].id, i);
  }
  while (begun_ < std::min(parallel, script.size())) begin_next();
}

void conductor::begin_next() {
  if (begun_ < script_.size()) advance(begun_++);
}

void conductor::advance(std::size_t dialogue) {
  auto& p = parts_[dialogue];
  if (p.ended) return;
  const auto& turns = script_[dialogue].turns;
  const auto contacts_cued = [&] { return p.next - p.spoken; };
  while (p.next < turns.size()) {
    const bool contacts = turns[p.next].speaker == speaker::contact;
    if (contacts ? p.deliveries < p.spoken : (!p.agent || p.heard < contacts_cued())) return;
    cues_.push_back({contacts ? cue_kind::contact_speaks : cue_kind::agent_speaks, dialogue, p.next, 0});
    ++p.next;
    if (!contacts) ++p.spoken;
  }
  if (!p.closing && p.agent && p.heard == p.contact_turns.size() && p.accepted == p.agent_turns.size()) {
    p.closing = true;
    cues_.push_back({cue_kind::agent_closes, dialogue, 0, 0});
  }
  if (p.closed && p.answers == p.contact_turns.size() && p.deliveries == p.agent_turns.size()) end(dialogue);
}

void conductor::end(std::size_t dialogue) {
  auto& p = parts_[dialogue];
  if (p.ended) return;
  p.ended = true;
  ++ended_;
  begin_next();
}

std::optional<cue> conductor::take_cue(steady_time now) {
  while (!cues_.empty()) {
    auto next = cues_.front();
    cues_.pop_front();
    auto& p = parts_[next.dialogue];
    if (p.ended) continue;
    if (next.kind == cue_kind::contact_speaks) {
      p.sent.push_back(now);
      ++counted_.messages;
      return next;
    }
    if (p.agent) {
      next.agent = *p.agent;
      return next;
    }
    p.held.push_back(next);
  }
  return std::nullopt;
}

void conductor::message_answered(std::size_t dialogue, std::size_t turn, message_fate fate, steady_time now) {
  auto& p = parts_[dialogue];
  const auto index =
      static_cast<std::size_t>(std::lower_bound(p.contact_turns.begin(), p.contact_turns.end(), turn) - p.contact_turns.begin());
  if (fate == message_fate::refused) {
    ++counted_.refused;
    ++counted_.given_up;
    return end(dialogue);
  }
  if (fate == message_fate::duplicate) ++counted_.duplicates;
  if (p.answered[index]) return;
  p.answered[index] = true;
  ++p.answers;
  ++counted_.acknowledged;
  counted_.to_ack_us.push_back(microseconds_between(p.sent[index], now));
  advance(dialogue);
}

void conductor::hear(part& of, std::size_t through, steady_time now) {
  for (; of.heard < through; ++of.heard) {
    ++counted_.received;
    counted_.to_agent_us.push_back(microseconds_between(of.sent[of.heard], now));
  }
}

std::optional<std::size_t> conductor::find_thread(std::string_view thread) const {
  const auto found = by_thread_.find(thread);
  return found == by_thread_.end() ? std::nullopt : std::optional(found->second);
}

void conductor::assignment_came(std::size_t agent, std::string_view conversation, std::string_view thread,
                                std::string_view message, std::string_view text, steady_time now) {
  const auto dialogue = find_thread(thread);
  if (!dialogue) return;  // not of this replay
  auto& p = parts_[*dialogue];
  ++counted_.assigned;
  if (p.conversation.empty()) {
    ++counted_.conversations;
    p.conversation = conversation;
    by_conversation_.emplace(conversation, *dialogue);
  } else if (p.conversation != conversation) {
    ++counted_.doubled;
  }
  p.agent = agent;
  // Only the newest message comes with an assignment: it stands for those before it, too.
  if (p.messages_seen.insert(std::string(message)).second) {
    const auto said = [&](std::size_t index) { return script_[*dialogue].turns[p.contact_turns[index]].text == text; };
    auto newest = p.sent.size();
    while (newest > p.heard && !said(newest - 1)) --newest;
    for (auto before = p.heard; before + 1 < newest; ++before)
      if (said(before)) ++p.ambiguous;
    hear(p, newest, now);
  }
  for (auto& each : std::exchange(p.held, {})) cues_.push_back(each);
  advance(*dialogue);
}

void conductor::assignment_went(std::size_t agent, std::string_view conversation) {
  const auto found = by_conversation_.find(std::string(conversation));
  if (found == by_conversation_.end()) return;
  auto& p = parts_[found->second];
  if (p.agent == agent) p.agent.reset();
}

void conductor::message_came(std::size_t agent, std::string_view conversation, std::string_view message, std::string_view text,
                             steady_time now) {
  const auto found = by_conversation_.find(std::string(conversation));
  if (found == by_conversation_.end()) return;
  auto& p = parts_[found->second];
  if (p.agent != agent) return;
  if (!p.messages_seen.insert(std::string(message)).second) {
    ++counted_.doubled;
    return;
  }
  const auto said = [&](std::size_t index) -> const std::string& {
    return script_[found->second].turns[p.contact_turns[index]].text;
  };
  auto index = p.heard;
  while (index < p.sent.size() && said(index) != text) ++index;
  if (index == p.sent.size()) {  // nobody said it, or it was heard before
    if (p.ambiguous > 0 && said(p.heard - 1) == text) {
      --p.ambiguous;
    } else {
      ++counted_.doubled;
    }
    return;
  }
  counted_.lost += index - p.heard;  // skipped ones: order is kept, so they can't come any more
  hear(p, index + 1, now);
  advance(found->second);
}

void conductor::reply_accepted(std::size_t dialogue) {
  ++parts_[dialogue].accepted;
  ++counted_.replies;
  advance(dialogue);
}

void conductor::close_accepted(std::size_t dialogue) {
  parts_[dialogue].closed = true;
  ++counted_.closed;
  advance(dialogue);
}

void conductor::command_refused(std::size_t dialogue) {
  if (parts_[dialogue].ended) return;
  ++counted_.given_up;
  end(dialogue);
}

void conductor::delivery_came(std::string_view thread, std::string_view message, std::string_view text) {
  const auto dialogue = find_thread(thread);
  if (!dialogue) return;
  auto& p = parts_[*dialogue];
  if (!p.deliveries_seen.insert(std::string(message)).second) return;  // sent again until answered: no fault
  for (std::size_t i = 0; i < p.spoken; ++i)
    if (!p.delivered[i] && script_[*dialogue].turns[p.agent_turns[i]].text == text) {
      p.delivered[i] = true;
      ++p.deliveries;
      ++counted_.deliveries;
      advance(*dialogue);
      return;
    }
  ++counted_.doubled;
}

tally conductor::at_end() const {
  auto out = counted_;
  for (std::size_t i = 0; i < begun_; ++i) {
    const auto& p = parts_[i];
    if (!p.ended) ++out.unfinished;
    for (auto unheard = p.heard; unheard < p.answered.size(); ++unheard)
      if (p.answered[unheard]) ++out.lost;
    if (p.accepted > p.deliveries) out.lost += p.accepted - p.deliveries;
  }
  out.unfinished += script_.size() - begun_;
  return out;
}

}  // namespace signalbox
