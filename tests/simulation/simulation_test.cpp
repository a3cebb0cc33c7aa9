// Days of a few companies from a seed: agents come, go, lag and lapse; messages come once, twice and late; conversations are moved
// between inboxes; the disk dies at any commit, keeping all, some or nothing of it; the process starts again. After each step
// everything that must always hold is looked at. A failure prints its seed: SIGNALBOX_SEED=… runs that one again,
// SIGNALBOX_SEEDS=… runs so many.
#include <gtest/gtest.h>

#include <caf/send.hpp>
#include <cstdlib>
#include <random>
#include <set>

#include "actors/contact_reader.hpp"
#include "actors/conversation_reader.hpp"
#include "rules/owner_assignment.hpp"
#include "storage/keys.hpp"
#include "storage/records.hpp"
#include "storage/verify.hpp"
#include "tests/support/world.hpp"

namespace signalbox {
namespace {

struct agent_at_work {
  user_id id;
  std::optional<std::uint32_t> capacity;
  std::shared_ptr<noted_socket> socket;
  std::uint64_t cursor = 0;
  bool acknowledges = true;
};
struct company {
  account_id id;
  user_id boss;
  std::vector<inbox_id> inboxes;
  std::vector<channel_id> channels;
  std::vector<agent_at_work> agents;
};
struct sent_message {
  std::size_t company, channel;
  written what;
  bool acknowledged = false;
  std::optional<conversation_id> where;
  bool again = false;  ///< sent more than once: its place is no longer told by when it was sent first
};

class simulation {
public:
  explicit simulation(std::uint64_t seed) : random_(seed) {
    settings_.settle_after_events = 40;
    settings_.conversations_kept = 8;
    settings_.ids_kept = 16;
    settings_.feed_page = 16;
    w_ = std::make_unique<world>(std::make_unique<memory_store>(), settings_);
    w_->seed = seed;
    w_->shuffled = true;
    for (int i = 0; i < 2; ++i) found(i);
  }

  void run(int steps) {
    for (step_ = 0; step_ < steps && !testing::Test::HasFailure(); ++step_) {
      step();
      look();
    }
    // At the end everybody comes back and everything is sent again: nothing acknowledged may be missing.
    if (!testing::Test::HasFailure()) restart();
    look();
    look_at_messages();
  }

private:
  std::uint64_t pick(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_); }
  bool chance(int percent) { return pick(100) < static_cast<std::uint64_t>(percent); }

  void found(int number) {
    company c;
    c.id = w_->found("company" + std::to_string(number));
    const auto inbox = w_->default_inbox(c.id);
    const auto second = std::get<inbox_id>(std::get<touched>(w_->change(c.id, create_inbox{"second", {}})));
    c.boss = w_->admin(c.id).user.value();
    c.inboxes = {inbox, second};
    for (int i = 0; i < 5; ++i) {
      agent_at_work one;
      if (i % 3 != 2) one.capacity = 1 + static_cast<std::uint32_t>(i % 3);
      one.id = w_->add_agent(c.id, "agent" + std::to_string(i), one.capacity);
      if (i % 2 == 1) work_in_shifts(c.id, one.id);
      c.agents.push_back(one);
    }
    for (int i = 0; i < 3; ++i) {
      c.channels.push_back(w_->add_channel(c.id, i == 2 ? second : inbox, "channel" + std::to_string(i)));
      std::vector<user_id> users;
      for (const auto& one : c.agents)
        if (users.size() < 3 || i == 2) users.push_back(one.id);
      w_->rule(c.id, c.channels.back(), users, [&](assignment_rule& rule) { rule.strategy = static_cast<strategy>(i % 3); });
      if (i != 1) (void)w_->change(c.id, set_tickets{c.channels.back(), {true, {}, {}, {}, 1}, {}});
      if (i == 1) (void)w_->change(c.id, update_channel{c.channels.back(), {}, {}, {}, {}, timetable{"UTC", shifts(5, 3), {}}});
    }
    // And one that assigns to the contacts' owners.
    c.channels.push_back(w_->add_channel(c.id, inbox, "owners"));
    w_->rule(c.id, c.channels.back(), {}, [&](assignment_rule& rule) {
      rule.assign_to = assign_to::contact_owner;
      if (number == 0) rule.fallback.users = {c.agents[4].id};
    });
    // Where only some of them may act: who may not loses what is moved there.
    access_list few{access_mode::specific, {c.boss, c.agents[0].id, c.agents[3].id}, {}, 1};
    c.inboxes.push_back(std::get<inbox_id>(std::get<touched>(w_->change(c.id, create_inbox{"few", few}))));
    companies_.push_back(std::move(c));
  }

