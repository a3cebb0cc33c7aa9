// What happens to the companies.
#include <caf/send.hpp>
#include <set>
#include <string>

#include "actors/conversation_reader.hpp"
#include "rules/retention.hpp"
#include "storage/keys.hpp"
#include "tests/simulation/simulation.hpp"

namespace signalbox {

void simulation::step() {
  const auto c = pick(companies_.size());
  auto& here = companies_[c];
  auto& agent = here.agents[pick(here.agents.size())];
  if (months_ && chance(35)) return live_on(here);
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
    case 9:
      return change_configuration(c, agent);
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

void simulation::publish(std::size_t c) {
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
    sent_.push_back({c, channel, all.back(), false, std::nullopt, false, w_->env().now()});
  }
  send(c, channel, all, which);
}

void simulation::change_configuration(std::size_t c, const agent_at_work& agent) {
  if (chance(60)) {
    update_user change;
    change.user = agent.id;
    change.fields.seat = chance(80) ? seat::paid : seat::free;
    (void)w_->change(companies_[c].id, change);
  } else if (chance(30)) {
    change_access(companies_[c]);
  } else if (!teams_.empty() && chance(40)) {
    const auto& [of, which] = teams_[pick(teams_.size())];
    (void)w_->change(companies_[of].id, delete_team{which});
  } else {
    ask_for_team(c);
    w_->run();
  }
}

void simulation::change_access(const company& c) {
  access_list wanted{access_mode::everyone, {}, {}, 1};
  if (chance(60)) {
    wanted.mode = access_mode::specific;
    wanted.users.push_back(c.boss);
    for (const auto& one : c.agents)
      if (chance(50)) wanted.users.push_back(one.id);
  }
  (void)w_->change(c.id, set_access{c.inboxes[pick(c.inboxes.size())], std::move(wanted), {}});
}

void simulation::ask_for_team(std::size_t c) {
  const auto id = companies_[c].id;
  create_team wanted{"team" + std::to_string(pick(1'000'000)), {}};
  for (const auto& one : companies_[c].agents)
    if (chance(30)) wanted.members.push_back({one.id, true});
  using made = std::pair<config_snapshot, touched>;
  caf::anon_send(*w_->actors().account(id),
                 change_account{w_->admin(id), std::move(wanted), {}, make_answer<made>([this, c](outcome<made> done) {
                                  if (const auto* one = std::get_if<made>(&done))
                                    teams_.emplace_back(c, std::get<team_id>(one->second));
                                })});
}

std::optional<contact_id> simulation::some_contact(const company& c) {
  const auto all = w_->stored_contacts(c.id);
  return all.empty() ? std::nullopt : std::optional{all[pick(all.size())].id};
}

void simulation::give_owner(const company& c, const agent_at_work& agent) {
  const auto which = some_contact(c);
  if (!which) return;
  update_contact change{*which, {}, {}};
  change.fields.owner = chance(80) ? std::optional{agent.id} : std::nullopt;
  (void)w_->change_contact(c.id, *w_->admin(c.id).user, change);
}

void simulation::merge_contacts(const company& c) {
  const auto one = some_contact(c);
  const auto other = some_contact(c);
  if (one && other) (void)w_->change_contact(c.id, *w_->admin(c.id).user, merge_contact{*one, *other});
}

void simulation::publish_again() {
  if (sent_.empty()) return;
  const auto n = pick(sent_.size());
  if (w_->env().now() - sent_[n].at > std::chrono::hours{24 * 5}) return;  // for ever an id is not known
  sent_[n].again = true;
  send(sent_[n].company, sent_[n].channel, {sent_[n].what}, {n});
}

void simulation::send(std::size_t c, std::size_t channel, const std::vector<written>& all,
                      const std::vector<std::size_t>& which) {
  const auto frame = w_->publish(companies_[c].id, companies_[c].channels[channel], all);
  if (chance(70) || crash_armed_) w_->run();
  under_way_.push_back({frame, which});
  note_answers();
}

void simulation::note_answers() {
  std::erase_if(under_way_, [&](const auto& one) {
    if (!w_->was_answered(one.first)) return false;
    for (std::size_t i = 0; i < one.second.size(); ++i) {
      const auto& result = one.first->results[i];
      if (result.status != publish_status::accepted && result.status != publish_status::duplicate) continue;
      auto& message = sent_[one.second[i]];
      message.acknowledged = true;
      if (message.where) continue;
      message.where = result.conversation;
      // A duplicate's answer doesn't say in which conversation it is.
      const auto& of = companies_[message.company];
      if (!message.where)
        for (const auto& happened : w_->log(of.id))
          if (happened.kind == event_kind::message && happened.channel == of.channels[message.channel] &&
              happened.external_id == message.what.id)
            message.where = happened.conversation;
    }
    return true;
  });
}

void simulation::move_something(company& c) {
  std::vector<conversation_id> all;
  const auto prefix = std::string{keys::conversation(c.id, {})}.substr(0, keys::owner_bytes + 1);
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
    caf::anon_send(*w_->actors().agent(c.id, c.boss),
                   command_from_agent{by, which, move_conversation{c.inboxes[pick(c.inboxes.size())]}, "",
                                      make_answer<carried_out>([this](outcome<carried_out> done) {
                                        ++moves_answered_;
                                        if (const auto* no = std::get_if<refusal>(&done)) {
                                          EXPECT_TRUE(no->code == refusal_code::conflict ||
                                                      no->code == refusal_code::unavailable ||
                                                      (months_ && no->code == refusal_code::not_found))
                                              << no->detail;
                                        }
                                      })});
  }
  publish(pick(companies_.size()));
}

void simulation::read_something() {
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
  const auto due = stored ? due_to_purge(*stored) : std::nullopt;
  if (!stored || (due && *due <= w_->env().now())) return;
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

void simulation::come_or_go(company& c, agent_at_work& agent) {
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

void simulation::acknowledge(company& c, agent_at_work& agent) {
  if (agent.socket && agent.acknowledges) w_->acknowledge(c.id, agent.id, agent.socket);
}

void simulation::close_something(company& c, agent_at_work& agent) {
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

}  // namespace signalbox
