#include "tests/simulation/simulation.hpp"

#include <chrono>
#include <string>

namespace signalbox {

void simulation::run(int steps) {
  for (step_ = 0; step_ < steps && !testing::Test::HasFailure(); ++step_) {
    step();
    look();
  }
  // At the end everybody comes back and everything is sent again: nothing acknowledged may be missing.
  if (!testing::Test::HasFailure()) restart();
  look();
  look_at_messages();
  look_at_changes();
  pass(milliseconds{70'000});  // what a crash forgot is looked for once a new server has settled down
  look_at_orphans();
}

void simulation::found(int number) {
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

std::vector<working_span> simulation::shifts(int every_minutes, int minutes) {
  std::vector<working_span> all;
  for (int from = 0; all.size() < working_spans_max; from += every_minutes)
    all.push_back({3, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(from + minutes)});
  return all;
}

void simulation::work_in_shifts(account_id company, user_id who) {
  update_user change;
  change.user = who;
  change.fields.working_hours = shifts(4, 2);
  (void)w_->change(company, change);
}

void simulation::pass(milliseconds time) {
  w_->pass(time);
  const auto minute = [&] { return std::chrono::floor<std::chrono::minutes>(w_->env().now()); };
  for (auto before = minute() - std::chrono::minutes{1}; before != minute();) {
    before = minute();
    w_->pass(milliseconds{20});
  }
}

void simulation::crash() {
  crash_armed_ = true;
  w_->disk->forget_unsynced(chance(50));
  w_->disk->fail_after(pick(3), pick(3));
  for (int i = 0; i < 4 && !w_->fatal; ++i) {
    if (chance(40)) ask_for_team(pick(companies_.size()));
    publish(pick(companies_.size()));
  }
  w_->run();
  note_answers();
  crash_armed_ = false;
  restart();
}

void simulation::restart() {
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

}  // namespace signalbox