  /// Short ones from Thursday's midnight on, when the simulation begins.
  static std::vector<working_span> shifts(int every_minutes, int minutes) {
    std::vector<working_span> all;
    for (int from = 0; all.size() < working_spans_max; from += every_minutes)
      all.push_back({3, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(from + minutes)});
    return all;
  }
  void work_in_shifts(account_id company, user_id who) {
    update_user change;
    change.user = who;
    change.fields.working_hours = shifts(4, 2);
    (void)w_->change(company, change);
  }
  /// And the moment in which agents of one timetable are gathered. Shifts begin and end with a minute.
  void pass(milliseconds time) {
    w_->pass(time);
    const auto minute = [&] { return std::chrono::floor<std::chrono::minutes>(w_->env().now()); };
    for (auto before = minute() - std::chrono::minutes{1}; before != minute();) {
      before = minute();
      w_->pass(milliseconds{20});
    }
  }

  void step() {
    const auto c = pick(companies_.size());
    auto& here = companies_[c];
    auto& agent = here.agents[pick(here.agents.size())];
    switch (pick(17)) {
      case 0:
      case 1:
      case 2:
        return publish(c);
      case 3:
        return publish_again();
      case 4:
        return come_or_go(here, agent);
      case 5:
        return w_->set(here.id, agent.id, chance(75) ? presence::available : presence::away);
      case 6:
        return acknowledge(here, agent);
      case 7:
        return close_something(here, agent);
      case 8:
        return pass(milliseconds{static_cast<std::int64_t>(pick(chance(70) ? 20'000 : 400'000))});
      case 9: {
        update_user change;
        change.user = agent.id;
        change.fields.seat = chance(80) ? seat::paid : seat::free;
        (void)w_->change(here.id, change);
        return;
      }
      case 10:
        return chance(50) ? crash() : publish(c);
      case 11:
        return read_something();
      case 12:
        return give_owner(here, agent);
      case 13:
        return chance(20) ? merge_contacts(here) : give_owner(here, agent);
      case 14:
      case 15:
        return move_something(here);
      default:
        agent.acknowledges = chance(80);
        return;
    }
  }

  void publish(std::size_t c) {
    const auto channel = pick(companies_[c].channels.size());
    std::vector<written> all;
    const auto count = 1 + pick(8);
    std::vector<std::size_t> which;
    for (std::uint64_t i = 0; i < count; ++i) {
      written one{"thread" + std::to_string(pick(25)), "m" + std::to_string(sent_.size()), "x",
                  "visitor" + std::to_string(pick(9))};
      if (chance(60)) one.cookie = "cookie" + std::to_string(pick(5));
      all.push_back(std::move(one));
      which.push_back(sent_.size());
      sent_.push_back({c, channel, all.back(), false, std::nullopt});
    }
    send(c, channel, all, which);
  }

  std::optional<contact_id> some_contact(const company& c) {
    const auto all = w_->stored_contacts(c.id);
    return all.empty() ? std::nullopt : std::optional{all[pick(all.size())].id};
  }

  void give_owner(const company& c, const agent_at_work& agent) {
    const auto which = some_contact(c);
    if (!which) return;
    update_contact change{*which, {}, {}};
    change.fields.owner = chance(80) ? std::optional{agent.id} : std::nullopt;
    (void)w_->change_contact(c.id, *w_->admin(c.id).user, change);
  }

  void merge_contacts(const company& c) {
    const auto one = some_contact(c);
    const auto other = some_contact(c);
    if (one && other) (void)w_->change_contact(c.id, *w_->admin(c.id).user, merge_contact{*one, *other});
  }

  void publish_again() {
    if (sent_.empty()) return;
    const auto n = pick(sent_.size());
    sent_[n].again = true;
    send(sent_[n].company, sent_[n].channel, {sent_[n].what}, {n});
  }

  void send(std::size_t c, std::size_t channel, const std::vector<written>& all, const std::vector<std::size_t>& which) {
    const auto frame = w_->publish(companies_[c].id, companies_[c].channels[channel], all);
    if (chance(70) || crash_armed_) w_->run();
    under_way_.push_back({frame, which});
    note_answers();
  }

  void note_answers() {
    std::erase_if(under_way_, [&](const auto& one) {
      if (!w_->was_answered(one.first)) return false;
      for (std::size_t i = 0; i < one.second.size(); ++i) {
        const auto& result = one.first->results[i];
        if (result.status != publish_status::accepted && result.status != publish_status::duplicate) continue;
        auto& message = sent_[one.second[i]];
        message.acknowledged = true;
        if (result.conversation && !message.where) message.where = result.conversation;
      }
      return true;
    });
  }

