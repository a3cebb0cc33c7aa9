// What must hold after each step, and at the end.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

#include "actors/contact_reader.hpp"
#include "rules/owner_assignment.hpp"
#include "rules/retention.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "storage/verify.hpp"
#include "tests/simulation/simulation.hpp"

namespace signalbox {

void simulation::look() {
  w_->run();
  note_answers();
  EXPECT_FALSE(w_->fatal) << *w_->fatal;
  for (const auto& said : w_->logged) ADD_FAILURE() << said;
  EXPECT_EQ(moves_asked_, moves_answered_) << "a move was never answered";
  if (step_ % 4 == 0) verify_contents(*w_->disk, [](const std::string& problem) { ADD_FAILURE() << problem; });
  for (auto& c : companies_) {
    std::map<user_id, std::uint32_t> automatic;
    std::map<user_id, std::uint32_t> held;  ///< by hand too: they count against a capacity, but may exceed it
    std::map<conversation_id, user_id> assigned;
    for (const auto& agent : c.agents) {
      const auto prefix = keys::assigned_prefix(c.id, agent.id);
      w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
        const conversation_id which{keys::read_be64(key.substr(prefix.size()))};
        EXPECT_TRUE(assigned.emplace(which, agent.id).second) << "a conversation has two assignees";
        ++held[agent.id];
        if (decode_assigned_entry(value).automatic) ++automatic[agent.id];
        return true;
      });
      if (agent.capacity) {
        EXPECT_LE(automatic[agent.id], *agent.capacity) << "capacity overshot";
      }
      if (agent.socket) {
        EXPECT_EQ(agent.socket->gaps, 0) << "gap in a feed";
      }
    }
    for (const auto& [which, who] : assigned) {
      const auto stored = w_->stored(c.id, which);
      EXPECT_TRUE(stored && stored->assigned_user() == who && stored->status == conversation_status::open)
          << "assigned entry and record differ";
    }
    const auto config = w_->actors().configuration(c.id);
    look_at_contacts(c, *config, held);
    for (std::size_t i = 0; i < c.channels.size(); ++i) {
      const auto* channel = config->channels.find(c.channels[i]);
      for (const auto in : c.inboxes) look_at_waiting(c, *config, *channel, *config->inboxes.find(in), held);
    }
  }
  look_at_keeping();
  if (testing::Test::HasFailure()) std::fprintf(stderr, "at step %d\n", step_);
}

void simulation::look_at_keeping() {
  const auto now = w_->env().now();
  std::map<conversation_id, std::optional<time_point>> kept;
  for (const auto& c : companies_) {
    const auto config = w_->actors().configuration(c.id);
    std::set<std::pair<channel_id, std::string>> open;
    const auto prefix = std::string{keys::conversation(c.id, {})}.substr(0, keys::owner_bytes + 1);
    w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view record) {
      const auto one = decode_conversation(record).value;
      const auto due = due_to_purge(one);
      kept.emplace(one.id, due);
      if (one.status == conversation_status::open && !one.deleted_at) {
        EXPECT_TRUE(open.emplace(one.channel, one.thread).second) << "A38: a thread has two open conversations";
      }
      if (!jumped_) return true;
      EXPECT_FALSE(due && *due + std::chrono::hours{3} < now) << "a conversation is left whose time is over";
      EXPECT_TRUE(due || config->inboxes.find(one.inbox)) << "A62: a conversation stays where nobody can see it";
      return true;
    });
  }
  for (const auto& [which, due] : kept_) {
    if (kept.contains(which)) continue;
    EXPECT_TRUE(due && *due <= now) << "a conversation is gone before its time";
    ++purged_;
  }
  kept_ = std::move(kept);
  jumped_ = false;
}

void simulation::look_at_contacts(const company& c, const account_config& config, std::map<user_id, std::uint32_t>& held) {
  try {
    (void)w_->stored_contacts(c.id);
  } catch (const std::exception& wrong) {
    ADD_FAILURE() << wrong.what();
  }
  const auto& over = *config.channels.find(c.channels.back());
  for (const auto in : c.inboxes) look_at_owners(c, config, over, *config.inboxes.find(in), held);
}

void simulation::look_at_owners(const company& c, const account_config& config, const channel& over, const inbox& inbox,
                                std::map<user_id, std::uint32_t>& held) {
  const auto prefix = keys::waiting_prefix(c.id, inbox.id);
  std::vector<conversation_id> waiting;
  w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    waiting.push_back(conversation_id{keys::read_be64(key.substr(key.size() - 8))});
    return true;
  });
  for (const auto which : waiting) {
    const auto stored = w_->stored(c.id, which);
    const auto whose = read_contact(*w_->disk, c.id, stored->contact);
    EXPECT_TRUE(whose) << "a conversation without its contact";
    if (!whose || stored->channel != over.id) continue;
    const auto owner = waits_for(config, inbox, standing_of(*whose));
    if (!owner || w_->available(c.id, *owner).status != presence::available) continue;
    const auto capacity = config.users.find(*owner)->capacity;
    EXPECT_TRUE(capacity && held[*owner] >= *capacity) << "a conversation waits beside its contact's owner, who is free";
  }
}