  /// Asked for once or twice, beside messages on their way; what comes of it is looked at with everything else.
  void move_something(company& c) {
    std::vector<conversation_id> all;
    const auto prefix = keys::conversation(c.id, {}).substr(0, keys::owner_bytes + 1);
    w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
      all.push_back(conversation_id{keys::read_be64(key.substr(prefix.size()))});
      return true;
    });
    if (all.empty()) return;
    const auto which = all[pick(all.size())];
    principal by;
    by.account = c.id;
    by.user = c.boss;
    for (auto left = 1 + pick(2); left > 0; --left) {
      ++moves_asked_;
      caf::anon_send(
          *w_->actors().agent(c.id, c.boss),
          command_from_agent{by, which, move_conversation{c.inboxes[pick(c.inboxes.size())]}, "",
                             make_answer<conversation>([this](outcome<conversation> done) {
                               ++moves_answered_;
                               if (const auto* no = std::get_if<refusal>(&done)) {
                                 EXPECT_TRUE(no->code == refusal_code::conflict || no->code == refusal_code::unavailable)
                                     << no->detail;
                               }
                             })});
    }
    publish(pick(companies_.size()));
  }

  /// What was acknowledged before a reader asks, the reader finds; with work under way around it.
  void read_something() {
    note_answers();
    std::map<conversation_id, std::set<std::string>> wanted;
    const auto c = pick(companies_.size());
    for (const auto& one : sent_)
      if (one.company == c && one.acknowledged && one.where) wanted[*one.where].insert(one.what.id);
    if (wanted.empty()) return;
    auto at = wanted.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(wanted.size())));
    const auto account = companies_[c].id;
    const auto stored = w_->stored(account, at->first);
    if (!stored) return;
    publish(pick(companies_.size()));
    prepare_read wish;
    if (chance(70)) wish.which = at->first;
    bool asked = false;
    wish.ready = [&, ids = at->second, which = at->first, disk = w_->disk.get()] {
      asked = true;
      std::set<std::string> found;
      for (const auto& one : read_history(*disk, account, which, 0, 100'000)) found.insert(std::string{one.what.external_id});
      for (const auto& id : ids) EXPECT_TRUE(found.contains(id)) << id << " was acknowledged and a reader doesn't find it";
    };
    caf::anon_send(*w_->actors().inbox(account, stored->inbox), std::move(wish));
    w_->run();
    EXPECT_TRUE(asked) << "a reader was never answered";
  }

  void come_or_go(company& c, agent_at_work& agent) {
    if (agent.socket) {
      agent.cursor = agent.socket->last;
      EXPECT_EQ(agent.socket->gaps, 0) << "gap in a feed";
      w_->detach(c.id, agent.id, agent.socket);
      agent.socket.reset();
      return;
    }
    agent.socket = w_->attach(c.id, agent.id, agent.cursor > 0 && chance(80) ? std::optional{agent.cursor} : std::nullopt);
    w_->set(c.id, agent.id, presence::available);
  }

  void acknowledge(company& c, agent_at_work& agent) {
    if (agent.socket && agent.acknowledges) w_->acknowledge(c.id, agent.id, agent.socket);
  }

  void close_something(company& c, agent_at_work& agent) {
    const auto prefix = keys::assigned_prefix(c.id, agent.id);
    std::vector<conversation_id> open;
    w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
      open.push_back(conversation_id{keys::read_be64(key.substr(prefix.size()))});
      return true;
    });
    if (open.empty()) return;
    const auto which = open[pick(open.size())];
    if (chance(30))
      (void)w_->command(c.id, agent.id, which, unassign{});
    else
      (void)w_->command(c.id, agent.id, which, set_status{conversation_status::closed});
  }

  /// The disk dies at one of the next commits: it kept nothing, part or all of it, synced or not.
  void crash() {
    crash_armed_ = true;
    w_->disk->forget_unsynced(chance(50));
    w_->disk->fail_after(pick(3), pick(3));
    for (int i = 0; i < 4 && !w_->fatal; ++i) publish(pick(companies_.size()));
    w_->run();
    note_answers();
    crash_armed_ = false;
    restart();
  }

  void restart() {
    w_->run();
    note_answers();
    under_way_.clear();
    auto left = w_->crash();
    moves_asked_ = moves_answered_ = 0;  // whose answers died with it
    const auto now = w_->env().now();
    w_ = std::make_unique<world>(std::move(left), settings_, now);
    w_->seed = random_();
    w_->shuffled = true;
    for (auto& c : companies_)
      for (auto& one : c.agents)
        if (one.socket) {
          one.cursor = one.socket->last;
          EXPECT_EQ(one.socket->gaps, 0);
          one.socket = w_->attach(c.id, one.id, one.cursor);
          if (one.socket->greeting) {
            EXPECT_TRUE(one.socket->greeting->resumed) << "an agent's cursor was lost";
          }
        }
  }

  /// Invariants 3, 4, 5, 6 and the agreement of the indexes, from what lies in the store.
  void look() {
    w_->run();
    note_answers();
    EXPECT_FALSE(w_->fatal) << *w_->fatal;
    for (const auto& said : w_->logged) ADD_FAILURE() << said;
    EXPECT_EQ(moves_asked_, moves_answered_) << "a move was never answered";
    if (step_ % 4 == 0) verify_contents(*w_->disk, [](const std::string& problem) { ADD_FAILURE() << problem; });
    for (auto& c : companies_) {
      std::map<user_id, std::uint32_t> automatic;
      std::map<conversation_id, user_id> assigned;
      for (const auto& agent : c.agents) {
        const auto prefix = keys::assigned_prefix(c.id, agent.id);
        w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view value) {
          const conversation_id which{keys::read_be64(key.substr(prefix.size()))};
          EXPECT_TRUE(assigned.emplace(which, agent.id).second) << "a conversation has two assignees";
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
      look_at_contacts(c, *config, automatic);
      for (std::size_t i = 0; i < c.channels.size(); ++i) {
        const auto* channel = config->channels.find(c.channels[i]);
        for (const auto in : c.inboxes) look_at_waiting(c, *config, *channel, *config->inboxes.find(in), automatic);
      }
    }
    if (testing::Test::HasFailure()) std::fprintf(stderr, "at step %d\n", step_);
  }

  /// No conversation without its contact, no contact without its identities, and nobody waits for an owner who is free.
  void look_at_contacts(const company& c, const account_config& config, std::map<user_id, std::uint32_t>& automatic) {
    try {
      (void)w_->stored_contacts(c.id);
    } catch (const std::exception& wrong) {
      ADD_FAILURE() << wrong.what();
    }
    const auto& over = *config.channels.find(c.channels.back());
    for (const auto in : c.inboxes) look_at_owners(c, config, over, *config.inboxes.find(in), automatic);
  }

  void look_at_owners(const company& c, const account_config& config, const channel& over, const inbox& inbox,
                      std::map<user_id, std::uint32_t>& automatic) {
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
      EXPECT_TRUE(capacity && automatic[*owner] >= *capacity) << "a conversation waits beside its contact's owner, who is free";
    }
  }

  /// Invariant 6 for one channel's conversations in one inbox, where they were moved or began.
  void look_at_waiting(const company& c, const account_config& config, const channel& channel, const inbox& inbox,
                       std::map<user_id, std::uint32_t>& automatic) {
    if (channel.business_hours && !hours_at(*channel.business_hours, w_->env().zones, w_->env().now()).within) return;
    bool free_one = false;
    for (const auto& agent : c.agents) {
      const auto& users = channel.assignment.candidates.users;
      if (std::find(users.begin(), users.end(), agent.id) == users.end()) continue;
      if (excluded_from_automatic(config.users.find(agent.id), inbox)) continue;
      if (w_->available(c.id, agent.id).status != presence::available) continue;
      free_one = free_one || !agent.capacity || automatic[agent.id] < *agent.capacity;
    }
    if (!free_one) return;
    const auto prefix = keys::waiting_prefix(c.id, inbox.id);
    w_->disk->scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view key, std::string_view) {
      const auto stored = w_->stored(c.id, conversation_id{keys::read_be64(key.substr(key.size() - 8))});
      EXPECT_FALSE(stored && stored->channel == channel.id) << "a conversation waits beside a free eligible agent";
      return true;
    });
  }

  /// Invariants 1, 2, 3 and 5 over the whole log.
  void look_at_messages() {
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
          EXPECT_TRUE(times.contains({c.channels[one.channel].value, one.what.id}))
              << one.what.id << " was acknowledged and is lost";
        }
    }
  }

  std::mt19937_64 random_;
  actor_settings settings_;
  std::unique_ptr<world> w_;
  std::vector<company> companies_;
  std::vector<sent_message> sent_;
  std::vector<std::pair<frame_pointer, std::vector<std::size_t>>> under_way_;
  bool crash_armed_ = false;
  int moves_asked_ = 0, moves_answered_ = 0;
  int step_ = 0;
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulation, WhatMustAlwaysHoldHoldsAfterEachStep) {
  const auto only = number_from("SIGNALBOX_SEED", 0);
  const auto seeds = only ? 1 : number_from("SIGNALBOX_SEEDS", 12);
  for (std::uint64_t i = 0; i < seeds && !HasFailure(); ++i) {
    const auto seed = only ? only : i + 1;
    simulation one{seed};
    one.run(120);
    if (HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace signalbox