void simulation::look_at_waiting(const company& c, const account_config& config, const channel& channel, const inbox& inbox,
                                 std::map<user_id, std::uint32_t>& held) {
  if (channel.business_hours && !hours_at(*channel.business_hours, w_->env().zones, w_->env().now()).within) return;
  bool free_one = false;
  for (const auto& agent : c.agents) {
    const auto& users = channel.assignment.candidates.users;
    if (std::find(users.begin(), users.end(), agent.id) == users.end()) continue;
    if (excluded_from_automatic(config.users.find(agent.id), inbox)) continue;
    if (w_->available(c.id, agent.id).status != presence::available) continue;
    free_one = free_one || !agent.capacity || held[agent.id] < *agent.capacity;
  }
  if (!free_one) return;
  const auto prefix = keys::waiting_prefix(c.id, inbox.id);
  w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
    const auto stored = w_->stored(c.id, conversation_id{keys::read_be64(key.substr(key.size() - 8))});
    EXPECT_FALSE(stored && stored->channel == channel.id) << "a conversation waits beside a free eligible agent";
    return true;
  });
}

void simulation::look_at_changes() {
  for (std::size_t n = 0; n < companies_.size(); ++n) {
    const auto& c = companies_[n];
    std::vector<resource_change> told, audited;
    std::map<std::pair<resource_kind, std::uint64_t>, std::vector<change_kind>> lives;
    for (const auto& one : w_->log(c.id)) {
      if (!one.changed || one.kind == event_kind::purged) continue;
      if (one.kind == event_kind::configuration) told.push_back(*one.changed);
      lives[{one.changed->kind, one.changed->id}].push_back(one.changed->change);
    }
    for (const auto& [which, life] : lives) {
      const auto name = std::string{to_text(which.first)} + ' ' + std::to_string(which.second);
      // Of a ticket that was purged nothing is left but that it is gone.
      const bool purged = which.first == resource_kind::ticket && life.back() == change_kind::deleted;
      EXPECT_EQ(life.front(), purged ? change_kind::deleted : change_kind::created) << name;
      EXPECT_EQ(std::count(life.begin(), life.end(), change_kind::created), purged ? 0 : 1) << name;
      const auto gone = std::find(life.begin(), life.end(), change_kind::deleted);
      EXPECT_TRUE(gone == life.end() || gone + 1 == life.end()) << name << " changed after it was deleted";
    }
    const auto prefix = keys::audit_prefix(c.id);
    w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view record) {
      const auto one = decode_audit_entry(record);
      if (std::holds_alternative<contact_id>(one.what)) return true;
      audited.push_back({static_cast<resource_kind>(one.what.index()),
                         !one.before  ? change_kind::created
                         : !one.after ? change_kind::deleted
                                      : change_kind::changed,
                         std::visit([](const auto id) { return id.value; }, one.what),
                         {}});
      return true;
    });
    EXPECT_TRUE(told == audited) << "of " << audited.size() << " changes of the configuration " << told.size() << " are told";
    for (const auto& one : w_->stored_contacts(c.id))
      EXPECT_TRUE(lives.contains({resource_kind::contact, one.id.value})) << "a contact that nobody was told of";
    for (const auto& [of, which] : teams_) {
      EXPECT_TRUE(of != n || lives.contains({resource_kind::team, which.value})) << "an acknowledged change is lost";
    }
  }
}

void simulation::look_at_orphans() {
  for (const auto& c : companies_) {
    const auto config = w_->actors().configuration(c.id);
    for (const auto& agent : c.agents) {
      const auto prefix = keys::assigned_prefix(c.id, agent.id);
      w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
        const auto stored = w_->stored(c.id, conversation_id{keys::read_be64(key.substr(prefix.size()))});
        EXPECT_FALSE(stored && is_orphan(*config, *stored)) << "S9: a conversation is with who may not work on it";
        return true;
      });
    }
  }
}

void simulation::look_at_messages() {
  for (std::size_t n = 0; n < companies_.size(); ++n) {
    const auto& c = companies_[n];
    std::map<std::pair<std::uint64_t, std::string>, int> times;
    std::map<conversation_id, std::uint64_t> seq;
    std::map<conversation_id, inbox_id> in;
    std::map<std::pair<std::uint64_t, std::string>, std::size_t> place;  // in the log
    for (const auto& one : w_->log(c.id)) {
      if (one.kind == event_kind::message) place[{one.channel.value, std::string{one.external_id}}] = place.size();
      if (one.seq > 0) {
        if (one.kind == event_kind::move) {
          EXPECT_NE(one.from_inbox, one.inbox);
        } else if (one.kind == event_kind::message && in.contains(one.conversation)) {
          EXPECT_EQ(in[one.conversation], one.inbox) << "S70: a message in an inbox where its conversation isn't";
        }
        in[one.conversation] = one.inbox;
      }
      if (one.kind == event_kind::message && one.direction == message_direction::in)
        ++times[{one.channel.value, std::string{one.external_id}}];
      if (one.seq > 0) {
        EXPECT_EQ(one.seq, ++seq[one.conversation]) << "history isn't one ordered list";
      }
    }
    for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id.second << " is there " << count << " times";
    std::map<std::pair<std::size_t, std::string>, std::size_t> last;
    for (const auto& one : sent_) {
      if (one.company != n || one.again) continue;
      const auto found = place.find({c.channels[one.channel].value, one.what.id});
      if (found == place.end()) continue;
      auto& before = last[{one.channel, one.what.thread}];
      EXPECT_LE(before, found->second) << "a thread's messages lost their order";
      before = found->second;
    }
    for (const auto& one : sent_)
      if (one.company == n && one.acknowledged) {
        const bool gone = one.where && !w_->stored(c.id, *one.where);  // look_at_keeping says whether rightly
        EXPECT_TRUE(gone || times.contains({c.channels[one.channel].value, one.what.id}))
            << one.what.id << " was acknowledged and is lost";
      }
  }
}

}  // namespace signalbox
